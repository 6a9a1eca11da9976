"""The axes of the state's plane: principal components that keep their place on the screen while the network trains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.network.shapes import carried_size
from echornn.readings import POINT_KINDS, FixedPoints, PointKind, Readings, StatePlane, parts_of
from tui.views.blocks import symbol_name
from tui.views.canvas import Box, Cells, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.plot_layers import Dots, characters
from tui.views.targets import TargetGroups
from tui.views.view import FixedPoint, States, TimeStep

Doubles = npt.NDArray[np.float64]

AXES = 3
"""The number of axes that are followed: two of them are shown."""

GLIDE = 2
"""How many times the axes before are multiplied by the covariance at each reading.

Each time they come closer to the principal components, faster where the variances differ more. So components that
change places turn slowly, and the others are reached at once.
"""

REACHED = 0.99
"""An axis is a principal component if the absolute cosine of the angle between them is at least this."""

ROUND_NUMBERS = (1, 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 5.6, 6.3, 7, 8, 9, 10)
LEAST_FILLED = 0.75
"""An end of an axis stays where it is as long as the states fill at least this share of it."""

MARGIN = 1.04
"""An axis reaches at least this many times as far as the outermost state."""

LEAST_REACH = 1e-6
"""Axes reach at least this far from the mean state."""

NOTHING = 1e-9
"""A direction whose length is below this after the others are taken away is no direction of its own."""


@dataclass(frozen=True, eq=False)
class PlaneAxes:
    """The axes of the plane, and how far each reaches.

    Attributes:
        part: the part of the network whose states are shown.
        directions: float64 [`AXES`, units], of length 1, or 0 where the part has no further direction.
        within: float64 [`AXES`, kept], the same directions in the coordinates of `StatePlane`.
        low, high: float64 [`AXES`], the coordinates at the ends of each axis, below and above 0, the mean state.
    """

    part: str
    directions: Doubles
    within: Doubles
    low: Doubles
    high: Doubles

    def name(self, axis: int) -> str:
        """The name of an axis, from 0: that of the component that it is, or of an axis that still turns."""
        is_reached = axis < self.within.shape[1] and abs(self.within[axis, axis]) >= REACHED
        return f"{'component' if is_reached else 'axis'} {axis + 1}"


def followed(plane: StatePlane, before: PlaneAxes | None, points: npt.NDArray[np.float32] | None = None) -> PlaneAxes:
    """The axes for these readings, as close to the axes of the readings before as the components allow.

    Args:
        before: the axes of the readings before; None for none: then the axes are the principal components, with their
            signs, so the same network always looks the same.
        points: float32 [points, kept], the coordinates of what is shown besides the states.
    """
    kept, units = plane.components.shape
    components = plane.components.astype(np.float64)
    known = before is not None and before.part == plane.part and before.directions.shape[1] == units
    wanted = np.zeros((0, kept))
    if known and before is not None and kept:
        sizes = plane.shares.astype(np.float64) / (float(plane.shares.max()) or 1.0)
        wanted = (before.directions @ components.T) * sizes**GLIDE
    within = _orthonormal(np.concatenate([wanted, np.eye(kept)]), keep=len(wanted))
    old = (before.low, before.high) if known and before is not None else np.zeros((2, AXES))
    along = MARGIN * _finite(plane, points) @ within.T
    low = -ends(-along.min(axis=0, initial=0.0), -old[0])
    return PlaneAxes(plane.part, within @ components, within, low, ends(along.max(axis=0, initial=0.0), old[1]))


def _orthonormal(rows: Doubles, keep: int) -> Doubles:
    """`AXES` orthonormal rows: each of the first ``keep``, without its part along those before it, then what is left of
    the others, the largest first; zero if nothing is left.
    """
    found = np.zeros((AXES, rows.shape[1]))
    rest = rows[keep:]
    for axis in range(AXES):
        candidates = np.concatenate([rows[axis : axis + 1][: max(0, keep - axis)], rest])
        for _ in range(2):  # the second time takes away what rounding has left
            candidates = candidates - (candidates @ found.T) @ found
        for candidate in candidates:
            length = float(np.linalg.norm(candidate))
            if length > NOTHING:
                found[axis] = candidate / length
                break
    return found


def _finite(plane: StatePlane, points: npt.NDArray[np.float32] | None) -> Doubles:
    """The coordinates of all states and points that are finite, float64 [states, kept]."""
    rows = plane.rows.reshape(-1, plane.rows.shape[-1])
    states = np.concatenate([plane.states, rows, *([] if points is None else [points])]).astype(np.float64)
    finite: Doubles = states[np.isfinite(states).all(axis=1)]
    return finite


def ends(farthest: Doubles, before: Doubles) -> Doubles:
    """The ends of axes: round numbers that are at least ``farthest``; those before where the states still fill them.

    Args:
        farthest, before: float64 [`AXES`], not negative.
    """
    kept = (before > 0) & (before * LEAST_FILLED <= farthest) & (farthest <= before)
    return np.where(kept, before, [_round_up(one) for one in farthest.tolist()])


def _round_up(farthest: float) -> float:
    """A round number that is at least this, and above zero."""
    farthest = max(farthest, LEAST_REACH)
    power = 10.0 ** math.floor(math.log10(farthest))
    return next((number * power for number in ROUND_NUMBERS if number * power >= farthest), 10 * power)


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
    stamp(cells, box.x, box.y, characters(axes), "muted", over_blanks=True)
    stamp(cells, box.x, box.y, characters(borders), "wall", over_blanks=True)
    dots, groups = way_dots(scene, height, width)
    names = np.array([*(NUMBER[style] for _, style in scene.signs), NUMBER["muted"]], np.int16)
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
            write_in(cells, box, line, MIXED, "beyond", at=column)
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
        sign, style = (MIXED, "beyond") if is_mixed else scene.signs[largest]
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
        write_in(cells, box, lines[scene.cursor], sign, "cursor", at=columns[scene.cursor])


INSIDE, OUTSIDE = "●", "◆"

LEGEND_HEIGHT = 8
"""The fewest lines with which a line explains the characters."""

MARGIN_PLANE = 1.12
"""The plane's edge is this many times as far from zero as the outermost point."""

