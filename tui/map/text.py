"""Prints the map as lines of text or CSV, for pipes, files and simple terminals."""

from __future__ import annotations

import csv
import io
import math
import textwrap
from collections.abc import Iterator, Sequence, Set
from typing import Any

from echornn.data.levels import solved_level
from tui.kit.sweep_table import numbers_of, rung_text, value_text
from tui.map.state import MapFrame, common_to_all, edge_sign, sign_of

WIDTH = 79
"""The width of the text above the table, in characters."""

COLUMNS = (
    *("points", "trained", "solved", "success", "low", "high", "half_solved", "median_loss"),
    *("best_seed", "best_solved_at", "failed", "missing", "most_windows", "until", "level", "version", "rung"),
)
"""The columns of `csv_lines` after the fields across and down."""

FORMS = {"success": ".4f", "low": ".4f", "high": ".4f", "median_loss": ".6g", "level": ".6g"}


def lines_of(frame: MapFrame) -> Iterator[str]:
    """The map as text: a heading, then a line for each row, with a number for each cell and a sign if results are
    missing.
    """
    cells = [
        [f"{number or sign_of(cell, frame.scale)}{edge_sign(cell)}" for number, cell in zip(texts, row, strict=True)]
        for texts, row in zip(frame.numbers, frame.table.cells, strict=True)
    ]
    labels, heads = frame.labels
    label = max(map(len, labels))
    widths = [max(len(texts[at]) for texts in (heads, *cells)) for at in range(len(heads))]
    yield frame.heading
    for words in common_to_all(frame.table.results).split("; "):
        yield from textwrap.wrap(words, WIDTH)
    yield ""
    for name, row in zip(("", *labels), (heads, *cells), strict=True):
        texts = "   ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        yield f"{name:<{label}}  {texts}".rstrip()
    if frame.legend[1]:
        yield ""
        yield frame.legend[1]


def csv_lines(frame: MapFrame) -> Iterator[str]:
    """The map as CSV, a line for each cell: the fields across and down, then `COLUMNS`. Shares are from 0 to 1; unknown
    values are empty.

    A cell of several points has no confidence interval, since the points differ in more than their seeds. Its other
    numbers are medians over its points. ``most_windows`` is the most windows that each of its networks trains.
    ``level`` is the mean loss of 50 windows below which the task counts as solved; empty if nothing does. Both are
    empty if the points differ. ``version`` is the number of the program version that trained the cell; a larger number
    is newer. ``rung`` is the position of the median loss on the ladder of its task.
    """
    table, choice = frame.table, frame.table.choice
    yield _csv([*(name for name in (choice.across, choice.down) if name is not None), *COLUMNS])
    for row, down in zip(table.cells, table.rows, strict=True):
        for cell, across in zip(row, table.columns, strict=True):
            point, configs = cell.best_point, [one.config for one in cell.points]
            values = [value_text(value) for name, value in ((choice.across, across), (choice.down, down)) if name]
            numbers: dict[str, Any] = {
                **numbers_of(cell),
                "best_seed": point and point.best[-1],
                "best_solved_at": point and point.results[point.best[-1]].solved_at,
                "most_windows": _one({config.num_epochs * config.windows_per_epoch for config in configs}),
                "until": table.results.until,
                "level": _one({level if math.isfinite(level := solved_level(config)) else None for config in configs}),
                "version": cell.points[0].version + 1 if cell.points else 1,
                "rung": _one({rung_text(config, cell.loss) for config in configs}),
            }
            cells = ["" if numbers[name] is None else format(numbers[name], FORMS.get(name, "")) for name in COLUMNS]
            yield _csv([*values, *cells])


def _one(values: Set[object]) -> object:
    """The common value; None if the values differ."""
    return next(iter(values)) if len(values) == 1 else None


def _csv(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue()
