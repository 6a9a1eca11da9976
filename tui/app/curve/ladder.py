"""Draws the ladder of a task on the curve: a line for each rung, named if there is room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echornn.diagnosis.loss_stats import loss_text
from echornn.tasks.task import Level
from tui.app.curve.ghosts import PlotArea
from tui.kit.cells import Cells
from tui.kit.phrases import shortened

LINE, NAME = "plot--level", "plot--rung"
"""The styles of a rung's line and of its label."""

RANGES = ("plot--raw", "plot--band", "plot--extreme")
"""The styles of the ranges of losses, which a label may cover: of a window's neighbours, and of several networks."""

GAP = 2
"""Columns of the line that stay visible between two labels on it."""


def draw_ladder(cells: Cells, place: PlotArea, levels: Sequence[Level], dash: str) -> None:
    """Draw each rung that lies on the axis as a line behind the curve, with its label.

    The labels of the first and the last rung are placed first, then those between. A label is in the right half of its
    rung; where the curve is in the way, on the line above or below, else further to the left. If no place is free, it
    covers the range of the losses, but never their mean or median.
    """
    on_axis = [level for level in levels if place.axis.bottom <= level.loss <= place.axis.top]
    lines = [place.line(level.loss) for level in on_axis]
    for line in set(lines):
        row = cells.characters[line, place.x : place.x + place.width]
        for x in np.flatnonzero(row == " ").tolist():
            cells.write(place.x + x, line, dash, LINE)
    numbers = range(len(on_axis))
    for number in (*numbers[:1], *numbers[:0:-1]):
        level = on_axis[number]
        text = f" {shortened(level.name)} {loss_text(level.loss, 3)} "
        found = _place_of(cells, place, lines, number, len(text), dash)
        if found is not None:
            line, begin = found
            cells.write(place.x + begin, line, text, NAME)


def _place_of(
    cells: Cells, place: PlotArea, lines: Sequence[int], number: int, length: int, dash: str
) -> tuple[int, int] | None:
    """The line and the first column of a rung's label; None if there is no room.

    Args:
        lines: the line of each rung, from chance down.
        number: the number of the rung among them.
    """
    line, half = lines[number], place.width // 2
    above = [line - 1] if line not in lines[:number] and line - 1 not in lines else []
    below = [line + 1] if line not in lines[number + 1 :] and line + 1 not in lines else []
    candidates = [one for one in (line, *above, *below) if 0 <= one < place.height]
    places = [(one, _room(cells, place, one, length, dash)) for one in candidates]
    found = [(one, begin) for one, begin in places if begin is not None]
    best = next((there for there in found if there[1] >= half), found[0] if found else None)
    if best is not None and (best[0] == line or best[1] >= half):
        return best
    places = [(one, _room(cells, place, one, length, dash, over_ranges=True)) for one in candidates]
    return next(((one, begin) for one, begin in places if begin is not None), None)


def draw_name(cells: Cells, place: PlotArea, name: str) -> None:
    """Write the name and the unit of the loss at the top of the plot, where the plot is empty."""
    text = f" {name} "
    for begin in (place.x, place.x + place.width - len(text)):
        if place.width > 2 * len(text) and (cells.characters[0, begin : begin + len(text)] == " ").all():
            cells.write(begin, 0, text, "plot--axis")
            return


def _room(cells: Cells, place: PlotArea, line: int, length: int, dash: str, over_ranges: bool = False) -> int | None:
    """The rightmost column of the plot from which on a text fits on the line; None if there is none.

    Args:
        over_ranges: whether the text may cover the ranges of losses.
    """
    inside = np.s_[line, place.x : place.x + place.width - 1]
    row, styles = cells.characters[inside], cells.styles[inside]
    words = styles == cells.names.index(NAME)
    free = (row == " ") | (row == dash)
    if over_ranges:
        free |= np.isin(styles, [cells.names.index(name) for name in RANGES])
    near = np.convolve(words, np.ones(2 * GAP + 1), "same") > 0 if words.any() else words
    taken = np.cumsum(np.concatenate([[0], ~free | near]))
    begins = np.flatnonzero(taken[length:] == taken[:-length]) if len(row) >= length else np.empty(0, np.int64)
    return int(begins[-1]) if begins.size else None
