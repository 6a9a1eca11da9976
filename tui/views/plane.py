"""View 7: the states on two principal components by target, the borders of what is predicted, and
fixed points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
from textual.binding import Binding
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.readings import (
    MOST_CARRIED,
    POINT_KINDS,
    FixedPoints,
    PointKind,
    Question,
    Readings,
    StatePlane,
    parts_of,
)
from echornn.session.pictures.frame import Frame
from echornn.tasks.task import Symbols
from tui.views.blocks import signs_of_groups
from tui.views.canvas import Cells, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.plot_layers import Dots, characters
from tui.views.row_lines import scored_in
from tui.views.rows import read
from tui.views.targets import HeldInput, TargetGroups, groups_of, held_inputs
from tui.views.text import symbol_name
from tui.views.view import (
    LEAVE,
    PART_BINDINGS,
    FixedPoint,
    ProbeView,
    StatesInCell,
    TimeStep,
    cursor_keys,
    is_empty,
)

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Item = tuple[str, str, str]  # of the legend: a sign, its ink, and what it means

PAIRS = ((0, 1), (0, 2), (1, 2))  # of components, horizontal and vertical, that are shown in turn
MARGIN, LEAST_REACH = 1.04, 1e-6
AXIS_EVERY, WAY_EVERY = 4, 2  # one of so many dots is drawn
MIXED, MOSTLY = "+", 0.8  # the sign of a cell in which no group has so many of the states
LEGEND_FROM = (6, 14)  # lines of the view from which on the legend has a line, and a second
HOLD = "Fixed points: where the state rests under a constant input"
MARKS: dict[PointKind, tuple[str, str]] = {  # those near which the state stays have a background
    "stable": ("●", "changed"),
    "marginal": ("◐", "changed"),
    "saddle": ("×", "strong"),
    "unstable": ("○", "strong"),
    "slow": ("~", "strong"),
}


class PlaneView(ProbeView):
    key = "7"
    title = "plane"
    about = (
        "The states on their principal components, by target: how the network tells targets apart"
    )
    kinds = frozenset({"plane"})
    BINDINGS = [
        *cursor_keys(
            "A time step of the row back",
            "A time step on",
            "The way of the row above",
            "The row below",
        ),
        *PART_BINDINGS,
        Binding(
            "v",
            "swap",
            "Swap",
            False,
            tooltip="Another pair of the three first components",
            id="swap",
        ),
        Binding(
            "x", "hold(1)", "Hold", False, tooltip=f"{HOLD}; the next input, or none", id="hold"
        ),
        Binding(
            "X",
            "hold(-1)",
            "Hold before",
            False,
            tooltip="The constant input before",
            id="hold_before",
        ),
        LEAVE,
    ]

    # The row whose way is drawn; among `PAIRS`; among the inputs that can be held
    _row = _pair = _held = 0
    _cursor: int | None = None  # a step of the row
    _pointed: TimeStep | None = None

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, max(LEGEND_FROM[0], width // 3 + 2))

    @property
    def question(self) -> Question:
        asked = super().question
        held = self._held_input(self._frame.config)
        return (
            replace(asked, kinds=asked.kinds | {"fixed_points"}, held=held.numbers)
            if held
            else asked
        )

    def is_waiting(self, frame: Frame) -> bool:
        if (
            super().is_waiting(frame)
            or frame.readings is None
            or frame.unread
            or not frame.state.stands_still
        ):
            return super().is_waiting(frame)
        config, held = frame.readings.config, self._held_input(frame.readings.config)
        is_searched = held and carried_size(config) <= MOST_CARRIED and not is_empty(frame.readings)
        return bool(is_searched) and self._points(frame.readings) is None

    def _held_input(self, config: EchoConfig) -> HeldInput | None:
        choices = (None, *held_inputs(config))
        return choices[self._held % len(choices)]

    def _points(self, readings: Readings) -> FixedPoints | None:
        """The fixed points under the input that is held; None for none, and while they are
        searched."""
        held, points = self._held_input(readings.config), readings.fixed_points
        return (
            points
            if held and points is not None and tuple(points.held.tolist()) == held.numbers
            else None
        )

    @property
    def _plane(self) -> StatePlane | None:
        return None if self._readings is None else self._readings.plane

    def _place(self, plane: StatePlane) -> tuple[int, int | None]:
        rows, steps, _ = plane.rows.shape
        step = None if self._cursor is None or not steps else min(self._cursor, steps - 1)
        return min(self._row, max(0, rows - 1)), step

    @property
    def at_cursor(self) -> TimeStep | None:
        row, step = (0, None) if self._plane is None else self._place(self._plane)
        return None if step is None else TimeStep(row, step)

    def point_at(self, step: TimeStep | None) -> None:
        if step != self._pointed:
            self._pointed = step
            self.redraw()

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None or readings.plane is None:
            return ""
        match spot:
            case StatesInCell(counts):
                groups = groups_of(readings.config.the_task.outputs, readings.plane.targets)
                named = zip(counts, groups.names, strict=False)
                parts = ", ".join(
                    f"{count} with {groups.of} {name}" for count, name in named if count
                )
                return f"{sum(counts)} state{'s' * (sum(counts) > 1)} here: {parts}"[:78]
            case FixedPoint(index) if readings.fixed_points is not None:
                return point_text(readings, readings.fixed_points, index)
            case TimeStep(row, step) if readings.progress is not None:
                return read(readings.config, readings.progress, row, step)
        return ""

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, TimeStep):
            self._row, self._cursor = spot
            self._changed()

    def action_move(self, steps: int, rows: int) -> None:
        if self._plane is not None:
            count, length, _ = self._plane.rows.shape
            self._row = max(0, min(count - 1, self._row + rows))
            if steps and length:
                self._cursor = (
                    length - 1
                    if self._cursor is None
                    else max(0, min(length - 1, self._cursor + steps))
                )
            self._changed()

    def action_hold(self, by: int) -> None:
        self._held += by
        self._changed()

    def action_swap(self) -> None:
        self._pair = (self._pair + 1) % len(PAIRS)
        self._changed()

    # ---- drawing

    def paint(self, cells: Cells, readings: Readings) -> None:
        plane = readings.plane
        if plane is None:
            return
        scene = self._scene(readings, plane)
        self.draw_head(
            cells,
            readings,
            summary(readings.config, scene, self._held_input(readings.config)),
            plane.part,
        )
        signs = legend(scene)
        is_long = sum(len(sign + words) for sign, _, words in signs) > cells.width
        lines = (cells.height >= LEGEND_FROM[0]) + (is_long and cells.height >= LEGEND_FROM[1])
        draw_legend(cells, Region(0, cells.height - lines, cells.width, lines), signs)
        body = Region(0, 1, cells.width, cells.height - 1 - lines)
        if body.width >= 2 and body.height >= 2:
            for draw in (draw_plane, draw_names, draw_points):
                draw(cells, body, scene)

    def _scene(self, readings: Readings, plane: StatePlane) -> Scene:
        points = self._points(readings)
        places = points_in(readings, plane, points)
        row, cursor = self._place(plane)
        # Else it is a step of another window
        pointed = self._pointed if self._frame.state.stands_still else None
        if (
            pointed is not None
            and pointed.row < len(plane.rows)
            and pointed.step < plane.rows.shape[1]
        ):
            row, cursor = pointed.row, pointed.step
        form = readings.config.the_task.outputs
        groups = groups_of(form, plane.targets)
        way = plane.rows[row : row + 1].reshape(-1, len(plane.components))
        targets = np.full(len(way), -1)
        if readings.progress is not None and row < len(readings.progress.y):
            targets = np.where(
                scored_in(readings.progress)[row], groups.numbered(readings.progress.y[row]), -1
            )
        shown, kept = PAIRS[self._pair], len(plane.components)
        within = np.eye(3, kept)[[*shown]]
        states = np.concatenate([plane.states, plane.rows.reshape(-1, kept), places]).astype(
            np.float64
        )
        along = MARGIN * states[np.isfinite(states).all(axis=1)] @ within.T
        low, high = -ends(-along.min(axis=0, initial=0.0)), ends(along.max(axis=0, initial=0.0))
        signs = signs_of_groups(form, groups)
        return Scene(
            plane,
            shown,
            within,
            low,
            high,
            groups,
            signs,
            row,
            way,
            targets,
            cursor,
            points,
            places,
        )


def ends(farthest: Doubles) -> Doubles:
    """Where axes end, from the mean state on: at round numbers, so that they change rarely."""
    steps = np.ceil(20 * np.log10(np.maximum(farthest, LEAST_REACH))) / 20
    return np.array([float(f"{10**step:.2g}") for step in steps.tolist()])


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn: states on two of the axes, by groups of targets, and the way of a row."""

    plane: StatePlane
    shown: tuple[int, int]  # the two components, horizontal and vertical
    within: Doubles  # [2, kept], their directions; 0 where there is no such component
    low: Doubles  # [2], their ends
    high: Doubles  # [2]
    groups: TargetGroups
    signs: list[tuple[str, str]]  # of each group, with its ink
    row: int
    way: Floats  # [T, kept], its states
    targets: Indices  # [T], the group of its target at each step; -1 where none counts
    cursor: int | None
    points: FixedPoints | None
    places: Floats  # [points, kept], of those that are drawn

    def at(self, states: Floats | Doubles, height: int, width: int) -> tuple[Indices, Indices]:
        """The lines and columns of states, [..., kept], on a grid over the plane; those outside are
        at its edge."""
        along = finite(states) @ self.within.T
        x, y = np.moveaxis(np.clip((along - self.low) / (self.high - self.low), 0, 1), -1, 0)
        return np.round((1 - y) * (height - 1)).astype(np.int64), np.round(x * (width - 1)).astype(
            np.int64
        )

    def predicted(self, height: int, width: int) -> Indices:
        (left, lower), (right, upper) = self.low, self.high
        x, y = np.meshgrid(np.linspace(left, right, width), np.linspace(upper, lower, height))
        along, readout = np.stack([x, y], axis=-1) @ self.within, finite(self.plane.readout)
        return self.groups.predicted(readout[:, 0] + along @ readout[:, 1:].T)