FARTHEST = 1e6
"""Eigenvalues farther from zero than this are drawn at the edge."""


def reach_of(eigenvalues: npt.NDArray[np.complex64]) -> float:
    """The distance from zero to the plane's edge: enough for the unit circle and all eigenvalues."""
    finite = np.abs(eigenvalues[np.isfinite(eigenvalues)])
    return MARGIN_PLANE * max(1.0, min(float(finite.max()), FARTHEST) if finite.size else 1.0)


def circle(lines: int, columns: int, reach: float) -> Dots:
    """The unit circle as dots, bool [lines, columns], around the middle.

    A dot counts as square: a terminal's character, twice as high as wide, has two by four dots.
    """
    dots = np.zeros((lines, columns), np.bool_)
    angles = np.linspace(0, 2 * np.pi, 8 * max(lines, columns), endpoint=False)
    _mark(dots, np.exp(1j * angles), reach)
    return dots


def _mark(dots: Dots, points: npt.NDArray[np.complex128], reach: float) -> None:
    lines, columns = dots.shape
    x, y = (np.clip(part / reach, -1, 1) for part in (points.real, -points.imag))
    column = np.round((x + 1) / 2 * (columns - 1)).astype(np.int64)
    dots[np.round((y + 1) / 2 * (lines - 1)).astype(np.int64), column] = True


