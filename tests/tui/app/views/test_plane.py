"""The plane view: states by target, the line where the prediction changes, the way of a row, and the cursor on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.fixed_point_readings import PointKind
from echornn.plane_readings import StatePlane
from echornn.readings import Question, Readings
from echornn.session.pictures.frame import Frame, State
from tests.door.views.by_hand import (
    PROGRESS,
    TUTORIAL,
    drawn,
    four_corners,
    frame_of,
    points_of_corners,
    shift_register,
)
from tests.record_flip_flop import recorded_flip_flop
from tests.record_readings import recorded_readings
from tests.record_run import recorded
from tests.scripted import ScriptedSession
from tests.trees import branch_off, grow
from tui.app.app import EchoApp
from tui.app.drawings.plane_points import MARKS, count_text
from tui.app.drawings.spots import FixedPoint, States, TimeStep
from tui.app.views.plane import PlaneView
from tui.app.views.probe_view import is_of_part
from tui.app.views.rows import Rows
from tui.kit.cells import Cells

READINGS = shift_register()
FRAME = frame_of(READINGS)


def with_plane(config: EchoConfig = TUTORIAL, **changes: Any) -> Readings:
    return replace(READINGS, config=config, plane=replace(four_corners(config), **changes))


def test_the_classes_lie_on_both_sides_of_the_line() -> None:
    lines = drawn(PlaneView(), FRAME, 78, 12)
    assert [line.rstrip() for line in lines] == [
        "plane: 90% of variance; right on 100% of 32 states, the plane alone on 100%",
        "   ⢠0⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠ component 2, 30%: -1.1 to 1.1 ↑⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠⠠1",
        "   ⢐                                  ⢸0|1                                ⠅",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "⠁ ⠁⢐⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⢸⠁⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠁ ⠅ ⠁",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "   ⢐                                  ⢸⠁                                  ⠅",
        "   ⠐0⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂ component 1, 60%: -1.1 to 1.1 →⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂1",
        "target: 0 1  + several  dense: prediction changes  dotted: row 1",
    ]


def test_in_ascii() -> None:
    lines = drawn(PlaneView(ascii_only=True), FRAME, 78, 12)
    assert "".join(lines).isascii()
    assert [line[38] for line in lines[2:10]] == ["%"] * 8


def test_a_plane_that_tells_less_apart_than_the_network_says_so() -> None:
    """The targets are told apart by a third component."""
    plane = four_corners()
    third = np.where(np.arange(32) % 2, 0.5, -0.5).astype(np.float32)
    targets = (third > 0).astype(np.uint8)
    readings = with_plane(
        components=np.eye(3, dtype=np.float32),
        mean=np.zeros(3, np.float32),
        shares=np.array([0.6, 0.3, 0.1], np.float32),
        states=np.column_stack([plane.states, third]),
        rows=np.zeros((5, 15, 3), np.float32),
        targets=targets,
        answers=targets,
        readout=np.array([[0, 0, 0, -4], [0, 0, 0, 4]], np.float32),
    )
    view, frame = PlaneView(), frame_of(readings)
    lines = drawn(view, frame, 78, 12)
    assert lines[0].startswith("plane: 90% of variance; right on 100% of 32 states, the plane alone on 50%")
    assert lines[1].count("+") == 2, "each corner has states of both classes"
    view.action_swap()
    lines = drawn(view, frame, 78, 12)
    assert lines[0].startswith("plane: 70% of variance; right on 100% of 32 states, the plane alone on 100%")
    assert "component 3, 10%" in "".join(lines)
    view.action_swap()
    assert "component 2, 30%" in drawn(view, frame, 78, 12)[-2]
    view.action_swap()
    assert drawn(view, frame, 78, 12)[0].startswith("plane: 90%")


def test_three_classes_have_borders_between_their_regions() -> None:
    config = EchoConfig(num_classes=3)
    angles = np.array([0, 2.1, 4.2])
    directions = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    readings = with_plane(
        config,
        states=np.repeat(directions, 4, axis=0),
        targets=np.repeat(np.arange(3), 4).astype(np.uint8),
        answers=np.repeat(np.arange(3), 4).astype(np.uint8),
        readout=np.column_stack([np.zeros(3), directions]).astype(np.float32),
        rows=np.zeros((0, 0, 2), np.float32),
    )
    lines = drawn(PlaneView(), frame_of(readings), 60, 20)
    assert "right on 100% of 12 states" in lines[0]
    assert lines[-1].startswith("target: 0 1 2  + several")
    text = "".join(lines)
    assert [sum(text.count(name) for name in names) for names in (("0|1", "0/1"), ("0|2", "2/0"), ("1|2", "2|1"))]
    assert sum("⠀" < character < "⣿" for line in lines for character in line) > 40, "three borders meet"


def test_a_part_that_the_output_layer_does_not_read_has_no_border() -> None:
    readings = replace(with_plane(part="c", readout=np.zeros((0, 3), np.float32)), parts=("h", "c"))
    lines = drawn(PlaneView(), frame_of(readings), 78, 12)
    assert lines[0].rstrip() == "plane of c: 90% of variance; the output layer does not read c: no borders"
    assert "⢸⠁" not in lines[3]


def test_states_without_known_targets_have_no_sign_of_a_class() -> None:
    nothing = np.zeros(0, np.uint8)
    lines = drawn(PlaneView(), frame_of(with_plane(targets=nothing)), 78, 12)
    assert "the targets of these states are not known" in lines[0]
    assert lines[1].count("+") == 2
    assert lines[-1].rstrip() == "dense: prediction changes  dotted: row 1  x: fixed points"


def test_the_cursor_goes_along_a_row_and_reads_the_target() -> None:
    view = PlaneView()
    view._frame = FRAME
    assert view.reading == ""
    view.action_move(-1, 0)
    view.action_move(-1, 0)
    assert view.reading.startswith("row 1, step 14: target ")
    view.action_move(0, 1)
    assert view.reading.startswith("row 2, step 14: target ")
    view.action_move(99, 99)
    assert view.reading.startswith("row 5, step 15: target ")
    assert drawn(view, FRAME, 78, 12)[-1].rstrip().endswith("dotted: row 5")
    view.action_leave()
    assert view.reading == ""


def test_the_mouse_finds_steps_of_the_row_and_states() -> None:
    view = PlaneView()
    view._frame = FRAME
    cells = Cells(78, 12, PlaneView.STYLES)
    view.draw(cells)
    assert cells.under(4, 1) == TimeStep(0, 13), "the newest of the steps there"
    assert cells.under(0, 1) is None
    view.clicked(TimeStep(2, 5), again=False)
    assert view.reading.startswith("row 3, step 6: target ")
    without = with_plane(rows=np.zeros((5, 0, 2), np.float32))
    view._frame = frame_of(without)
    cells = Cells(78, 12, PlaneView.STYLES)
    view.draw(cells)
    spot = cells.under(4, 1)
    assert spot == States((8, 0))
    assert view.reading_of(spot) == "8 states here: 8 with target 0"
    assert view.reading_of(States((1, 0))) == "1 state here: 1 with target 0"


async def test_a_step_under_a_cursor_or_the_pointer_in_another_view_is_marked_here() -> None:
    (*tape, progress), losses, error_rates = recorded(1500)
    session = ScriptedSession(TUTORIAL)
    grow(session.timeline, branch_off(session.timeline, TUTORIAL), losses, error_rates)
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(200, 50)) as pilot:
        shown: dict[str, Any] = {"trained": 1500, "device": "cpu", "tape": tuple(tape)}
        session.set_frame(State.PAUSED, progress, **shown, readings=recorded_readings(1500))
        app.show_newest_frame()
        await pilot.press("7", "1", "tab", "left", "left")
        await pilot.pause()
        view, rows = app.query_one(PlaneView), app.query_one(Rows)
        assert rows.at_cursor == TimeStep(0, 13)
        assert cursor_of(view) == (0, 13)
        assert view.at_cursor is None
        await pilot.press("escape")
        await pilot.pause()
        assert cursor_of(view) == (0, None)
        (x, y) = next((x, y) for y in range(20) for x in range(90) if rows.cells.under(x, y) == TimeStep(1, 4))
        await pilot.hover(Rows, offset=(x + 1, y))
        app.show_newest_frame()
        await pilot.pause()
        assert cursor_of(view) == (1, 4)


def cursor_of(view: PlaneView) -> tuple[int, int | None]:
    """The row and the time step that a view marks."""
    readings = view._readings
    scene = view._scene(readings) if readings is not None else None
    assert scene is not None
    return scene.row, scene.cursor


def test_a_step_that_does_not_count_has_no_target() -> None:
    progress = replace(PROGRESS, scored=np.zeros((5, 15), np.bool_))
    view = PlaneView()
    readings = replace(READINGS, progress=progress)
    view._frame = frame_of(readings)
    scene = view._scene(readings)
    assert scene is not None
    assert set(scene.row_targets.tolist()) == {-1}
    view.action_move(-1, 0)
    assert drawn(view, frame_of(readings), 78, 12)


def test_readings_with_the_signs_turned_round_look_the_same() -> None:
    view = PlaneView()
    lines = drawn(view, FRAME, 78, 12)
    plane = four_corners()
    turned = with_plane(
        components=-plane.components,
        states=-plane.states,
        rows=-plane.rows,
        readout=plane.readout * np.array([1, -1, -1], np.float32),
    )
    assert drawn(view, frame_of(turned, state=State.RUNNING), 78, 12) == lines
    assert drawn(PlaneView(), frame_of(turned), 78, 12) != lines


def test_a_network_that_stands_still_looks_as_if_it_were_seen_first() -> None:
    """However the axes have turned while it trained: as after `--resume`."""
    components = np.array([[0.6, 0.8], [0.8, -0.6]], np.float32)
    swapped, again = (with_plane(shares=np.array([0.55, 0.35], np.float32), components=components) for _ in range(2))
    view = PlaneView()
    drawn(view, frame_of(with_plane(), state=State.RUNNING), 78, 12)
    assert "axis 1, " in "".join(drawn(view, frame_of(swapped, state=State.RUNNING), 78, 12))
    still = frame_of(again, state=State.PAUSED)
    assert drawn(view, still, 78, 12) == drawn(PlaneView(), still, 78, 12)


def held_frame(held: float = 0, **changes: Any) -> Frame:
    """A frame with the fixed points of `points_of_corners` in the plane of `four_corners`."""
    config = EchoConfig(state_size=2)
    points = replace(points_of_corners(held), **changes)
    return frame_of(replace(with_plane(config), fixed_points=points), state=State.PAUSED)


def test_a_key_holds_each_input_in_turn_and_asks_for_its_fixed_points() -> None:
    view = PlaneView()
    view._frame = held_frame()
    assert view.question == Question(frozenset({"plane"}))
    for held in (0.0, 1.0):
        view.action_hold(1)
        assert view.question == Question(frozenset({"plane", "fixed_points"}), held=(held,))
    view.action_hold(1)
    assert view.question == Question(frozenset({"plane"}))
    view.action_hold(-1)
    assert view.question.held == (1.0,)


def test_fixed_points_have_marks_by_kind_and_are_counted() -> None:
    view = PlaneView()
    frame = held_frame()
    drawn(view, frame, 78, 12)
    view.action_hold(1)
    lines = drawn(view, frame, 78, 12)
    assert lines[0].startswith("plane: 2 stable points, 1 saddle under input 0, from 256 states; right on 100%")
    assert [line[4] for line in lines[1:11:9]] == ["●", "●"]
    assert "".join(lines).count("×") == 2, "a saddle, and in the legend"
    assert lines[-1].startswith("● stable  × saddle  target: 0 1 ")
    ascii_view = PlaneView(ascii_only=True)
    ascii_view._held = 1
    text = "".join(drawn(ascii_view, frame, 78, 12))
    assert text.isascii()
    assert (text.count("S"), text.count("X")) == (3, 2)


def test_the_mouse_reads_a_fixed_point() -> None:
    view = PlaneView()
    view._frame, view._held = held_frame(), 1
    cells = Cells(78, 12, PlaneView.STYLES)
    view.draw(cells)
    assert cells.under(4, 10) == FixedPoint(0)
    text = "stable point: largest |eigenvalue| 0.50; p(0) 0.90; 150 of 256 searches ended here"
    assert view.reading_of(FixedPoint(0)) == text
    assert view.reading_of(FixedPoint(2)).startswith("saddle: largest |eigenvalue| 1.60; ")
    assert view.reading_of(FixedPoint(3)) == ""


def test_while_the_points_of_another_input_are_there_it_waits() -> None:
    view = PlaneView()
    frame = held_frame(held=1)
    drawn(view, frame, 78, 12)
    assert not view.is_waiting(frame)
    view.action_hold(1)
    assert drawn(view, frame, 78, 12)[0].startswith("plane: computing the fixed points under input 0")
    assert view.is_waiting(frame)
    view.action_hold(1)
    assert not view.is_waiting(frame)


def test_a_state_too_large_for_a_search_says_so_and_waits_for_nothing() -> None:
    view = PlaneView()
    frame = frame_of(with_plane(EchoConfig(state_size=2000)), state=State.PAUSED)
    view._frame, view._held = frame, 1
    lines = drawn(view, frame, 78, 12)
    assert lines[0].startswith("plane: no search for fixed points in a state of 2,000 numbers")
    assert not view.is_waiting(frame)


def test_readings_are_of_the_part_that_was_asked_for_or_of_another() -> None:
    """A script waits for the part that it asked for, before it saves what is shown."""
    readings = replace(READINGS, memory=None, units=None, parts=("h", "c"))
    assert is_of_part(readings, "")
    assert is_of_part(readings, "h")
    assert not is_of_part(readings, "c")
    assert is_of_part(replace(readings, plane=None), "c")
    assert not is_of_part(replace(READINGS, parts=("h", "c")), "c")


def test_a_part_can_be_chosen_before_there_are_readings() -> None:
    view = PlaneView()
    view._frame = replace(frame_of(None), config=EchoConfig(cell="lstm"))
    view.action_part(1)
    assert view.question.part == "c"


def test_a_gate_has_no_fixed_points() -> None:
    view = PlaneView()
    frame = held_frame()
    assert frame.readings is not None
    plane = replace(four_corners(), part="update", readout=np.zeros((0, 3), np.float32))
    readings = replace(frame.readings, plane=plane, parts=("h", "update"), config=EchoConfig(state_size=2, cell="gru"))
    view._held = 1
    lines = drawn(view, frame_of(readings), 100, 12)
    assert lines[0].startswith("plane of update: a gate has no fixed points; n and N lead to the state")
    assert "●" not in "".join(lines)


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        ((), "no fixed point"),
        (("stable",), "1 stable point"),
        (("saddle",), "1 saddle"),
        (("saddle", "saddle", "unstable"), "2 saddles, 1 unstable"),
        (("stable", "stable", "marginal", "slow", "slow"), "2 stable points, 1 marginal, 2 slow"),
        (("slow", "slow"), "2 slow points"),
    ],
)
def test_points_are_counted_by_kind(kinds: tuple[PointKind, ...], text: str) -> None:
    assert count_text(replace(points_of_corners(), kinds=kinds)) == text


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 2), (30, 4), (200, 60)])
def test_any_size(width: int, height: int) -> None:
    lines = drawn(PlaneView(), FRAME, width, height)
    assert {len(line) for line in lines} == {width}
    assert isinstance(READINGS.plane, StatePlane)


@pytest.mark.parametrize(("width", "height"), [(80, 10), (80, 20), (160, 40)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_legend_has_the_signs_of_all_targets_and_fixed_points(width: int, height: int, ascii_only: bool) -> None:
    progress, _, readings = recorded_flip_flop(100)
    points = readings.fixed_points
    assert points is not None
    readings = replace(readings, fixed_points=replace(points, kinds=("slow", *points.kinds[1:-1], "stable")))
    view = PlaneView(ascii_only)
    view._held = 1
    frame = replace(frame_of(readings, 100), progress=progress)
    legend = " ".join(drawn(view, frame, width, height)[-2:])
    marks = [MARKS[kind][ascii_only] for kind in ("stable", "saddle", "slow")]
    for sign in (*marks, "a ---", "b +--", "g -++", "h +++"):
        assert sign in legend


def test_borders_of_numbers_have_names() -> None:
    """Each on its own line, once, where no state and no fixed point is."""
    progress, _, readings = recorded_flip_flop(1500)
    view = PlaneView()
    text = "".join(drawn(view, replace(frame_of(readings, 1500), progress=progress), 100, 30))
    assert [text.count(f"bit {bit}") for bit in (1, 2, 3)] == [1, 1, 1]