def finite(numbers: Floats | Doubles) -> Doubles:
    return np.nan_to_num(numbers.astype(np.float64), posinf=1e30, neginf=-1e30)


def draw_plane(cells: Cells, box: Region, scene: Scene) -> None:
    """From below: the axes, where what the network says changes, the way of the row, the states,
    the cursor."""
    plane, size = scene.plane, (4 * box.height, 2 * box.width)  # of dots
    axes, borders = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    line, column = scene.at(np.zeros(len(plane.components)), *size)
    axes[line, ::AXIS_EVERY] = axes[::AXIS_EVERY, column] = True
    if len(plane.readout):
        predicted = scene.predicted(*size)
        borders[:, :-1] |= predicted[:, 1:] != predicted[:, :-1]
        borders[:-1] |= predicted[1:] != predicted[:-1]
    way, led = way_dots(scene, *size)
    inks = np.array([*(NUMBER[ink] for _, ink in scene.signs), NUMBER["muted"]], np.int16)
    led = inks[led.reshape(box.height, 4, box.width, 2).max(axis=(1, 3))]
    for dots, ink in ((axes, "muted"), (borders, "wall"), (way, led)):
        stamp(cells, box.x, box.y, characters(dots), ink, over_blanks=True)
    draw_states(cells, box, scene)
    lines, columns = (one.tolist() for one in scene.at(scene.way, box.height, box.width))
    for step, (line, column) in enumerate(zip(lines, columns, strict=True)):
        cells.mark(box.x + column, box.y + line, 1, 1, TimeStep(scene.row, step))
    if scene.cursor is not None and scene.cursor < len(lines):
        group = int(scene.targets[scene.cursor])
        sign = scene.signs[group][0] if 0 <= group < len(scene.signs) else MIXED
        write_in(cells, box, lines[scene.cursor], sign, "cursor", at=columns[scene.cursor])


