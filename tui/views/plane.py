"""View 7: the states on two principal components by target, the borders of what is predicted, and
fixed points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size
from echornn.readings import (
    MOST_CARRIED,
    FixedPoints,
    Question,
    Readings,
    StatePlane,
)
from echornn.session.pictures.frame import Frame
from echornn.tasks.task import Symbols
from tui.text.held_inputs import HeldInput, held_inputs
from tui.text.lines import LONGEST, cycle_text, eigenvalue_text, point_counts, symbol_name
from tui.text.targets import TargetGroups
from tui.views.canvas import Cells
from tui.views.plane_scene import (
    Scene,
    colours_of,
    draw_legend,
    draw_scene,
    in_components,
    legend,
    places_of,
    scene_of,
)
from tui.views.rows import read
from tui.views.view import (
    LEAVE,
    PART_BINDINGS,
    FixedPoint,
    ProbeView,
    StatesInCell,
    TimeStep,
    cursor_keys,
    hidden,
    is_empty,
)

PAIRS = ((0, 1), (0, 2), (1, 2))  # of components, horizontal and vertical, that are shown in turn
# Lines of the view from which on the legend has a line, and a second; chosen by eye
LEGEND_FROM = (6, 14)
HOLD = "Fixed points: where the state rests under a constant input"


class PlaneView(ProbeView):
    key = "7"
    title = "plane"
    about = (
        "The states on their principal components, by target: how the network tells targets apart"
    )
    kinds = frozenset({"plane"})
    needs = "plane"
    BINDINGS = [
        *cursor_keys(
            "A time step of the row back",
            "A time step on; after the last, the fixed points",
            "The way of the row above",
            "The row below",
        ),
        *PART_BINDINGS,
        hidden(
            "v", "swap", "Swap", tooltip="Another pair of the three first components", id="swap"
        ),
        hidden("x", "hold(1)", "Hold", tooltip=f"{HOLD}; the next input, or none", id="hold"),
        hidden(
            "X", "hold(-1)", "Hold before", tooltip="The constant input before", id="hold_before"
        ),
        hidden(
            "C",
            "colour",
            "Colour",
            tooltip="The signs of states by target, or by a hidden variable of the task, in turn",
            id="colour",
        ),
        LEAVE,
    ]

    # The row whose way is drawn; among `PAIRS`; among the inputs that can be held; among the target
    # and hidden variables
    _row = _pair = _held = _colour = 0
    _cursor: int | None = None  # among `_stops`
    _pointed: TimeStep | None = None

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, max(LEGEND_FROM[0], width // 3 + 2))

    # ---- what it asks for

    @property
    def question(self) -> Question:
        question = Question(self.kinds, self._asked_part())
        held = self._held_input(self._frame.config)
        if held is None:
            return question
        return replace(question, kinds=question.kinds | {"fixed_points"}, held=held.numbers)

    def is_waiting(self, frame: Frame) -> bool:
        readings = frame.readings
        if super().is_waiting(frame):
            return True
        if (
            readings is None
            or frame.why_no_readings
            or not frame.state.stands_still
            or is_empty(readings)
        ):
            return False
        can_search = carried_size(readings.config) <= MOST_CARRIED
        is_held = self._held_input(readings.config) is not None
        return is_held and can_search and self._points(readings) is None

    def _held_input(self, config: EchoConfig) -> HeldInput | None:
        choices = (None, *held_inputs(config))
        return choices[self._held % len(choices)]

    def _points(self, readings: Readings) -> FixedPoints | None:
        """The fixed points under the input that is held; None for none, and while they are
        searched."""
        held, points = self._held_input(readings.config), readings.fixed_points
        if held is None or points is None or tuple(points.held.tolist()) != held.numbers:
            return None
        return points

    # ---- the cursor

    @property
    def _plane(self) -> StatePlane | None:
        return None if self._readings is None else self._readings.plane

    def _row_in(self, plane: StatePlane) -> int:
        return min(self._row, max(0, len(plane.rows) - 1))

    @property
    def _stops(self) -> list[TimeStep | FixedPoint]:
        """Where the arrow keys lead: along the way of the row, then to the fixed points."""
        readings, plane = self._readings, self._plane
        if readings is None or plane is None:
            return []
        row, (_, steps, _) = self._row_in(plane), plane.rows.shape
        found = self._points(readings)
        points = len(places_of(readings, plane, None if found is None else found.all_states))
        return [*(TimeStep(row, step) for step in range(steps)), *map(FixedPoint, range(points))]

    @property
    def at_cursor(self) -> TimeStep | FixedPoint | None:
        stops = self._stops
        if self._cursor is None or not stops:
            return None
        return stops[min(self._cursor, len(stops) - 1)]

    def point_at(self, step: TimeStep | None) -> None:
        if step != self._pointed:
            self._pointed = step
            self.redraw()

    def clicked(self, spot: object, again: bool) -> None:
        stops = self._stops
        if isinstance(spot, TimeStep):
            self._row, self._cursor = spot
            self._changed()
        elif isinstance(spot, FixedPoint) and spot in stops:
            self._cursor = stops.index(spot)
            self._changed()

    def action_move(self, steps: int, rows: int) -> None:
        plane, stops = self._plane, self._stops
        if plane is None:
            return
        count, length, _ = plane.rows.shape
        self._row = max(0, min(count - 1, self._row + rows))
        if steps and stops:
            before = length - 1 - steps if self._cursor is None else self._cursor
            self._cursor = max(0, min(len(stops) - 1, before + steps))
        self._changed()

    def action_hold(self, by: int) -> None:
        self._held += by
        self._changed()

    def action_swap(self) -> None:
        self._pair = (self._pair + 1) % len(PAIRS)
        self._changed()

    def action_colour(self) -> None:
        self._colour += 1
        self._changed()

    # ---- what is shown

    def _hidden(self, plane: StatePlane) -> str:
        """The hidden variable whose values the signs show; empty for targets."""
        choices = ("", *plane.hidden)
        return choices[self._colour % len(choices)]

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None or readings.plane is None:
            return ""
        match spot:
            case StatesInCell(counts):
                form, plane = readings.config.the_task.outputs, readings.plane
                return states_text(colours_of(form, plane, self._hidden(plane)).groups, counts)
            case FixedPoint(index) if readings.fixed_points is not None:
                return point_text(readings, readings.fixed_points, index)
            case TimeStep(row, step) if readings.progress is not None:
                x, y = in_components(readings.plane.rows[row, step], PAIRS[self._pair])
                where = f" at {x:.2g}, {y:.2g}"
                return read(readings.config, readings.progress, row, step, where)
        return ""

    def paint(self, cells: Cells, readings: Readings) -> None:
        plane = readings.plane
        if plane is None:
            return
        row, cursors = self._cursors(plane)
        points, hidden = self._points(readings), self._hidden(plane)
        scene = scene_of(readings, PAIRS[self._pair], row, cursors, points, hidden)
        text = summary(readings.config, scene, self._held_input(readings.config))
        self.draw_head(cells, readings, text, plane.part)
        items = legend(scene)
        one_line, two_lines = LEGEND_FROM
        lines = 1 if cells.height >= one_line else 0
        is_long = sum(len(sign + words) for sign, _, words in items) > cells.width
        if is_long and cells.height >= two_lines:
            lines = 2
        draw_legend(cells, Region(0, cells.height - lines, cells.width, lines), items)
        body = Region(0, 1, cells.width, cells.height - 1 - lines)
        if body.width >= 2 and body.height >= 2:
            draw_scene(cells, body, scene)

    def _cursors(self, plane: StatePlane) -> tuple[int, Sequence[object]]:
        """The row whose way is drawn, and what is lit up: the cursor, or the step at which another
        view points."""
        cursor, pointed = self.at_cursor, self._pointed
        rows, steps, _ = plane.rows.shape
        if pointed is None or not self._frame.state.stands_still:  # else it is of another window
            return self._row_in(plane), [cursor]
        if pointed.row >= rows or pointed.step >= steps:
            return self._row_in(plane), [cursor]
        if isinstance(cursor, FixedPoint):
            return pointed.row, [pointed, cursor]
        return pointed.row, [pointed]


# ---- in words


def summary(config: EchoConfig, scene: Scene, held: HeldInput | None) -> str:
    points, size = scene.points, carried_size(config)
    if held is None:
        return f"{states_right(scene)}; «hold» shows fixed points"
    if size > MOST_CARRIED:
        return f"no search for fixed points in a state of {size:,} numbers"
    if points is None:
        return f"computing the fixed points under {held.words}"
    under = held.words.replace(", ", ",")
    found = ", ".join(point_counts(points)) or "none"
    searched = f"from {points.searches} states"
    return f"fixed points under {under}: {found}, {searched}; {states_right(scene)}"


def states_right(scene: Scene) -> str:
    plane, states = scene.plane, len(scene.plane.states)
    if not (len(plane.readout) and len(plane.targets)):
        return f"{states} states"
    is_right = scene.groups.numbered(plane.answers) == scene.groups.numbered(plane.targets)
    right = int(is_right.sum())
    if right == states:
        return f"all {states} states right"
    return f"{right} of {states} states right"


def states_text(groups: TargetGroups, counts: tuple[int, ...]) -> str:
    """The states in a cell of the screen, by these groups."""
    parts = []
    for count, name in zip(counts, groups.names, strict=False):
        if count:
            parts.append(f"{count} with {groups.of} {name}")
    here = "1 state here"
    if sum(counts) > 1:
        here = f"{sum(counts)} states here"
    return f"{here}: {', '.join(parts)}"[:LONGEST]


def point_text(readings: Readings, points: FixedPoints, index: int) -> str:
    form, fixed = readings.config.the_task.outputs, len(points.kinds)
    if index >= fixed:
        cycles = [cycle for cycle in points.cycles for _ in cycle.states]
        return cycle_text(cycles[index - fixed], form)
    outputs = points.outputs[index]
    if isinstance(form, Symbols):
        says = f"p({symbol_name(form, int(outputs.argmax()))}) {outputs.max():.2f}"
    else:
        says = f"says {' '.join(f'{value:.2f}' for value in outputs[:3].tolist())}"
    name: str = points.kinds[index]
    if name != "saddle":
        name += " point"
    largest = eigenvalue_text(points.eigenvalues[index, 0])
    found = f"{points.starts[index]} of {points.searches} searches ended here"
    return f"{name}: largest eigenvalue {largest}; {says}; {found}"
