"""The legend of the plane view: what its signs mean, on a line or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size
from echornn.readings import MOST_CARRIED, FixedPoints, Question, Readings, StatePlane
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from tui.views.blocks import signs_of_groups
from tui.views.canvas import Box, Cells, write_in
from tui.views.rows import read
from tui.views.state_plane import (
    MIXED,
    PlaneAxes,
    PlaneScene,
    count_text,
    draw_plane_names,
    draw_points,
    draw_state_plane,
    followed,
    kinds_found,
    point_text,
    points_in,
)
from tui.views.targets import HeldInput, TargetGroups, groups_of, held_inputs
from tui.views.view import LEAVE, PART_BINDINGS, FixedPoint, ProbeView, States, TimeStep, cursor_keys, is_empty

Item = list[tuple[str, str]]
"""A sign and what it means: texts, each with its style; the last ends with the blanks after it."""


def legend_of(
    scene: PlaneScene, kinds: Sequence[tuple[str, str, str]], hint: str, width: int, most: int
) -> list[list[Item]]:
    """The lines of the legend, at most so many. If they are too short for everything, the signs of targets and of fixed
    points stay, and other texts are left out.

    Args:
        kinds: the marks of fixed points, with their styles and names.
        hint: a key that shows more, if there is room left on these lines.
    """
    others: list[Item] = []
    if len(scene.plane.targets):
        others.append([(f" {MIXED} several  ", "beyond")])
    if len(scene.plane.readout):
        others.append([("dense: prediction changes  ", "wall")])
    if len(scene.plane.rows):
        others.append([(f"dotted: row {scene.row + 1}  ", "muted")])
    forms = (_signs(scene, kinds, has_title, gap) for has_title, gap in ((True, "  "), (False, "  "), (False, " ")))
    *wider, narrowest = forms
    items = next((signs for signs in wider if len(_in_lines(signs, width)) <= most), narrowest)
    for item in others:
        if len(_in_lines([*items, item], width)) <= most:
            items = [*items, item]
    lines = _in_lines(items, width)
    with_hint = _in_lines([*items, [(hint, "note")]], width)
    return with_hint if len(with_hint) == len(lines) else lines[:most]


def _signs(scene: PlaneScene, kinds: Sequence[tuple[str, str, str]], has_title: bool, gap: str) -> list[Item]:
    """The signs of fixed points and of groups of targets."""
    items = [[(mark, style), (f" {kind}{gap}", "text")] for mark, style, kind in kinds]
    if not len(scene.plane.targets):
        return items
    title: Item = [(f"{scene.groups.of}: ", "muted")] if has_title else []
    for (sign, style), name in zip(scene.signs, scene.groups.names, strict=True):
        items.append([*title, (f"{sign} ", style), *([(f"{name}{gap}", "text")] if name != sign else [])])
        title = []
    return items


def draw_legend(cells: Cells, box: Box, lines: Sequence[Sequence[Item]]) -> None:
    """Draw the lines of the legend at the lower end of the box."""
    for number, line in enumerate(lines):
        at = 0
        for item in line:
            for text, style in item:
                at = write_in(cells, box, box.height - len(lines) + number, text, style, at=at) - box.x


def _in_lines(items: Sequence[Item], width: int) -> list[list[Item]]:
    """As many items on each line as fit."""
    lines: list[list[Item]] = [[]]
    at = 0
    for item in items:
        text = "".join(text for text, _ in item)
        if lines[-1] and at + len(text.rstrip()) > width:
            lines.append([])
            at = 0
        lines[-1].append(item)
        at += len(text)
    return lines


def summary(scene: PlaneScene, computing: str = "") -> str:
    """At how many states the network is right."""
    if computing:
        return f"computing {computing}"
    return right_text(scene) or f"{len(scene.plane.states)} states"


def right_text(scene: PlaneScene) -> str:
    """At how many states the network is right; empty if that is not known."""
    states = len(scene.plane.states)
    if scene.right is None:
        return ""
    right = round(scene.right * states)
    return f"all {states} states right" if right == states else f"{right} of {states} states right"


def states_text(states: States, groups: TargetGroups) -> str:
    """The states in a cell, with their targets, in words."""
    total = sum(states.counts)
    of_groups = ", ".join(
        f"{count} with {groups.of} {name}" for count, name in zip(states.counts, groups.names, strict=False) if count
    )
    return f"{total} state{'' if total == 1 else 's'} here: {of_groups}"[:78]


def points_summary(scene: PlaneScene, held: HeldInput, points: FixedPoints | None, drawn: int, carried: int) -> str:
    """A text about the fixed points under a constant input, and at how many of the plane's states the network is right.

    Args:
        points: the fixed points; None while they are computed.
        drawn: how many of them are drawn; none if a gate is shown, which is no part of the state.
        carried: how many numbers the state has.
    """
    words = held.words.replace(", ", ",")
    if carried > MOST_CARRIED:
        return f"no search for fixed points in a state of {carried:,} numbers"
    if points is None:
        return f"computing the fixed points under {words}"
    if points.kinds and not drawn:
        return "a gate has no fixed points; «next» and «before» lead to the state"
    right = right_text(scene)
    return f"{count_text(points)} under {words}, from {points.searches} states{f'; {right}' if right else ''}"


PAIRS = ((0, 1), (0, 2), (1, 2))
"""The pairs of components that are shown in turn: horizontal and vertical."""

HOLD_BINDINGS = [
    Binding(
        "x",
        "hold(1)",
        "Hold",
        show=False,
        tooltip="Fixed points: where the state rests under a constant input; the next input, or none",
        id="hold",
    ),
    Binding("X", "hold(-1)", "Hold before", show=False, tooltip="The constant input before", id="hold_before"),
]

HOW_TO_HOLD = "«hold»: fixed points"

LEAST_LEGENDS = (6, 14)
"""The fewest lines of the view with which its last line explains the signs, and with which its last two do."""


class PlaneView(ProbeView):
    """The plane view: states of the network on two principal components, each by the sign of its target."""

    key = "7"
    title = "plane"
    about = "The states on their principal components, by target: how the network tells targets apart"
    kinds = frozenset({"plane"})

    BINDINGS = [
        *cursor_keys(
            "Cursor to an earlier time step of the row",
            "Cursor to a later time step of the row",
            "The way of the row above",
            "The way of the row below",
        ),
        *PART_BINDINGS,
        Binding("v", "swap", "Swap", show=False, tooltip="Another pair of the three first components", id="swap"),
        *HOLD_BINDINGS,
        LEAVE,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._row = 0
        self._step: int | None = None
        self._pointed: TimeStep | None = None
        self._pair = self._held = 0
        self._axes: PlaneAxes | None = None
        self._axes_of: StatePlane | None = None

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for a plane that is not much higher than wide."""
        return min(most, max(LEAST_LEGENDS[0], width // 3 + 2))

    @property
    def question(self) -> Question:
        """States, and the fixed points under the input that is held."""
        held = None if self._frame is None else self._held_input(self._frame.config)
        if held is None:
            return super().question
        return replace(super().question, kinds=self.kinds | {"fixed_points"}, held=held.numbers)

    def _held_input(self, config: EchoConfig) -> HeldInput | None:
        """The input that is held; None for none."""
        choices = held_inputs(config)
        return choices[self._held - 1] if 0 < self._held <= len(choices) else None

    def _points(self, readings: Readings) -> FixedPoints | None:
        """The fixed points under the input that is held; None for none, and while they are computed."""
        held, points = self._held_input(readings.config), readings.fixed_points
        known = held is not None and points is not None and tuple(points.held.tolist()) == held.numbers
        return points if known else None

    def is_waiting(self, frame: Frame) -> bool:
        if super().is_waiting(frame):
            return True
        readings = frame.readings
        if readings is None or not frame.state.stands_still or is_empty(readings) or frame.unread:
            return False
        is_searched = carried_size(readings.config) <= MOST_CARRIED and self._held_input(readings.config) is not None
        return is_searched and self._points(readings) is None

    def answered(self, readings: Readings) -> bool:
        return readings.plane is not None

    def show(self, picture: Picture, message: str = "") -> None:
        super().show(picture, message)
        self._follow(picture.frame)

    def _follow(self, frame: Frame) -> None:
        """Let the axes follow new readings."""
        readings = frame.readings
        plane = readings.plane if readings is not None else None
        if readings is not None and plane is not None and plane is not self._axes_of:
            points = self._points(readings)
            places = None if points is None else points_in(readings, plane)
            self._axes = followed(plane, None if frame.state.stands_still else self._axes, places)
            self._axes_of = plane

    def _scene(self, readings: Readings) -> PlaneScene | None:
        """What is drawn of these readings; None if they have no plane."""
        plane, frame = readings.plane, self._frame
        if plane is None or frame is None:
            return None
        self._follow(frame)
        assert self._axes is not None
        form = readings.config.the_task.outputs
        groups = groups_of(form, plane.targets)
        signs = signs_of_groups(form, groups)
        row, cursor = self._place(plane.rows.shape)
        pointed = self._pointed if frame.state.stands_still else None  # else it is a step of another window
        if pointed is not None and pointed.row < len(plane.rows) and pointed.step < plane.rows.shape[1]:
            row, cursor = pointed.row, pointed.step
        targets = row_targets(readings, groups, row)
        return PlaneScene(plane, self._axes, PAIRS[self._pair], groups, signs, row, targets, cursor)

    def _place(self, shape: tuple[int, ...]) -> tuple[int, int | None]:
        """The row that is shown, and the step under the cursor, if there is one; of rows of this shape."""
        rows, steps = shape[:2]
        step = None if self._step is None or not steps else min(self._step, steps - 1)
        return min(self._row, max(0, rows - 1)), step

    @property
    def at_cursor(self) -> TimeStep | None:
        readings = self._readings
        if readings is None or readings.plane is None:
            return None
        row, step = self._place(readings.plane.rows.shape)
        return None if step is None else TimeStep(row, step)

    def point_at(self, step: TimeStep | None) -> None:
        if step != self._pointed:
            self._pointed = step
            self.redraw()

    @property
    def reading(self) -> str:
        return self.reading_of(self.at_cursor)

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None or readings.plane is None:
            return ""
        if isinstance(spot, States):
            groups = groups_of(readings.config.the_task.outputs, readings.plane.targets)
            return states_text(spot, groups)
        if isinstance(spot, FixedPoint):
            return point_text(readings, spot.index)
        progress = readings.progress
        if not isinstance(spot, TimeStep) or progress is None or spot.row >= len(progress.y):
            return ""
        return read(readings.config, progress, spot.row, spot.step) if spot.step < progress.y.shape[1] else ""

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a time step of the row, as the arrow keys do."""
        if isinstance(spot, TimeStep):
            self._row, self._step = spot.row, spot.step
            self._changed()

    def paint(self, cells: Cells, readings: Readings) -> None:
        scene = self._scene(readings)
        if scene is None:
            return
        part = "" if (scene.plane.part,) == readings.parts[:1] else scene.plane.part
        asked = self._asked_part()
        computing = asked if asked not in ("", scene.plane.part) else ""
        held, points = self._held_input(readings.config), self._points(readings)
        places = points_in(readings, scene.plane)
        text = summary(scene, computing)
        if held is not None and not computing:
            text = points_summary(scene, held, points, len(places), carried_size(readings.config))
        self.draw_head(cells, readings, self.keymap.text(text), part)
        drawn = () if points is None or not len(places) else kinds_found(points)
        hint = self.keymap.text("" if held else HOW_TO_HOLD)
        most = sum(cells.height >= least for least in LEAST_LEGENDS)
        legend = legend_of(scene, drawn, hint, cells.width, most) if most else []
        draw_legend(cells, Box(0, 0, cells.width, cells.height), legend)
        body = Box(0, 1, cells.width, max(0, cells.height - 1 - len(legend)))
        draw_state_plane(cells, body, scene)
        draw_plane_names(cells, body, scene, places)
        if points is not None:
            draw_points(cells, body, scene, places, points)

    def action_move(self, steps: int, rows: int) -> None:
        readings = self._readings
        if readings is None or readings.plane is None:
            return
        count, length = readings.plane.rows.shape[:2]
        self._row = max(0, min(count - 1, self._row + rows))
        if steps and length:
            self._step = length - 1 if self._step is None else max(0, min(length - 1, self._step + steps))
        self._changed()

    def action_hold(self, by: int) -> None:
        """Hold the next of the constant inputs, or none."""
        frame = self._frame
        if frame is not None:
            self._held = (self._held + by) % (1 + len(held_inputs(frame.config)))
            self._changed()

    def action_swap(self) -> None:
        self._pair = (self._pair + 1) % len(PAIRS)
        self._changed()

    def action_leave(self) -> None:
        self._step = None
        self._changed()


def row_targets(readings: Readings, groups: TargetGroups, row: int) -> npt.NDArray[np.int64]:
    """The group of the target at each step of a row of the newest window, -1 where none counts; empty if unknown."""
    progress = readings.progress
    if progress is None or row >= len(progress.y):
        return np.zeros(0, np.int64)
    found = groups.numbered(progress.y[row])
    return found if progress.scored.shape != progress.y.shape[:2] else np.where(progress.scored[row], found, -1)
