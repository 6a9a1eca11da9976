"""View 7, plane: the states of the network as points, by target, and where what the network says changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.plane_readings import StatePlane
from echornn.readings import Readings
from echornn.session.frame import Frame
from echornn.session.picture import Picture
from tui.app.drawings.plane_axes import PlaneAxes, followed
from tui.app.drawings.spots import States, TimeStep
from tui.app.drawings.state_plane import ASCII_BORDER, ASCII_WAY, MIXED, PlaneScene, draw_state_plane
from tui.app.drawings.target_groups import TargetGroups, groups_of
from tui.app.views.cursor_keys import LEAVE, cursor_keys
from tui.app.views.probe_view import PART_BINDINGS, ProbeView
from tui.app.views.rows_words import read
from tui.kit.cells import Cells
from tui.kit.paint import Box, write_in

PAIRS = ((0, 1), (0, 2), (1, 2))
"""The pairs of components that are shown in turn: horizontal and vertical."""

LEAST_LEGEND = 6
"""The fewest lines of the view with which its last line explains the signs."""


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
        LEAVE,
    ]

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__(ascii_only)
        self._row = 0
        self._step: int | None = None
        self._pair = 0
        self._axes: PlaneAxes | None = None
        self._axes_of: StatePlane | None = None

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for a plane that is not much higher than wide."""
        return min(most, max(LEAST_LEGEND, width // 3 + 2))

    def answered(self, readings: Readings) -> bool:
        return readings.plane is not None

    def show(self, picture: Picture, message: str = "") -> None:
        super().show(picture, message)
        self._follow(picture.frame)

    def _follow(self, frame: Frame) -> None:
        """Let the axes follow new readings."""
        plane = frame.readings.plane if frame.readings is not None else None
        if plane is not None and plane is not self._axes_of:
            self._axes = followed(plane, self._axes, frame.state.stands_still)
            self._axes_of = plane

    def _scene(self, readings: Readings) -> PlaneScene | None:
        """What is drawn of these readings; None if they have no plane."""
        plane, frame = readings.plane, self._frame
        if plane is None or frame is None:
            return None
        self._follow(frame)
        assert self._axes is not None
        groups = groups_of(readings.config.the_task.outputs, plane.targets, self._ascii_only)
        row = min(self._row, max(0, len(plane.rows) - 1))
        length = plane.rows.shape[1]
        cursor = None if self._step is None or not length else min(self._step, length - 1)
        targets = row_targets(readings, groups, row)
        return PlaneScene(plane, self._axes, PAIRS[self._pair], groups, row, targets, cursor)

    @property
    def reading(self) -> str:
        readings = self._readings
        scene = self._scene(readings) if readings is not None else None
        if scene is None or scene.cursor is None:
            return ""
        return self.reading_of(TimeStep(scene.row, scene.cursor))

    def reading_of(self, spot: object) -> str:
        readings = self._readings
        if readings is None or readings.plane is None:
            return ""
        if isinstance(spot, States):
            groups = groups_of(readings.config.the_task.outputs, readings.plane.targets, self._ascii_only)
            return states_text(spot, groups)
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
        self.draw_head(cells, readings, summary(scene, computing), part)
        has_legend = cells.height >= LEAST_LEGEND
        body = Box(0, 1, cells.width, max(0, cells.height - 1 - has_legend))
        draw_state_plane(cells, body, scene, self._ascii_only)
        if has_legend:
            draw_legend(cells, Box(0, cells.height - 1, cells.width, 1), scene, self._ascii_only)

    def action_move(self, steps: int, rows: int) -> None:
        readings = self._readings
        if readings is None or readings.plane is None:
            return
        count, length = readings.plane.rows.shape[:2]
        self._row = max(0, min(count - 1, self._row + rows))
        if steps and length:
            self._step = length - 1 if self._step is None else max(0, min(length - 1, self._step + steps))
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


def summary(scene: PlaneScene, computing: str = "") -> str:
    """A text about the share of variance that the plane shows, and at how many states the network is right."""
    plane = scene.plane
    shown = sum(plane.share(direction) for direction in scene.within)
    text = f"{shown:.0%} of variance"
    if computing:
        return f"{text}; computing {computing}"
    if not len(plane.readout):
        return f"{text}; the output layer does not read {plane.part}: no borders"
    if scene.right is None:
        return f"{text}; the targets of these states are not known"
    network, by_plane = scene.right
    right = "right range" if scene.groups.are_ordered else "right"
    return f"{text}; {right} on {network:.0%} of {len(plane.states)} states, by this plane alone {by_plane:.0%}"


def states_text(states: States, groups: TargetGroups) -> str:
    """The states in a cell, with their targets, in words."""
    total = sum(states.counts)
    of_groups = ", ".join(
        f"{count} with {groups.of} {name}" for count, name in zip(states.counts, groups.names, strict=False) if count
    )
    return f"{total} state{'' if total == 1 else 's'} here: {of_groups}"[:78]


def draw_legend(cells: Cells, box: Box, scene: PlaneScene, ascii_only: bool) -> None:
    """Explain the signs in a line, as far as it is long enough."""
    texts: list[tuple[str, str]] = []
    if len(scene.plane.targets):
        texts.append((f"{scene.groups.of}:", "view--axis"))
        for sign, style, name in zip(scene.groups.signs, scene.groups.styles, scene.groups.names, strict=True):
            texts += [(f" {sign}", style), (f" {name} " if name != sign else "", "view--words")]
        texts.append((f"  {MIXED} several", "view--beyond"))
    border, way = (ASCII_BORDER, ASCII_WAY) if ascii_only else ("solid", "dotted")
    if len(scene.plane.readout):
        texts.append((f"  {border}: prediction changes", "view--wall"))
    if len(scene.plane.rows):
        texts.append((f"  {way}: row {scene.row + 1}", "view--way"))
    at = 0
    for text, style in texts:
        text = text.lstrip() if at == 0 else text
        if at + len(text) <= box.width:
            at = write_in(cells, box, 0, text, style, at=at) - box.x
