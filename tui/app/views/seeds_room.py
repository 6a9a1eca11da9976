"""Divides the lines of the seeds view: a head, a line for each network, and the histogram of windows to solve."""

from __future__ import annotations

from dataclasses import dataclass

from tui.app.drawings.solve_times import LEAST_WIDTH as HISTOGRAM_WIDTH
from tui.kit.paint import Box

HEAD = 2
"""Lines above the networks: their results, and the names of the columns."""

LINES_FOR_STRIP = 7
"""With at least so many lines, one shows where the networks were solved, if that has no room beside them."""

LEAST_LOSSES = 44
"""The fewest columns of the losses if the histogram is beside them."""

GAP = 2


@dataclass(frozen=True)
class Room:
    """The division of the view.

    Attributes:
        lines: the number of networks that are shown; at least one.
        losses: the place of their losses, with the axis on the line above; empty if labels need all columns.
        histogram: the place of the histogram; None if there is no room beside the losses.
        strip: whether a last line shows where the networks were solved.
    """

    lines: int
    losses: Box
    histogram: Box | None
    strip: bool


def share(width: int, height: int, labels: int) -> Room:
    """The division of a view of this size, with labels of so many columns."""
    columns, lines = max(0, width - labels), max(0, height - 1)
    wide = columns >= LEAST_LOSSES + GAP + HISTOGRAM_WIDTH
    strip = not wide and columns > 0 and height >= LINES_FOR_STRIP
    histogram = Box(width - HISTOGRAM_WIDTH, 1, HISTOGRAM_WIDTH, lines) if wide else None
    losses = Box(labels, 1, columns - (GAP + HISTOGRAM_WIDTH) * wide, lines)
    return Room(max(1, height - HEAD - strip), losses, histogram, strip)