def way_dots(scene: Scene, height: int, width: int) -> tuple[Dots, Indices]:
    """Lines from each state of the row to the next, and the group of the target to which each
    leads, else -1."""
    dots, led = np.zeros((height, width), np.bool_), np.full((height, width), -1, np.int64)
    path = np.stack(scene.at(scene.way, height, width), axis=-1)
    for step, (before, after) in enumerate(pairwise(path), start=1):
        on = (
            np.linspace(before, after, int(np.abs(after - before).max()) + 1)
            .round()
            .astype(int)[::WAY_EVERY]
        )
        dots[on[:, 0], on[:, 1]] = True
        led[on[:, 0], on[:, 1]] = scene.targets[step]
    return dots, led


def draw_states(cells: Cells, box: Region, scene: Scene) -> None:
    """In each cell the sign of the group that most of its states have; of ranges, of the mean."""
    at = scene.at(scene.plane.states, box.height, box.width)
    counts = np.zeros((box.height, box.width, len(scene.signs)), np.int64)
    if len(scene.plane.targets):
        np.add.at(counts, (*at, scene.groups.numbered(scene.plane.targets)), 1)
    total = counts.sum(axis=-1)
    group = np.where(
        counts.max(axis=-1) >= MOSTLY * total, counts.argmax(axis=-1), len(scene.signs)
    )
    if scene.groups.are_ordered:
        group = np.round(counts @ np.arange(len(scene.signs)) / np.maximum(total, 1)).astype(
            np.int64
        )
    group[total == 0] = len(scene.signs)
    signs, inks = zip(*scene.signs, (MIXED, "beyond"), strict=True)
    is_taken = np.zeros_like(total, np.bool_)
    is_taken[at] = True
    numbers = np.array([NUMBER[ink] for ink in inks], np.int16)
    stamp(
        cells,
        box.x,
        box.y,
        np.where(is_taken, np.array(signs)[group], " "),
        numbers[group],
        over_blanks=True,
    )
    cells.mark_each(
        *box, lambda x, y: StatesInCell(tuple(counts[y, x].tolist())) if total[y, x] else None
    )


