"""The memory view: its text and drawing for handmade networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.cells.bounds import Bounds
from echornn.config import EchoConfig
from echornn.readings import Memory, Question, Readings, signed
from echornn.session.pictures.frame import State
from tests.door.views.by_hand import PROGRESS, TUTORIAL, drawn, frame_of, shift_register
from tui.app.drawings.spots import UnitStep
from tui.app.drawings.unit_lines import best_input
from tui.app.views.memory import MemoryView, chart_of, read, share_text, summary
from tui.kit.cells import Cells

SOLVED = shift_register()


def test_the_solved_tutorial_is_a_shift_register() -> None:
    lines = drawn(MemoryView(), frame_of(SOLVED), 78, 12)
    assert [line.rstrip() for line in lines] == [
        "memory: 4.0 of 4 numbers used; a shift register needs 4   tab: arrows act here",
        "                                           4 units, row 1, 70% saturated",
        "   1 ▆ ▇ ▇ █                       ┊       input               ██▁▁█▁▁▁▁█████▁",
        "     █ █ █ █                       ┊       1 ~ x[t-3]  r  1.00 ···▲▲▼▼▲▼▼▼▼▲▲▲",
        "     █ █ █ █                       ┊       2 ~ x[t-1]  r  0.98 ·▲▲▼▼▲▼▼▼▼▲▲▲▲▲",
        "  .5 █ █ █ █                       ┊       3 ~ x[t-2]  r  1.00 ··▲▲▼▼▲▼▼▼▼▲▲▲▲",
        "     █ █ █ █                       ┊       4 ~ x[t]    r -0.71 ▒▒▂▂▒▂▂▂▂▒▒▒▒▒▂",
        "     █ █ █ █                       ┊",
        "     █ █ █ █                       ┊",
        "   0 █ █ █ █ ▁                     ┊",
        "lag  0   2   4   6   8   10  12  14┊   16",
        "           ▲ echo 3      of 2,048  ┊ T 15",
    ]


def test_in_ascii() -> None:
    lines = drawn(MemoryView(ascii_only=True), frame_of(SOLVED), 78, 12)
    assert "".join(lines).isascii()
    assert lines[3].split()[-1] == "...^^vv^vvvv^^^"
    assert lines[-1].split() == ["^", "echo", "3", "of", "2,048", "|", "T", "15"]


def test_bars_have_their_values_where_there_is_room() -> None:
    lines = drawn(MemoryView(), frame_of(SOLVED), 98, 30)
    assert lines[1].split() == [".97", ".98", ".99", "1.0"]
    assert "4 ~ x[t]    r -0.71 " in lines[-1]


def test_a_state_that_is_too_small_leaves_slots_empty() -> None:
    config = EchoConfig(echo_step=5)
    by_lag = np.array([0.99, 0.76, 0.01, *[0] * 15], np.float32)
    readings = replace(SOLVED, config=config, memory=Memory("h", by_lag, 4), units=None)
    lines = drawn(MemoryView(), frame_of(readings), 78, 12)
    assert lines[0].startswith("memory: 1.8 of 4 numbers used; a shift register needs 6 ")
    assert "░" not in lines[2].split("┊")[1]
    assert lines[8].count("░░░") == 3


def test_the_least_height_shows_bars_lags_and_marks() -> None:
    lines = drawn(MemoryView(), frame_of(SOLVED), 58, 4)
    assert "██ ██ ██ ██ ▁▁" in lines[1]
    assert lines[2].startswith("lag  0  1  2  3")
    assert "▲ echo 3" in lines[3]


@pytest.mark.parametrize(
    ("value", "text"), [(0.974, ".97"), (0.996, "1.0"), (1, "1.0"), (0.05, ".05"), (0, ".00"), (np.nan, "?")]
)
def test_numbers_from_zero_to_one_in_three_characters(value: float, text: str) -> None:
    assert share_text(value) == text


def test_the_input_is_shown_where_its_window_is_known() -> None:
    assert "input" in "".join(drawn(MemoryView(), frame_of(SOLVED, trained=1_234), 78, 12))
    assert "input" not in "".join(drawn(MemoryView(), frame_of(replace(SOLVED, progress=None)), 78, 12))


def test_what_it_says_while_it_waits() -> None:
    waits = frame_of(None, trained=3, state=State.RUNNING)
    assert drawn(MemoryView(), waits, 60, 3)[0].rstrip() == "memory: computing; the first time takes some seconds"
    assert "computing" in drawn(MemoryView(), frame_of(replace(SOLVED, memory=None)), 40, 3)[0]
    assert drawn(MemoryView(), frame_of(None, 0, State.LOADING), 60, 3)[0].rstrip() == "memory: nothing trained yet"


def test_parts_are_chosen_in_turn_and_asked_for() -> None:
    view = MemoryView()
    view._frame = frame_of(replace(SOLVED, parts=("h", "update gate", "reset gate")))
    view.action_part(1)
    assert view.question == Question(frozenset({"memory", "units"}), "update gate")
    assert "computing update gate" in drawn(view, view._frame, 78, 12)[0]
    view.action_part(1)
    view.action_part(1)
    assert view.question.part == "h"
    view.action_part(-1)
    assert view.question.part == "reset gate"
    view._frame = frame_of(SOLVED)
    assert view.question.part == ""  # this network lacks the part


def test_a_message_longer_than_a_line_goes_on_in_the_next() -> None:
    view = MemoryView()
    view._message = "loading TensorFlow; 2: data, s: settings, space: pause, ?: help"
    lines = drawn(view, frame_of(None, 0, State.LOADING), 68, 3)
    assert " ".join(line.strip() for line in lines).strip() == view._message


def test_a_part_that_is_not_the_top_state_is_named() -> None:
    memory = SOLVED.memory
    assert memory is not None
    readings = replace(SOLVED, parts=("h", "update gate"), memory=replace(memory, part="update gate"))
    assert drawn(MemoryView(), frame_of(readings), 78, 12)[0].startswith("memory of update gate: 4.0 of 4")


def test_a_unit_at_a_step_is_read() -> None:
    units = SOLVED.units
    assert units is not None
    value = float(units.activity[0, 3, 0])
    view = MemoryView()
    drawn(view, frame_of(SOLVED), 78, 12)
    cells = Cells(78, 12, MemoryView.STYLES)
    view.draw(cells)
    x, y = cells.text(3).index("···▲") + 3, 3
    assert cells.under(x, y) == UnitStep(0, 0, 3)
    said = view.reading_of(UnitStep(0, 0, 3))
    end = ", saturated" if units.saturated[0, 3, 0] else ""
    assert said == f"unit 1, row 1, step 4: {value:+.3f}{end}; ~ x[t-3] r 1.00"
    assert view.reading_of(UnitStep(0, 9, 3)) == ""


def test_rows_units_and_lags_are_chosen_by_keys() -> None:
    view = MemoryView()
    drawn(view, frame_of(SOLVED), 78, 4)
    view.action_row(1)
    view.action_units(1)
    lines = drawn(view, frame_of(SOLVED), 78, 4)
    assert "units 2 to 2 of 4, row 2" in lines[1]
    assert "2 ~ x[t-1]" in lines[3]
    assert view.reading == ""
    view.action_lag(1)
    assert view.reading == "lag 3, the echo: r2 of x[t-3] 1.00 in 2,048 steps; unit 1 follows it, +1.00"
    view.action_lag(-1)
    assert view.reading.startswith("lag 2: r2 of x[t-2] 0.99 in 2,048 steps; unit 3")
    view.action_leave()
    assert view.reading == ""


def test_inputs_of_two_digits_are_never_cut_to_one() -> None:
    config = replace(TUTORIAL, num_classes=256)
    progress = replace(PROGRESS, x=np.full_like(PROGRESS.x, 0xC6))
    view = MemoryView()
    view.action_swap()
    lines = drawn(view, frame_of(replace(SOLVED, config=config, progress=progress)), 38, 10)
    assert lines[2].split() == ["input", "c6" * 9]


def test_the_reading_of_a_lag_that_nothing_holds() -> None:
    assert SOLVED.memory is not None
    assert read(TUTORIAL, SOLVED.memory, SOLVED.units, 9) == "lag 9: r2 of x[t-9] 0.00 in 2,048 steps"


def test_where_there_is_room_for_one_a_key_swaps_bars_and_units() -> None:
    view = MemoryView()
    assert "▲ echo 3" in "".join(drawn(view, frame_of(SOLVED), 40, 10))
    view.action_swap()
    lines = drawn(view, frame_of(SOLVED), 40, 10)
    assert "▲ echo 3" not in "".join(lines)
    assert "3 ~ x[t-2]  r  1.00 ··▲▲▼▼▲▼▼▼▼▲▲▲▲" in "".join(lines)


def test_why_nothing_is_read_is_said() -> None:
    unread = replace(frame_of(SOLVED), unread="the probes failed: out of memory")
    assert drawn(MemoryView(), unread, 60, 3)[0].rstrip() == "the probes failed: out of memory"
    nothing = Readings(TUTORIAL, 0, 999, ("h",))
    assert drawn(MemoryView(), frame_of(nothing), 80, 3)[0].rstrip() == (
        "memory: numbers are not finite; u goes back to where they were"
    )


def test_a_unit_that_follows_no_input_is_mixed_or_still() -> None:
    units = SOLVED.units
    assert units is not None
    mixed = replace(units, correlation=np.array([0.19, -0.5, 1, 0], np.float32), spread=np.array([1, 1, 0, 0], "f4"))
    assert [best_input(mixed, unit) for unit in range(4)] == [
        "mixed   r  0.19",
        "x[t-1]  r -0.50",
        "still",
        "still",
    ]


def test_a_unit_that_follows_a_target_is_named_after_it_and_holds_no_input() -> None:
    units, memory = SOLVED.units, SOLVED.memory
    assert units is not None
    assert memory is not None
    one = replace(units, correlation=np.full(4, 0.9, np.float32), best_target=np.array([-1, 0, 2, -1], np.int32))
    assert [best_input(one, unit)[:7].strip() for unit in range(4)] == ["x[t-3]", "y1[t]", "y3[t]", "x[t]"]
    alone = replace(one, best_target=np.array([-1, 0, -1, -1], np.int32))
    assert best_input(alone, 1).startswith("y[t] ")
    assert "unit 2 follows" in read(TUTORIAL, memory, units, 1)
    assert "follows" not in read(TUTORIAL, memory, one, 1)


def test_gates_are_shown_from_shut_to_open_and_an_lstms_c_as_h_sees_it() -> None:
    half = np.full((1, 1, 1), 0.5, np.float32)
    assert signed(half, Bounds.GATE) == 0
    assert signed(half, Bounds.LIMITED) == signed(half, Bounds.FREE) == 0.5
    assert signed(half, Bounds.THROUGH_TANH) == pytest.approx(np.tanh(0.5))


def test_where_no_gradient_reaches_the_echo_what_the_state_keeps_is_said() -> None:
    assert SOLVED.memory is not None
    cut = EchoConfig(truncated_backprop_length=3)
    assert summary(cut, SOLVED.memory) == "4.0 of 4 numbers used; tbptt stops before t-3: r2 1.00"
    assert chart_of(cut, SOLVED.memory, 60).wall == 3
    uncut = replace(cut, rule="rtrl")
    assert summary(uncut, SOLVED.memory) == "4.0 of 4 numbers used; a shift register needs 4"
    assert chart_of(uncut, SOLVED.memory, 60).wall is None
    flip_flop = EchoConfig(task="flip_flop")
    assert summary(flip_flop, SOLVED.memory) == "4.0 of 4 numbers used for single inputs, not for what is made of them"
    xor = EchoConfig(task="delayed_xor")
    assert summary(xor, SOLVED.memory) == "4.0 of 4 numbers used for single inputs; a shift register needs 4"
    many = Memory("h", np.full(20, 0.7, np.float32), 1, independent=False)
    assert summary(flip_flop, many) == "r2 add up to 14.0, which counts nothing: the inputs are not independent"
    assert summary(TUTORIAL, SOLVED.memory) == "4.0 of 4 numbers used; a shift register needs 4"
    beyond = EchoConfig(truncated_backprop_length=3, echo_step=40)
    assert summary(beyond, SOLVED.memory).endswith("; a shift register needs 41"), "that lag is not read"


def test_states_without_limits_are_shown_in_shares_of_the_largest_without_arrows() -> None:
    assert SOLVED.units is not None
    activity = 20 * SOLVED.units.activity
    free = replace(
        SOLVED.units, activity=activity, saturated=np.abs(activity) < 0, share_saturated=np.nan, bounds=Bounds.FREE
    )
    text = "\n".join(drawn(MemoryView(), frame_of(replace(SOLVED, units=free)), 78, 12))
    assert "4 units, row 1 " in text
    assert "saturated" not in text
    assert text.count("▲") == 1, "below the chart"
    assert "▼" not in text
    assert {"▁", "▄"} & set(text)