def draw_plane(cells: Cells, box: Box, eigenvalues: npt.NDArray[np.complex64]) -> None:
    """Draw the unit circle and the eigenvalues in the middle of a box; those outside the circle get another
    character.
    """
    legend = f"{INSIDE} inside  {OUTSIDE} outside"
    if box.height >= LEGEND_HEIGHT and box.width >= len(legend):
        box = box._replace(height=box.height - 1)
        write_in(cells, box._replace(y=box.bottom, height=1), 0, legend, "muted", at=(box.width - len(legend)) // 2)
    lines = min(box.height, box.width // 2)
    if lines < 3:
        return
    columns = 2 * lines
    at = (box.x + (box.width - columns) // 2, box.y + (box.height - lines) // 2)
    reach = reach_of(eigenvalues)
    dots = circle(4 * lines, 2 * columns, reach)
    stamp(cells, *at, characters(dots), "muted")
    known = eigenvalues[np.isfinite(eigenvalues)].astype(np.complex128)
    for is_outside, glyph in ((False, INSIDE), (True, OUTSIDE)):
        points = np.zeros((lines, columns), np.bool_)
        _mark(points, known[(np.abs(known) > 1) == is_outside], reach)
        stamp(
            cells,
            *at,
            np.where(points, glyph, " "),
            "saturated" if is_outside else "point",
            over_blanks=True,
        )


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
        write_in(cells, box, line, text, "muted", at=at)
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
                write_in(cells, box, line, one.text, "wall", at=at)
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


MARKS: Mapping[PointKind, str] = {"stable": "●", "marginal": "◐", "saddle": "×", "unstable": "○", "slow": "~"}
"""The mark of each kind."""

RESTS, LEAVES = "changed", "strong"
"""The styles of points near which the state stays, and of those that it leaves."""

PLURAL: Mapping[PointKind, str] = {"stable": "stable", "saddle": "saddles"}
"""How several points of a kind are called, if not by the kind's name."""


def points_in(readings: Readings, plane: StatePlane) -> npt.NDArray[np.float32]:
    """The coordinates of the fixed points, float32 [points, kept]; none for a gate, which is no part of the state."""
    part, points = parts_of(readings.config).get(plane.part), readings.fixed_points
    kept = len(plane.components)
    if points is None or part is None or part.is_gate or points.states.shape[1:] != (carried_size(readings.config),):
        return np.zeros((0, kept), np.float32)
    return plane.place(points.states[:, part.where])


def draw_points(
    cells: Cells, box: Box, scene: PlaneScene, places: npt.NDArray[np.float32], points: FixedPoints
) -> None:
    """Draw the fixed points at their places; of several in a cell, the kind that comes first in `POINT_KINDS`."""
    lines, columns = cells_of(scene.place(places), box.height, box.width)
    for index in reversed(range(len(places))):
        line, column = int(lines[index]), int(columns[index])
        write_in(cells, box, line, MARKS[points.kinds[index]], style_of(points.kinds[index]), at=column)
        cells.mark(box.x + column, box.y + line, 1, 1, FixedPoint(index))


def style_of(kind: PointKind) -> str:
    """The style of a kind of point: stable ones have a background, since there are few of them among many states."""
    return RESTS if kind in ("stable", "marginal") else LEAVES


def kinds_found(points: FixedPoints) -> list[tuple[str, str, str]]:
    """Of each kind of point that was found: its mark, the mark's style, and its name."""
    return [(MARKS[kind], style_of(kind), kind) for kind in POINT_KINDS if points.count(kind)]


def count_text(points: FixedPoints) -> str:
    """The number of fixed points of each kind, in words."""
    counts = [(points.count(kind), kind) for kind in POINT_KINDS if points.count(kind)]
    if not counts:
        return "no fixed point"
    first, *others = (f"{count} {kind if count == 1 else PLURAL.get(kind, kind)}" for count, kind in counts)
    return ", ".join([f"{first} point{'' if counts[0][0] == 1 else 's'}" if "saddle" not in first else first, *others])


def point_text(readings: Readings, index: int) -> str:
    """A fixed point in words: its kind, the largest eigenvalue, what is predicted there, how often it was found."""
    points = readings.fixed_points
    if points is None or index >= len(points.kinds):
        return ""
    largest = float(np.abs(points.eigenvalues[index]).max(initial=0))
    form = readings.config.the_task.outputs
    if readings.config.has_classes:
        likeliest = int(points.outputs[index].argmax())
        says = f"p({symbol_name(form, likeliest)}) {points.outputs[index, likeliest]:.2f}"  # type: ignore[arg-type]
    else:
        says = f"says {' '.join(f'{value:.2f}' for value in points.outputs[index, :3].tolist())}"
    name = points.kinds[index] + ("" if points.kinds[index] == "saddle" else " point")
    found = f"{points.starts[index]} of {points.searches} searches ended here"
    return f"{name}: largest |eigenvalue| {largest:.2f}; {says}; {found}"
