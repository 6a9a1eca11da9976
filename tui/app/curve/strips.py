"""The strips below the curve: the error rate of the shown network, and how many replicas have solved the task."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.diagnosis.seed_stats import wilson, wilson_of
from echornn.history.curve import Band, Curve
from tui.app.curve.columns import column_of, per_column
from tui.app.curve.dots import characters, filled, overlaid, spans
from tui.kit.cells import Cells

BARS = " ▁▂▃▄▅▆▇█"

BOTH, TALL = 10, 18
"""The fewest lines of the plot with which several replicas have both strips; and with which the upper strip also shows
the confidence interval.
"""

SOLVED_SHARE, MOST_SOLVED = 6, 5
"""The strip with the interval has the plot's lines divided by the first number, at most the second number."""


@dataclass(frozen=True)
class Strips:
    """The number of lines of each strip.

    Attributes:
        solved: lines for the share of replicas that have solved the task; 0 for a single network.
        errors: lines for the error rate.
    """

    solved: int = 0
    errors: int = 1

    @classmethod
    def of(cls, has_replicas: bool, lines: int, has_errors: bool = True) -> Strips:
        """The strips for a plot of ``lines`` lines. If lines are few, there is no strip of solved replicas, so that the
        curve keeps its lines.

        Args:
            has_errors: whether predictions are right or wrong; numbers are neither.
        """
        errors = int(has_errors)
        if not has_replicas:
            return cls(0, errors)
        if lines < BOTH:
            return cls(1, 0)
        return cls(min(MOST_SOLVED, lines // SOLVED_SHARE) if lines >= TALL else 1, errors)

    @property
    def lines(self) -> int:
        """The lines of both strips together."""
        return self.solved + self.errors


@dataclass(frozen=True)
class StripArea:
    """The box of a strip: ``height`` lines from ``top``, ``width`` columns from ``x``; ``length`` is in windows."""

    x: int
    top: int
    width: int
    height: int
    length: int


def draw_errors(cells: Cells, where: StripArea, curve: Curve, guessing: float) -> None:
    """Draw the error rate; a full block is the error rate of guessing, or 1 if that is not known."""
    rates = curve.error_rate.astype(np.float64)
    _, shown = per_column(curve, rates, rates, where.width, where.length)
    most = 1.0 if math.isnan(guessing) else guessing
    cells.write(where.x, where.top, _bars(shown / most), "plot--errors")


def draw_solved(cells: Cells, where: StripArea, band: Band) -> None:
    """Draw the share of replicas that have solved the task (a full block is all), and at the right end their number
    with the confidence interval. With several lines, the interval is drawn for all windows.
    """
    share = band.solved / np.maximum(band.replicas, 1)
    if where.height == 1:
        shown, _ = per_column(band, share, share, where.width, where.length)
        cells.write(where.x, where.top, _bars(shown), "plot--solved")
    else:
        _draw_interval(cells, where, band, share)
    if not len(band):
        return
    solved, replicas = int(band.solved[-1]), int(band.replicas[-1])
    low, high = (round(100 * one) for one in wilson(solved, replicas))
    end = column_of(float(band.ends[-1] - band.first), where.length, where.width) + 1
    words = f" {solved:,}/{replicas:,} ({low}-{high} %)"
    begin = min(end, where.width - len(words))
    if begin >= 0:
        cells.write(where.x + begin, where.top + where.height // 2, words, "plot--solved")


def _draw_interval(cells: Cells, where: StripArea, band: Band, share: npt.NDArray[np.float64]) -> None:
    """Draw the share as a line within the confidence interval, separated from the curve above."""
    columns, rows = 2 * where.width, 4 * where.height
    bounds = wilson_of(band.solved, band.replicas)
    low, high, line = (per_column(band, one, one, columns, where.length)[0] * (rows - 3) for one in (*bounds, share))
    drawn_line = characters(spans(line, line, rows))
    drawn = overlaid(characters(filled(low, high, rows)), drawn_line)
    inside = (slice(where.top, where.top + where.height), slice(where.x, where.x + where.width))
    cells.characters[inside] = drawn
    cells.styles[inside][drawn != " "] = cells.names.index("plot--interval")
    cells.styles[inside][drawn_line != " "] = cells.names.index("plot--solved")


def _bars(shares: npt.NDArray[np.float64]) -> str:
    levels = np.clip(np.ceil(np.nan_to_num(shares) * 8 - 1e-6), 0, 8).astype(int)
    return "".join(BARS[level] for level in levels.tolist())
