"""Names in the state's plane: of its axes, with their ends, and of the borders between what the network says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui.app.drawings.state_plane import PlaneScene, cells_of
from tui.kit.cells import Cells
from tui.kit.paint import Box, write_in

Taken = npt.NDArray[np.bool_]

LEAST_WIDTH, LEAST_HEIGHT = 30, 6
"""The least size of a plane in which borders are named."""


class Crossing(NamedTuple):
    """A place where the group that the network says changes from a cell to the next.

    Attributes:
        line, column: the first of the two cells.
        name: the name of the border.
        text: the name with the groups in the order in which they lie there.
    """

    line: int
    column: int
    name: str
    text: str


def draw_plane_names(cells: Cells, box: Box, scene: PlaneScene, besides: npt.NDArray[np.float32]) -> None:
    """Write the names where nothing else is drawn.

    Args:
        besides: float32 [points, kept], the coordinates of what is drawn besides the states and the row.
    """
    if box.width < 2 or box.height < 2:
        return
    taken = np.zeros((box.height, box.width), np.bool_)
    for states in (scene.plane.states, scene.way, besides):
        taken[cells_of(scene.place(states), box.height, box.width)] = True
    _draw_axis_names(cells, box, scene, taken)
    if box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT and len(scene.plane.readout):
        _draw_border_names(cells, box, scene, taken)


def _draw_axis_names(cells: Cells, box: Box, scene: PlaneScene, taken: Taken) -> None:
    """Name the axes at their ends, with the share of variance along each, and their ends."""
    for axis, line in ((0, box.height - 1), (1, 0)):
        name = scene.axes.name(scene.shown[axis])
        share = f"{scene.plane.share(scene.within[axis]):.0%}"
        spans = f"{scene.low[axis]:.3g} to {scene.high[axis]:.3g}"
        texts = [text + " " + "→↑"[axis] for text in (f" {name}, {share}: {spans}", f" {name}, {share}", f" {name}")]
        ends = (1.0, 0.0, 0.5) if axis == 0 else (0.0, 1.0, 0.5)
        room = [(text, box.width - len(text)) for text in texts if len(text) <= box.width]
        places = [(text, int(end * most)) for text, most in room for end in ends]
        free = (one for one in places if not taken[line, one[1] : one[1] + len(one[0])].any())
        text, at = next(free, ("", 0))
        write_in(cells, box, line, text, "view--axis", at=at)
        taken[line, at : at + len(text)] = True


def _draw_border_names(cells: Cells, box: Box, scene: PlaneScene, taken: Taken) -> None:
    """Name each border once, beside it, as near to the edge as there is room."""
    found = sorted(_crossings(scene, box), key=lambda one: _from_edge(one, box))
    for one in found:
        taken[one.line, one.column] = True
    named = {""}
    for one in found:
        length = len(one.text)
        beside = ((one.line, one.column + 2), (one.line, one.column - length))
        for line, at in (*beside, (one.line + 1, one.column + 1), (one.line - 1, one.column + 1)):
            inside = 0 <= line < box.height and 0 <= at <= box.width - length
            if one.name not in named and inside and not taken[line, at : at + length].any():
                write_in(cells, box, line, one.text, "view--wall", at=at)
                taken[line, max(0, at - 1) : at + length + 1] = True
                named.add(one.name)


def _crossings(scene: PlaneScene, box: Box) -> Iterator[Crossing]:
    """The places where what the network says changes from a cell to the next at the right, or below."""
    said, border = scene.said_on(box.height, box.width), scene.groups.border
    for down, right, sign in ((0, 1, "|"), (1, 0, "/")):
        first, second = said[: box.height - down, : box.width - right], said[down:, right:]
        for line, column in np.argwhere(first != second).tolist():
            one, other = int(first[line, column]), int(second[line, column])
            yield Crossing(line, column, border(min(one, other), max(one, other), "|"), border(one, other, sign))


def _from_edge(one: Crossing, box: Box) -> int:
    return min(one.line, box.height - 1 - one.line, one.column, box.width - 1 - one.column)
