"""Draws states in a plane: each by the sign of its target, the way of a row, and where the prediction changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.readings import StatePlane
from tui.app.curve.dots import Dots, characters
from tui.app.drawings.plane_axes import PlaneAxes
from tui.app.drawings.spots import States, TimeStep
from tui.kit.cells import Cells
from tui.kit.paint import Box, stamp, write_in
from tui.kit.target_groups import TargetGroups

MIXED = "+"
"""The sign of a cell with states of several groups, if no group has `MOSTLY` of them."""

MOSTLY = 0.8

AXIS_EVERY, WAY_EVERY = 4, 2
"""One of so many dots is drawn of an axis, and of the way of a row; borders are drawn whole."""

Coordinates = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlaneScene:
    """What is drawn.

    Attributes:
        plane: the states.
        axes: the axes that are followed.
        shown: the two of them that are drawn, horizontal and vertical.
        groups: the groups of targets.
        signs: the sign and the style of each group.
        row: the row whose way is drawn, from 0.
        row_targets: the targets of this row's steps; -1 where none counts, int64 [T].
        cursor: the time step under the cursor, from 0; None without a cursor.
    """

    plane: StatePlane
    axes: PlaneAxes
    shown: tuple[int, int]
    groups: TargetGroups
    signs: list[tuple[str, str]]
    row: int
    row_targets: npt.NDArray[np.int64]
    cursor: int | None = None

    @property
    def within(self) -> Coordinates:
        """The two directions in the coordinates of the readings, float64 [2, kept]."""
        return self.axes.within[list(self.shown)]

    @property
    def low(self) -> Coordinates:
        """The coordinates at the left and lower ends of the axes."""
        return self.axes.low[list(self.shown)]

    @property
    def high(self) -> Coordinates:
        """The coordinates at the right and upper ends of the axes."""
        return self.axes.high[list(self.shown)]

    def place(self, coordinates: npt.NDArray[np.float32]) -> Coordinates:
        """Where states are drawn: 0 to 1 on both axes, from the lower left; float32 [..., kept] to float64 [..., 2]."""
        known = np.nan_to_num(coordinates.astype(np.float64), posinf=1e30, neginf=-1e30)
        return np.clip((known @ self.within.T - self.low) / (self.high - self.low), 0, 1)

    def said(self, places: Coordinates) -> npt.NDArray[np.int64]:
        """The group that the network says at places of the plane through the mean state, float64 [..., 2]."""
        readout = np.nan_to_num(self.plane.readout.astype(np.float64), posinf=1e30, neginf=-1e30)
        along = self.low + places * (self.high - self.low)
        outputs = readout[:, 0] + along @ self.within @ readout[:, 1:].T
        return self.groups.said(outputs)

    def said_on(self, height: int, width: int) -> npt.NDArray[np.int64]:
        """The group that the network says at each place of a grid over the whole plane, [height, width]."""
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(1, 0, height))
        return self.said(np.stack([x, y], axis=-1))

    @property
    def way(self) -> npt.NDArray[np.float32]:
        """The coordinates of the row at each step, float32 [T, kept]; empty if there is no such row."""
        rows = self.plane.rows
        return rows[self.row] if self.row < len(rows) else np.zeros((0, rows.shape[-1]), np.float32)

    @property
    def right(self) -> float | None:
        """The share of states at which the network says the target's group; None if this is not known."""
        plane = self.plane
        if not len(plane.readout) or not len(plane.targets):
            return None
        return float((self.groups.numbered(plane.answers) == self.groups.numbered(plane.targets)).mean())


def draw_state_plane(cells: Cells, box: Box, scene: PlaneScene) -> None:
    """Draw, from below: the axes, the readout's borders, the row's way, the states, and the cursor."""
    if box.width < 2 or box.height < 2:
        return
    height, width = 4 * box.height, 2 * box.width
    axes, borders = axes_dots(scene, height, width), border_dots(scene, height, width)
    stamp(cells, box.x, box.y, characters(axes), "view--axis", over_blanks=True)
    stamp(cells, box.x, box.y, characters(borders), "view--wall", over_blanks=True)
    dots, groups = way_dots(scene, height, width)
    names = np.array([*map(cells.names.index, (*(style for _, style in scene.signs), "view--way"))], np.int16)
    styles = names[groups.reshape(box.height, 4, box.width, 2).max(axis=(1, 3))]
    stamp(cells, box.x, box.y, characters(dots), styles, over_blanks=True)
    _draw_states(cells, box, scene)
    _draw_row(cells, box, scene)


