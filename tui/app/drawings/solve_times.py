"""Draws how many windows the replicas took to solve the task, as a histogram or in one line of blocks."""

from __future__ import annotations

import numpy as np

from echornn.diagnosis.seed_stats import SeedStats
from tui.app.curve.axes import count
from tui.kit.cells import Cells
from tui.kit.paint import Box, write_in

LEAST_WIDTH = 30
"""The fewest columns of the histogram."""

MOST_BINS = 15
"""The most bins; with a few dozen networks, more bins would show nothing more."""

BARS = " ▁▂▃▄▅▆▇█"
"""The blocks of a line, by height in eighths."""

PARTS = " ▏▎▍▌▋▊▉█"
"""The ends of a horizontal bar, by length in eighths."""


def draw_histogram(cells: Cells, box: Box, seed_stats: SeedStats) -> None:
    """Draw a bar for each range of windows, with the number of replicas solved in it; and one for the unsolved."""
    write_in(cells, box, 0, "solved within windows", "seeds--axis")
    width, bins = seed_stats.histogram(min(MOST_BINS, max(1, box.height - 2)))
    rows = [(f"{count(at * width, width)}-{count((at + 1) * width, width)}", n) for at, n in enumerate(bins.tolist())]
    rows.append(("not yet", seed_stats.replicas - seed_stats.solved))
    label = max(len(name) for name, _ in rows)
    number = len(f"{seed_stats.replicas:,}")
    room, most = box.width - label - number - 2, max(1, *(n for _, n in rows))
    for line, (name, n) in enumerate(rows, 1):
        style = "seeds--loss" if name == "not yet" else "seeds--solved"
        write_in(cells, box, line, f"{name:>{label}}", "seeds--axis")
        write_in(cells, box, line, bar(n / most, room), style, at=label + 1)
        write_in(cells, box, line, f"{n:>{number},}", "seeds--axis", at=box.width - number)


def bar(share: float, width: int) -> str:
    """A horizontal bar over a share (0 to 1) of ``width`` columns; any share above zero is visible."""
    eighths = max(round(share * width * 8), 1 if share else 0)
    full, part = divmod(eighths, 8)
    return "█" * full + (PARTS[part] if part else "")


def solved_by_column(seed_stats: SeedStats, first: int, length: int, columns: int) -> tuple[str, int]:
    """For each column of an axis a block, whose height is the number of replicas solved there; and the number that a
    full block stands for: the largest of any column.

    Args:
        first: the first window of the axis, from 0.
        length: the number of windows on the axis.
    """
    at = seed_stats.solved_at[seed_stats.solved_at > 0] - 1 - first
    at = at[(at >= 0) & (at < length)]
    counts = np.bincount(at * columns // max(1, length), minlength=columns)
    most = int(counts.max(initial=0))
    eighths = -(-counts * 8 // max(1, most))
    return "".join(BARS[height] for height in eighths.tolist()), most
