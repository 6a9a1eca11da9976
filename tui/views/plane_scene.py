"""What view 7 draws: states on two principal components by the group of their target, the borders
of what is predicted, the way of a row, and fixed points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.readings import FixedPoints, PointKind, Readings, StatePlane, parts_of
from echornn.tasks.task import Numbers, Symbols
from tui.text.targets import TargetGroups, form_of_hidden, groups_of
from tui.views.blocks import signs_of_groups
from tui.views.canvas import Cells, stamp, write_in
from tui.views.dots import Dots, characters
from tui.views.inks import NUMBER
from tui.views.row_lines import scored_in
from tui.views.view import FixedPoint, StatesInCell, TimeStep

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Item = tuple[str, str, str]  # of the legend: a sign, its ink, and what it means

# Chosen by eye: farthest states do not stand at the very edge; one of so many dots is drawn
MARGIN, AXIS_EVERY, WAY_EVERY = 1.04, 4, 2
LEAST_REACH = 1e-6  # of an axis along which no state varies
# The sign of a cell in which no group has so many of the states; chosen by eye
MIXED, MOSTLY = "+", 0.8
MARKS: dict[PointKind, tuple[str, str]] = {  # those near which the state stays have a background
    "stable": ("●", "changed"),
    "marginal": ("◐", "changed"),
    "saddle": ("×", "strong"),
    "unstable": ("○", "strong"),
    "slow": ("~", "strong"),
}
CYCLE = ("◆", "strong")

# ---- where everything lies


@dataclass(frozen=True, eq=False)
class Axes:
    """Two of the components, horizontal and vertical, from the mean state on."""

    components: tuple[int, int]
    directions: Doubles  # [2, kept]; 0 where there is no such component
    low: Doubles  # [2], their ends
    high: Doubles  # [2]

    @classmethod
    def around(cls, states: Floats, components: tuple[int, int]) -> Axes:
        """Long enough for states, [samples, kept]."""
        directions = directions_of(components, states.shape[1])
        is_finite = np.isfinite(states).all(axis=1)
        along = MARGIN * states[is_finite].astype(np.float64) @ directions.T
        low, high = along.min(axis=0, initial=0.0), along.max(axis=0, initial=0.0)
        return cls(components, directions, -axis_ends(-low), axis_ends(high))

    def coordinates(self, states: Floats | Doubles) -> Doubles:
        return finite(states) @ self.directions.T

    def cells(self, states: Floats | Doubles, height: int, width: int) -> tuple[Indices, Indices]:
        """The lines and columns of states, [..., kept], on a grid over the plane; those outside are
        at its edge."""
        shares = (self.coordinates(states) - self.low) / (self.high - self.low)
        x, y = np.moveaxis(np.clip(shares, 0, 1), -1, 0)
        lines, columns = np.round((1 - y) * (height - 1)), np.round(x * (width - 1))
        return lines.astype(np.int64), columns.astype(np.int64)

    def grid(self, height: int, width: int) -> Doubles:
        """The states of the plane on which the points of a grid lie, [height, width, kept]."""
        (left, bottom), (right, top) = self.low, self.high
        x, y = np.meshgrid(np.linspace(left, right, width), np.linspace(top, bottom, height))
        return np.stack([x, y], axis=-1) @ self.directions


def directions_of(components: tuple[int, int], kept: int) -> Doubles:
    return np.eye(3, kept)[[*components]]


def in_components(state: Floats, components: tuple[int, int]) -> list[float]:
    """The two numbers of a state, [kept], that the plane shows."""
    return [*(directions_of(components, len(state)) @ finite(state)).tolist()]


def axis_ends(farthest: Doubles) -> Doubles:
    """Where axes end, from the mean state on: at round numbers, so that they change rarely."""
    steps = np.ceil(20 * np.log10(np.maximum(farthest, LEAST_REACH))) / 20
    return np.array([float(f"{10**step:.2g}") for step in steps.tolist()])


def finite(numbers: Floats | Doubles) -> Doubles:
    return np.nan_to_num(numbers.astype(np.float64), posinf=1e30, neginf=-1e30)


class Colours(NamedTuple):
    """What the signs of states tell apart: their targets, or the values of a hidden variable."""

    groups: TargetGroups
    signs: list[tuple[str, str]]  # of each group, with its ink
    numbers: Indices  # [samples], the group of each state; [0] if not known


def colours_of(form: Symbols | Numbers, plane: StatePlane, hidden: str = "") -> Colours:
    """Those of targets of this form, or of the hidden variable of this name."""
    values = plane.targets
    if hidden:
        values = plane.hidden[hidden]
        form = form_of_hidden(values)
        values = values[:, np.newaxis]
    groups = groups_of(form, values)
    if hidden:
        groups = replace(groups, of=hidden)
    numbers = groups.numbered(values).reshape(-1)
    return Colours(groups, signs_of_groups(form, groups), numbers)


@dataclass(frozen=True, eq=False)
class Scene:
    plane: StatePlane
    axes: Axes
    groups: TargetGroups
    colours: Colours
    row: int
    way: Floats  # [T, kept], the states of the row
    targets: Indices  # [T], the group of its target at each step; -1 where none counts
    points: FixedPoints | None
    places: Floats  # [points and states of cycles, kept], of those that are drawn
    cursors: Sequence[object]  # steps of the row, and fixed points, that are lit up


def scene_of(
    readings: Readings,
    components: tuple[int, int],
    row: int,
    cursors: Sequence[object],
    points: FixedPoints | None,
    hidden: str = "",
) -> Scene:
    plane, progress = readings.plane, readings.progress
    assert plane is not None  # nothing is drawn without it
    form = readings.config.the_task.outputs
    groups = groups_of(form, plane.targets)
    kept = len(plane.components)
    way = plane.rows[row : row + 1].reshape(-1, kept)
    targets = np.full(len(way), -1)
    # The hidden variables of the newest window are not known
    if progress is not None and row < len(progress.y) and not hidden:
        targets = np.where(scored_in(progress)[row], groups.numbered(progress.y[row]), -1)
    places = places_of(readings, plane, None if points is None else points.all_states)
    axes = Axes.around(
        np.concatenate([plane.states, plane.rows.reshape(-1, kept), places]), components
    )
    colours = colours_of(form, plane, hidden)
    return Scene(plane, axes, groups, colours, row, way, targets, points, places, cursors)


def places_of(readings: Readings, plane: StatePlane, states: Floats | Doubles | None) -> Floats:
    """The coordinates of states that the cell carries, [states, carried] to [states, kept], such as
    fixed points; none for a gate, which is no part of the state."""
    part = parts_of(readings.config).get(plane.part)
    is_carried = part is not None and not part.is_gate
    if states is None or part is None or not is_carried:
        return np.zeros((0, len(plane.components)), np.float32)
    if states.shape[1] != carried_size(readings.config):  # of another network
        return np.zeros((0, len(plane.components)), np.float32)
    return plane.place(states[:, part.where])


# ---- what is drawn, from below


def draw_scene(cells: Cells, box: Region, scene: Scene) -> None:
    draw_dots(cells, box, scene)
    draw_states(cells, box, scene)
    draw_steps(cells, box, scene)
    draw_names(cells, box, scene)
    draw_points(cells, box, scene)


def draw_dots(cells: Cells, box: Region, scene: Scene) -> None:
    """The axes, where what the network says changes, and the way of the row, in the inks of the
    targets to which it leads."""
    plane, size = scene.plane, (4 * box.height, 2 * box.width)
    axes, borders = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    line, column = scene.axes.cells(np.zeros(len(plane.components)), *size)
    axes[line, ::AXIS_EVERY] = axes[::AXIS_EVERY, column] = True
    if len(plane.readout):
        readout = finite(plane.readout)
        outputs = readout[:, 0] + scene.axes.grid(*size) @ readout[:, 1:].T
        predicted = scene.groups.predicted(outputs)
        borders[:, :-1] |= predicted[:, 1:] != predicted[:, :-1]
        borders[:-1] |= predicted[1:] != predicted[:-1]
    way, groups = way_dots(scene, *size)
    inks = np.array([*(NUMBER[ink] for _, ink in scene.colours.signs), NUMBER["muted"]], np.int16)
    of_cells = groups.reshape(box.height, 4, box.width, 2).max(axis=(1, 3))
    for dots, ink in ((axes, "muted"), (borders, "wall"), (way, inks[of_cells])):
        stamp(cells, box.x, box.y, characters(dots), ink, over_blanks=True)


def way_dots(scene: Scene, height: int, width: int) -> tuple[Dots, Indices]:
    """Lines from each state of the row to the next, and the group of the target to which each
    leads, else -1."""
    dots, groups = np.zeros((height, width), np.bool_), np.full((height, width), -1, np.int64)
    path = np.stack(scene.axes.cells(scene.way, height, width), axis=-1)
    for step, (before, after) in enumerate(pairwise(path), start=1):
        count = int(np.abs(after - before).max()) + 1
        line = np.linspace(before, after, count).round().astype(int)[::WAY_EVERY]
        on = line[:, 0], line[:, 1]
        dots[on] = True
        groups[on] = scene.targets[step]
    return dots, groups


def draw_states(cells: Cells, box: Region, scene: Scene) -> None:
    """In each cell the sign of the group that most of its states have; of ranges, of the mean."""
    places = scene.axes.cells(scene.plane.states, box.height, box.width)
    colours = scene.colours
    several = len(colours.signs)
    counts = np.zeros((box.height, box.width, several), np.int64)
    if len(colours.numbers):
        np.add.at(counts, (*places, colours.numbers), 1)
    total = counts.sum(axis=-1)
    if colours.groups.are_ordered:
        mean = counts @ np.arange(several) / np.maximum(total, 1)
        group = np.round(mean).astype(np.int64)
    else:
        is_clear = counts.max(axis=-1) >= MOSTLY * total
        group = np.where(is_clear, counts.argmax(axis=-1), several)
    group[total == 0] = several  # states whose targets are not known
    signs, inks = zip(*colours.signs, (MIXED, "beyond"), strict=True)
    numbers = np.array([NUMBER[ink] for ink in inks], np.int16)
    drawn = np.full(total.shape, " ")
    drawn[places] = np.array(signs)[group[places]]
    stamp(cells, box.x, box.y, drawn, numbers[group], over_blanks=True)

    def states_in(x: int, y: int) -> StatesInCell | None:
        if not total[y, x]:
            return None
        return StatesInCell(tuple(counts[y, x].tolist()))

    cells.mark_each(*box, states_in)


def draw_steps(cells: Cells, box: Region, scene: Scene) -> None:
    """The steps of the row for the mouse, and that under the cursor, with the sign of its
    target."""
    lines, columns = scene.axes.cells(scene.way, box.height, box.width)
    for step, (line, column) in enumerate(zip(lines.tolist(), columns.tolist(), strict=True)):
        spot = TimeStep(scene.row, step)
        cells.mark(box.x + column, box.y + line, 1, 1, spot)
        if spot in scene.cursors:
            sign = MIXED
            group = int(scene.targets[step])
            if 0 <= group < len(scene.colours.signs):
                sign, _ = scene.colours.signs[group]
            write_in(cells, box, line, sign, "cursor", at=column)


def draw_names(cells: Cells, box: Region, scene: Scene) -> None:
    """The name of each axis and its ends, as far as there is room beside the states."""
    axes = scene.axes
    taken = np.zeros((box.height, box.width), np.bool_)
    for states in (scene.plane.states, scene.way, scene.places):
        taken[axes.cells(states, box.height, box.width)] = True
    # By axis: the line of its name, the places to try there, from left to right, and an arrow
    tried = ((box.height - 1, (1, 0, 0.5), "→"), (0, (0, 1, 0.5), "↑"))
    for axis, (y, shares, arrow) in enumerate(tried):
        share = scene.plane.share(axes.directions[axis])
        name = f" component {axes.components[axis] + 1}, {share:.0%}"
        ends = f"{axes.low[axis]:.3g} to {axes.high[axis]:.3g}"
        for text, share in product((f"{name}: {ends} {arrow}", f"{name} {arrow}"), shares):
            x = int(share * (box.width - len(text)))
            if x >= 0 and not taken[y, x : x + len(text)].any():
                write_in(cells, box, y, text, "muted", at=x)
                taken[y, max(0, x - 1) : x + len(text) + 1] = True
                break


def draw_points(cells: Cells, box: Region, scene: Scene) -> None:
    """The first point on top of the others, and that under the cursor on top of all."""
    lines, columns = scene.axes.cells(scene.places, box.height, box.width)
    marks = [] if scene.points is None else [MARKS[kind] for kind in scene.points.kinds]
    marks += [CYCLE] * (len(scene.places) - len(marks))
    spots = [FixedPoint(index) for index in reversed(range(len(scene.places)))]
    for spot in sorted(spots, key=lambda spot: spot in scene.cursors):
        mark, ink = marks[spot.number]
        if spot in scene.cursors:
            ink = "cursor"
        line, column = int(lines[spot.number]), int(columns[spot.number])
        write_in(cells, box, line, mark, ink, at=column)
        cells.mark(box.x + column, box.y + line, 1, 1, spot)


# ---- the legend


def legend(scene: Scene) -> list[Item]:
    items: list[Item] = []
    if scene.points is not None and len(scene.places):
        for kind, (mark, ink) in MARKS.items():
            if scene.points.count(kind):
                items.append((mark, ink, f" {kind}  "))
        if scene.points.cycles:
            items.append((*CYCLE, " cycle  "))
    groups, signs, numbers = scene.colours
    if len(numbers):
        items.append((f"{groups.of}: ", "muted", ""))
        for (sign, ink), name in zip(signs, groups.names, strict=True):
            words = "" if name == sign else f"{name} "
            items.append((f"{sign} ", ink, words))
        items.append((f" {MIXED} several  ", "beyond", ""))
    if len(scene.plane.readout):
        items.append(("dense: prediction changes  ", "wall", ""))
    if len(scene.plane.rows):
        items.append((f"dotted: row {scene.row + 1}", "muted", ""))
    return items


def draw_legend(cells: Cells, box: Region, items: Sequence[Item]) -> None:
    """As many items on each line as fit; those for which there is no line are left out."""
    line, at = 0, 0
    for sign, ink, words in items:
        size = len(f"{sign}{words}".rstrip())
        if at + size > box.width and line + 1 < box.height:
            line, at = line + 1, 0
        if at + size <= box.width:
            at = write_in(cells, box, line, sign, ink, at=at) - box.x
            at = write_in(cells, box, line, words, "text", at=at) - box.x