def draw_names(cells: Cells, box: Region, scene: Scene) -> None:
    """The name of each axis and its ends, as far as there is room beside the states."""
    taken = np.zeros((box.height, box.width), np.bool_)
    for states in (scene.plane.states, scene.way, scene.places):
        taken[scene.at(states, box.height, box.width)] = True
    for axis, (y, ends, arrow) in enumerate(
        ((box.height - 1, (1, 0, 0.5), "→"), (0, (0, 1, 0.5), "↑"))
    ):
        name = f" component {scene.shown[axis] + 1}, {scene.plane.share(scene.within[axis]):.0%}"
        texts = (
            f"{name}: {scene.low[axis]:.3g} to {scene.high[axis]:.3g} {arrow}",
            f"{name} {arrow}",
        )
        for text, end in product(texts, ends):
            x = int(end * (box.width - len(text)))
            if x >= 0 and not taken[y, x : x + len(text)].any():
                write_in(cells, box, y, text, "muted", at=x)
                taken[y, max(0, x - 1) : x + len(text) + 1] = True
                break


def points_in(readings: Readings, plane: StatePlane, points: FixedPoints | None) -> Floats:
    """The coordinates of the fixed points, [points, kept]; none for a gate, which is no part of the
    state."""
    part = parts_of(readings.config).get(plane.part)
    if (
        points is None
        or part is None
        or part.is_gate
        or points.states.shape[1] != carried_size(readings.config)
    ):
        return np.zeros((0, len(plane.components)), np.float32)
    return plane.place(points.states[:, part.where])


