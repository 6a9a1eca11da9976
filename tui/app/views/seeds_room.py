"""Divides the seeds view: head, a line for each network, histogram of the windows until networks were solved."""

from __future__ import annotations

from dataclasses import dataclass

from tui.app.drawings.solve_times import LEAST_WIDTH as HISTOGRAM_WIDTH
from tui.kit.paint import Box

HEAD = 2
"""The lines above the networks: a summary, and the headings of the columns."""

LINES_FOR_STRIP = 7
"""The fewest lines with which a line below the networks shows when they were solved, if the histogram does not fit."""

LEAST_LOSSES = 44
"""The fewest columns that the losses keep when the histogram is beside them."""

GAP = 2


@dataclass(frozen=True)
class Room:
    """The sizes of the parts of the view.

    Attributes:
        lines: the number of networks shown; at least 1.
        losses: the box of their losses; the axis is on the line above. Empty if labels need all columns.
        histogram: the box of the histogram; None if it does not fit beside the losses.
        strip: whether the last line shows when networks were solved.
    """

    lines: int
    losses: Box
    histogram: Box | None
    strip: bool


def share(width: int, height: int, labels: int) -> Room:
    """The sizes of the parts for a view of ``width`` x ``height``, with labels of ``labels`` columns."""
    columns, lines = max(0, width - labels), max(0, height - 1)
    wide = columns >= LEAST_LOSSES + GAP + HISTOGRAM_WIDTH
    strip = not wide and columns > 0 and height >= LINES_FOR_STRIP
    histogram = Box(width - HISTOGRAM_WIDTH, 1, HISTOGRAM_WIDTH, lines) if wide else None
    losses = Box(labels, 1, columns - (GAP + HISTOGRAM_WIDTH) * wide, lines)
    return Room(max(1, height - HEAD - strip), losses, histogram, strip)
