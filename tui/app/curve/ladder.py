"""Draws the ladder of a task on the curve: a line for each rung, named if there is room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echornn.diagnosis.loss_text import loss_text
from echornn.diagnosis.phrases import shortened
from echornn.tasks.task import Level
from tui.app.curve.ghosts import PlotArea
from tui.kit.cells import Cells

STYLE = "plot--level"

GAP = 2
"""Columns of the line that stay visible between two labels on it."""


def draw_ladder(cells: Cells, place: PlotArea, levels: Sequence[Level], dash: str) -> None:
    """Draw each rung that lies on the axis as a line behind the curve, with its label.

    The labels of the first and the last rung are placed first, then those between. A label is in the right half of its
    rung; where the curve is in the way, on the line above or below, else further to the left.
    """
    on_axis = [level for level in levels if place.axis.bottom <= level.loss <= place.axis.top]
    lines = {level: _line(place, level.loss) for level in on_axis}
    for line in set(lines.values()):
        row = cells.characters[line, place.x : place.x + place.width]
        for x in np.flatnonzero(row == " ").tolist():
            cells.write(place.x + x, line, dash, STYLE)
    for level in [*on_axis[:1], *on_axis[:0:-1]]:
        text = f" {shortened(level.name)} {loss_text(level.loss, 3)} "
        line = lines[level]
        beside = [one for one in (line - 1, line + 1) if 0 <= one < place.height and one not in lines.values()]
        places = [(one, _room(cells, place, one, len(text), dash)) for one in (line, *beside)]
        found = [(one, begin) for one, begin in places if begin is not None]
        best = next((there for there in found if there[1] >= place.width // 2), found[0] if found else None)
        if best is not None and (best[0] == line or best[1] >= place.width // 2):
            cells.write(place.x + best[1], best[0], text, STYLE)


def draw_name(cells: Cells, place: PlotArea, name: str) -> None:
    """Write the name and the unit of the loss at the top of the plot, where the plot is empty."""
    text = f" {name} "
    for begin in (place.x, place.x + place.width - len(text)):
        if place.width > 2 * len(text) and (cells.characters[0, begin : begin + len(text)] == " ").all():
            cells.write(begin, 0, text, "plot--axis")
            return


def _line(place: PlotArea, loss: float) -> int:
    share = place.axis.share(np.array([loss], np.float32))[0]
    return place.height - 1 - min(place.height - 1, int(share * place.height))


def _room(cells: Cells, place: PlotArea, line: int, length: int, dash: str) -> int | None:
    """The rightmost column of the plot from which on a text fits on the line; None if there is none."""
    row = cells.characters[line, place.x : place.x + place.width - 1]
    free = (row == " ") | (row == dash)
    words = (cells.styles[line, place.x : place.x + len(row)] == cells.names.index(STYLE)) & (row != dash)
    near = np.convolve(words, np.ones(2 * GAP + 1), "same") > 0 if words.any() else words
    taken = np.cumsum(np.concatenate([[0], ~free | near]))
    begins = np.flatnonzero(taken[length:] == taken[:-length]) if len(row) >= length else np.empty(0, np.int64)
    return int(begins[-1]) if begins.size else None
