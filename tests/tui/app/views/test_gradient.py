"""The gradient view: what T cuts off, what a prediction hangs on, and what a flipped input changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.readings import Connectivity, Flip, Gradient, Question
from tests.tui.app.views.by_hand import TUTORIAL, drawn, flipped, frame_of, shift_register
from tui.app.views.gradient import GradientView, decades, percent, read, size_text, truncation_words
from tui.app.views.paint import Box
from tui.app.views.row_panel import LABEL_WIDTH, RowPanel, before_flip, changed_steps, draw_row, flip_words
from tui.app.widgets.cells import Cells

SOLVED = shift_register()


def gradient(*bias: float) -> Gradient:
    return Gradient(np.ones(len(bias), np.float32), np.array(bias, np.float32), 0.2)


@pytest.mark.parametrize(
    ("steps", "bias", "words"),
    [
        (4, (1, 0.5, 0.09, 0.02, 0.01, 0), "T 4 biases it by 2 %; 3 would do for 10 %"),
        (2, (1, 0.5, 0.09, 0.02, 0.01, 0), "T 2 biases it by 50 %; 3 would do for 10 %"),
        (3, (1, 0.5, 0.09, 0.02, 0.01, 0), "T 3 biases it by 9 %"),
        (4, (1, 0.05, 0.5, 0.02, 0.01, 0), "T 4 biases it by 2 %"),
        (2, (1, 0.05, 0.5, 0.02, 0.01, 0), "T 2 biases it by 5 %"),
        (2, (1, 0.9, 0.8, 0.7, 0.6, 0), "T 2 biases it by 90 %; no T below 6 would do for 10 %"),
        (9, (1, 0.5, 0), "errors were followed through 3 steps; T is 9"),
        (2, (np.nan, np.nan), "there is none"),
        (2, (), "there is none"),
    ],
)
def test_what_truncation_costs(steps: int, bias: tuple[float, ...], words: str) -> None:
    assert truncation_words(EchoConfig(truncated_backprop_length=steps), gradient(*bias)) == words


@pytest.mark.parametrize("of_the_newest", [1000, np.inf])
@pytest.mark.parametrize("bias", [0, np.nan])
def test_where_no_error_travels_no_number_of_steps_is_said_to_do(of_the_newest: float, bias: float) -> None:
    """All units saturated: what T cuts off is 0 of 0."""
    phi = np.array([of_the_newest, *[0] * 31], np.float32)
    gone = replace(SOLVED, gradient=Gradient(phi, np.full(32, bias, np.float32), bias))
    lines = [line.rstrip() for line in drawn(GradientView(), frame_of(gone), 78, 12)]
    assert lines[:2] == [
        "gradient: no error travels: nothing of it is left one step back",
        "each step makes it 0, as saturated units do: lower the rate (s), then R",
    ]
    assert not any("would do" in line or "%" in line for line in lines)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.21, "21 %"), (0.02, "2 %"), (0.003, "0.3 %"), (0.0001, "under 0.1 %"), (np.nan, "? %"), (1.5, "150 %")],
)
def test_shares_in_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(8, "8.00"), (0.5, ".500"), (0.0434, ".043"), (2e-4, "2e-4"), (3e12, "3e12"), (0, "0"), (np.inf, "?")],
)
def test_sizes_in_four_characters(size: float, text: str) -> None:
    assert size_text(size) == text


def test_the_axis_goes_in_powers_of_ten() -> None:
    assert decades(np.array([0.2, 3e-4, 0], np.float32)) == (-4, 0)
    assert decades(np.array([1e-30, 5], np.float32)) == (-7, 1)
    assert decades(np.array([1, np.inf, np.nan], np.float32)) == (0, 1)
    assert decades(np.zeros(3, np.float32)) == (-1, 0)


def test_the_solved_tutorial() -> None:
    view = GradientView()
    view._flip = view._cursor = (0, 6)
    lines = drawn(view, frame_of(flipped(SOLVED)), 78, 12)
    assert [line.rstrip() for line in lines] == [
        "gradient: T 15 biases it by under 0.1 %; 4 would do for 10 %",
        "windows of 15 bias it by 21 %: early errors stop at the window's start",
        "                                              row 1, step 7: what it hangs on",
        " 1e0 ▁                             ┊          input ██▁▁█▁0▁▁█████▁",
        "     █ ▇ ▅ ▂                       ┊          flip        1",
        "1e-2 █ █ █ █ █ ▅ ▃ ▁               ┊          hangs ···█·░░",
        "     █ █ █ █ █ █ █ █ ▆ ▄ ▁         ┊          pred  ▁▁▁▓▓▁0▓▁▁▁▁▓▓▓",
        "1e-4 █ █ █ █ █ █ █ █ █ █ █ ▇ ▄ ▂   ┊          then  ▁▁▁▓▓▁▁▓▁1▁▁▓▓▓",
        "     █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ ┊ ▅ ▃      step 7 flipped: 10 turns",
        "1e-6 █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ ┊ █ █ █",
        "lag  0   2   4   6   8   10  12  14┊   16",
        "           ▲ echo 3 T 15: cut off from here",
    ]


def test_in_ascii() -> None:
    view = GradientView(ascii_only=True)
    view._flip = view._cursor = (0, 6)
    assert "".join(drawn(view, frame_of(flipped(SOLVED)), 200, 50)).isascii()


def test_with_room_each_prediction_of_the_row_is_shown() -> None:
    lines = drawn(GradientView(), frame_of(SOLVED), 120, 28)
    assert any(line.endswith("   15 " + "··" * 11 + "██··░░░░") for line in lines)
    assert any("    4 ██··░░░░" in line for line in lines)


def test_the_cursor_and_the_flip_are_asked_for_and_taken_away() -> None:
    view = GradientView()
    view._frame = frame_of(SOLVED)
    assert view.question == Question(frozenset({"gradient", "connectivity"}), row=0)
    assert view.reading == ""
    view.action_move(-1, 0)
    view.action_move(-1, 0)
    view.action_move(0, 1)
    assert view.reading == "row 2, step 14: logit by input x[t-3] 8.00, x[t] 1.00, x[t-1] .500"
    view.action_flip()
    assert (view.question.flip, view.question.row) == ((1, 13), 1)
    assert "flip" in view.question.kinds
    view.action_flip()
    assert view.question.flip is None
    view.action_flip()
    view.action_leave()
    assert view.question.flip is None
    assert view.reading == ""


def test_a_flip_that_the_network_of_now_does_not_have_is_not_asked_for() -> None:
    view = GradientView()
    view._frame = frame_of(SOLVED)
    view.action_flip()
    assert view.question.flip == (0, 14)
    view._frame = replace(view._frame, config=EchoConfig(truncated_backprop_length=10))
    assert view.question.flip is None


def test_a_row_that_is_not_read_yet_is_said_to_be_computed() -> None:
    strength = np.full((5, 15, 15), np.nan, np.float32)
    strength[0] = np.eye(15)
    view = GradientView()
    view._frame = frame_of(replace(SOLVED, connectivity=Connectivity(strength)))
    view.action_move(0, 1)
    assert view.reading.startswith("row 1, step 15: logit by input x[t] 1.00")
    view.action_move(0, 1)
    assert view.reading == "row 2, step 15: computing"
    lines = "".join(drawn(view, view._frame, 120, 28))
    assert "computing" in lines
    assert "?" not in lines


def test_of_a_long_window_the_newest_steps_are_shown_and_which_is_said() -> None:
    view = GradientView()
    assert SOLVED.connectivity is not None
    newest = Connectivity(SOLVED.connectivity.strength[2:3, 5:, 5:], first_row=2, first_step=5)
    view._frame = frame_of(replace(flipped(SOLVED, 2, 6), connectivity=newest))
    view.action_move(0, 0)
    assert view.reading == "row 1, step 15: computing"
    view.action_move(-20, 2)
    assert view.reading == "row 3, step 6: logit by input x[t] 1.00"
    view.action_move(4, 0)
    assert view.reading.startswith("row 3, step 10: logit by input x[t-3] 8.00, x[t] 1.00")
    view.action_flip()
    assert view.question.flip == (2, 9)
    lines = "\n".join(drawn(view, view._frame, 120, 28))
    assert "row 3, step 10, of 6 to 15: what" in lines
    assert "step 7 flipped: 10 turns" in lines


def test_a_reading_fits_on_a_line_of_78() -> None:
    assert SOLVED.connectivity is not None
    for step in range(15):
        assert len(read(SOLVED.connectivity, 4, step)) <= 78


def test_what_a_flip_changes() -> None:
    flip = flipped(SOLVED).flip
    assert flip is not None
    assert changed_steps(flip) == [9]
    assert flip_words(flip) == "step 7 flipped: 10 turns"
    assert flip_words(replace(flip, after=flip.before)) == "step 7 flipped: none turns, p by 0.00"
    assert flip_words(replace(flip, after=flip.before[:, ::-1])) == "step 7 flipped: 1, 2, 3 and 12 more turn"


def test_a_flip_makes_a_symbol_the_next_one() -> None:
    p = np.full((3, 4), 0.25, np.float32)
    assert before_flip(Flip(0, 1, np.array([1, 0, 2], np.uint8), p, p)).tolist() == [1, 3, 2]
    assert before_flip(Flip(0, 2, np.array([1, 0, 1], np.uint8), p[:, :2], p[:, :2])).tolist() == [1, 0, 0]


def test_symbols_of_more_than_two_classes_are_digits() -> None:
    config = replace(TUTORIAL, num_classes=36)
    rows, steps = 5, 15
    p = np.full((steps, 36), 1 / 36, np.float32)
    p[:, 35] = 1
    flip = Flip(0, 2, np.full(steps, 10, np.uint8), p, p)
    view = GradientView()
    view._flip = (0, 2)
    lines = drawn(view, frame_of(replace(SOLVED, config=config, flip=flip)), 120, 12)
    assert any(line.rstrip().endswith("pred  " + "z " * 14 + "z") for line in lines)
    assert rows == len(SOLVED.connectivity.strength) if SOLVED.connectivity else False


def test_symbols_of_two_digits_are_never_cut_to_one() -> None:
    """There are fewer steps then."""
    p = np.zeros((15, 256), np.float32)
    p[:, 0xC6] = 1
    panel = RowPanel(0, 14, np.ones((15, 15), np.float32), np.full(15, 0xC7, np.uint8), p, None, True)
    cells = Cells(LABEL_WIDTH + 16, 12, GradientView.STYLES)
    draw_row(cells, Box(0, 0, cells.width, 12), panel, ascii_only=False)
    assert [cells.text(line) for line in (1, 3)] == ["input " + "c7" * 8, "pred  " + "c6" * 8]