def axes_dots(scene: PlaneScene, height: int, width: int) -> Dots:
    """The two axes through the mean state, dotted."""
    dots = np.zeros((height, width), np.bool_)
    line, column = cells_of(scene.place(np.zeros(scene.plane.states.shape[1], np.float32)), height, width)
    dots[line, ::AXIS_EVERY] = True
    dots[::AXIS_EVERY, column] = True
    return dots


def border_dots(scene: PlaneScene, height: int, width: int) -> Dots:
    """Where the group that the network says changes from a dot to the next, at the right or below."""
    dots = np.zeros((height, width), np.bool_)
    if len(scene.plane.readout):
        said = scene.said_on(height, width)
        dots[:, :-1] |= said[:, 1:] != said[:, :-1]
        dots[:-1] |= said[1:] != said[:-1]
    return dots


def way_dots(scene: PlaneScene, height: int, width: int) -> tuple[Dots, npt.NDArray[np.int64]]:
    """The way of the row through the plane: a straight line from each state to the next.

    Returns:
        One of `WAY_EVERY` dots; and the group of the target to which each leads, -1 elsewhere and where none counts.
    """
    dots, groups = np.zeros((height, width), np.bool_), np.full((height, width), -1, np.int64)
    lines, columns = cells_of(scene.place(scene.way), height, width)
    for step in range(1, len(lines)):
        (y, x), (last_y, last_x) = ((int(lines[at]), int(columns[at])) for at in (step - 1, step))
        count = max(abs(last_y - y), abs(last_x - x)) + 1
        on = tuple(np.linspace(*ends, count).round().astype(int)[::WAY_EVERY] for ends in ((y, last_y), (x, last_x)))
        dots[on] = True
        groups[on] = scene.row_targets[step] if step < len(scene.row_targets) else -1
    return dots, groups


def cells_of(places: Coordinates, height: int, width: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The line and column of places, from the top left."""
    x, y = places[..., 0], 1 - places[..., 1]
    lines, columns = (np.round(one * (size - 1)).astype(np.int64) for one, size in ((y, height), (x, width)))
    return lines, columns


def _draw_states(cells: Cells, box: Box, scene: PlaneScene) -> None:
    """Draw in each cell the sign of the group that most of its states have."""
    lines, columns = cells_of(scene.place(scene.plane.states), box.height, box.width)
    if not len(scene.plane.targets):
        for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
            write_in(cells, box, line, MIXED, "view--beyond", at=column)
        return
    groups = scene.groups.numbered(scene.plane.targets)
    counts = np.zeros((box.height, box.width, len(scene.signs)), np.int64)
    np.add.at(counts, (lines, columns, groups), 1)
    for line, column in np.argwhere(counts.any(axis=-1)).tolist():
        here = counts[line, column]
        largest = int(here.argmax())
        if scene.groups.are_ordered:
            largest = int(np.round((here * np.arange(len(here))).sum() / here.sum()))
        is_mixed = not scene.groups.are_ordered and here[largest] < MOSTLY * here.sum()
        sign, style = (MIXED, "view--beyond") if is_mixed else scene.signs[largest]
        write_in(cells, box, line, sign, style, at=column)
        cells.mark(box.x + column, box.y + line, 1, 1, States(tuple(here.tolist())))


def _draw_row(cells: Cells, box: Box, scene: PlaneScene) -> None:
    """Note for the mouse where the row is at each step, and draw the cursor."""
    way = scene.place(scene.way)
    lines, columns = (one.tolist() for one in cells_of(way, box.height, box.width))
    for step, (line, column) in enumerate(zip(lines, columns, strict=True)):
        cells.mark(box.x + column, box.y + line, 1, 1, TimeStep(scene.row, step))
    if scene.cursor is not None and scene.cursor < len(way):
        group = int(scene.row_targets[scene.cursor]) if scene.cursor < len(scene.row_targets) else -1
        sign = scene.signs[group][0] if 0 <= group < len(scene.signs) else MIXED
        write_in(cells, box, lines[scene.cursor], sign, "view--cursor", at=columns[scene.cursor])