def draw_points(cells: Cells, box: Region, scene: Scene) -> None:
    lines, columns = (one.tolist() for one in scene.at(scene.places, box.height, box.width))
    for index, kind in reversed([*enumerate(scene.points.kinds if scene.points and lines else ())]):
        mark, ink = MARKS[kind]
        write_in(cells, box, lines[index], mark, ink, at=columns[index])
        cells.mark(box.x + columns[index], box.y + lines[index], 1, 1, FixedPoint(index))


def legend(scene: Scene) -> list[Item]:
    plane, groups = scene.plane, zip(scene.signs, scene.groups.names, strict=True)
    kinds = scene.points.kinds if scene.points and len(scene.places) else ()
    items: list[Item] = [(*mark, f" {kind}  ") for kind, mark in MARKS.items() if kind in kinds]
    if len(plane.targets):
        items.append((f"{scene.groups.of}: ", "muted", ""))
        items += [
            (f"{sign} ", ink, f"{name} " if name != sign else "") for (sign, ink), name in groups
        ]
        items.append((f" {MIXED} several  ", "beyond", ""))
    if len(plane.readout):
        items.append(("dense: prediction changes  ", "wall", ""))
    if len(plane.rows):
        items.append((f"dotted: row {scene.row + 1}", "muted", ""))
    return items


def draw_legend(cells: Cells, box: Region, items: Sequence[Item]) -> None:
    """As many items on each line as fit; those for which there is no line are left out."""
    line = at = 0
    for sign, ink, words in items:
        size = len(f"{sign}{words}".rstrip())
        if at + size > box.width and line + 1 < box.height:
            line, at = line + 1, 0
        if at + size <= box.width:
            at = write_in(cells, box, line, sign, ink, at=at) - box.x
            at = write_in(cells, box, line, words, "text", at=at) - box.x


def summary(config: EchoConfig, scene: Scene, held: HeldInput | None) -> str:
    points, plane, states = scene.points, scene.plane, len(scene.plane.states)
    if held is not None and carried_size(config) > MOST_CARRIED:
        return f"no search for fixed points in a state of {carried_size(config):,} numbers"
    if held is not None and points is None:
        return f"computing the fixed points under {held.words}"
    text = f"{states} states"
    if len(plane.readout) and len(plane.targets):
        right = int(
            (scene.groups.numbered(plane.answers) == scene.groups.numbered(plane.targets)).sum()
        )
        text = (
            f"all {states} states right" if right == states else f"{right} of {states} states right"
        )
    if held is None or points is None:
        return f"{text}; «hold»: fixed points"
    counts = [(points.count(kind), kind) for kind in POINT_KINDS if points.count(kind)]
    found = (
        ", ".join(f"{n} {kind}{'s' * (kind == 'saddle' and n > 1)}" for n, kind in counts) or "none"
    )
    return (
        f"fixed points under {held.words.replace(', ', ',')}: {found}, from {points.searches} "
        f"states; {text}"
    )


def point_text(readings: Readings, points: FixedPoints, index: int) -> str:
    form, outputs, kind = (
        readings.config.the_task.outputs,
        points.outputs[index],
        points.kinds[index],
    )
    says = f"says {' '.join(f'{value:.2f}' for value in outputs[:3].tolist())}"
    if isinstance(form, Symbols):
        says = f"p({symbol_name(form, int(outputs.argmax()))}) {outputs.max():.2f}"
    largest = f"largest |eigenvalue| {np.abs(points.eigenvalues[index]).max(initial=0):.2f}"
    found = f"{points.starts[index]} of {points.searches} searches ended here"
    return f"{kind}{' point' if kind != 'saddle' else ''}: {largest}; {says}; {found}"
