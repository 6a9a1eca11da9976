"""The gradient view: what truncation cuts off, which inputs a prediction uses, and the effect of a flipped input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.readings import Effects, Flip, Gradient, Memory, Question, Reliance
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.task import Numbers, Symbols
from tests.door.views.by_hand import PROGRESS, TUTORIAL, drawn, flipped, frame_of, shift_register
from tui.app.drawings.flips import before_flip, changed_steps, flip_words, targets_after
from tui.app.drawings.panel_lines import LEAST_LABEL, RowPanel, prediction_blocks
from tui.app.drawings.row_panel import LEAST_WIDTH, draw_row, narrow
from tui.app.drawings.spots import Lag
from tui.app.views.gradient import GradientView
from tui.app.views.gradient_chart import decades
from tui.app.views.gradient_words import left_out, outside, percent, read, relied_on, size_text, words_of
from tui.kit.cells import Cells
from tui.kit.paint import Box

SOLVED = shift_register()


def gradient(*bias: float) -> Gradient:
    return Gradient(np.ones(len(bias), np.float32), np.array(bias, np.float32), 0.2)


WINDOWS = "tbptt leaves out 20 %: errors stop at their window's start"


@pytest.mark.parametrize(
    ("steps", "echo", "bias", "words"),
    [
        (4, 1, (1, 0.5, 0.09, 0.02, 0.01, 0), "if each error went back 4 steps: 2 % left out; 3 steps: at most 10 %"),
        (2, 1, (1, 0.5, 0.09, 0.02, 0.01, 0), "if each error went back 2 steps: 50 % left out; 3 steps: at most 10 %"),
        (3, 1, (1, 0.5, 0.09, 0.02, 0.01, 0), "if each error went back 3 steps: 9 % left out"),
        (4, 3, (1, 0.05, 0.5, 0.02, 0.01, 0), "if each error went back 4 steps: 2 % left out"),
        (2, 1, (1, 0.05, 0.5, 0.02, 0.01, 0), "if each error went back 2 steps: 5 % left out; 4 steps: at most 10 %"),
        (2, 1, (1, 1.43, 0.08, 0.01, 0.01, 0), "if each error went back 2 steps: off by 143 %; 3 steps: at most 10 %"),
        (2, 1, (1, 0.9, 0.8, 0.7, 0.6, 0), "if each error went back 2 steps: 90 % left out; for 10 %: 6 or more"),
        (9, 1, (1, 0.5, 0), "errors were followed through 3 steps; T is 9"),
        (3, 1, (1, 0.5, 0), "errors were followed through 3 steps; T is 3"),
    ],
)
def test_what_truncation_leaves_out(steps: int, echo: int, bias: tuple[float, ...], words: str) -> None:
    config = EchoConfig(truncated_backprop_length=steps, echo_step=echo)
    assert words_of(config, gradient(*bias)) == (WINDOWS, words)


def test_how_many_steps_are_enough_is_not_said_of_an_echo_that_no_window_teaches() -> None:
    """With the current gradient, two steps would be enough for all that the network has learned."""
    hardly = gradient(0.3, 0.02, 0.003, 0, 0)
    assert words_of(EchoConfig(truncated_backprop_length=3), hardly) == (
        "tbptt's gradient stops before t-3, the echo's source (T 3)",
        "tbptt leaves out 20 % of the gradient as it is now",
    )


def test_nor_of_one_that_is_not_learned_yet() -> None:
    assert words_of(EchoConfig(truncated_backprop_length=4), gradient(0.3, 0.02, 0.003, 0, 0)) == (
        "tbptt leaves out 20 % of the gradient as it is now",
        "few errors reach 3 steps back, to the echo, so far: too early to judge T",
    )


def test_it_is_not_too_early_where_predictions_use_the_echo_already() -> None:
    """The errors of a solved network are few because it is solved."""
    solved = shift_register()
    assert words_of(TUTORIAL, gradient(0.3, 0.02, 0.003, 0, 0), reliance=solved.reliance)[1] == (
        "few errors reach 3 steps back, to the echo: most predictions use it already"
    )


def test_a_source_before_the_window_is_named() -> None:
    assert outside(EchoConfig(echo_step=8, truncated_backprop_length=5), 4) == "x[t-8] is before the window"
    assert outside(TUTORIAL, 2) == "x[t-3] is before the window"
    assert not outside(TUTORIAL, 3)
    assert not outside(EchoConfig(task="two_coins"), 0), "of several sources"


def test_where_there_is_no_gradient() -> None:
    assert words_of(EchoConfig(truncated_backprop_length=2), gradient()) == ("there is no gradient", "")


def test_a_bias_that_may_be_none_is_told_as_what_it_may_be_at_the_most() -> None:
    one = replace(gradient(1, 0.5, 0.01, 0.005, 0), bias_spread=np.full(5, 0.02, np.float32))
    words = words_of(EchoConfig(truncated_backprop_length=3, echo_step=1), one)
    assert words[1] == "if each error went back 3 steps: at most 3 % left out"


@pytest.mark.parametrize(
    ("steps", "phi", "words"),
    [
        (2, (1, 1, 1, 1), "the mean gradient is within its noise: unknown what tbptt leaves out"),
        (2, (1, 1e30, np.inf, np.nan), "the error grows on its way back, too large to tell what tbptt leaves out"),
        (9, (1, 1, 1, 1), "errors were followed through 4 steps; T is 9"),
    ],
)
def test_what_is_not_known_is_said(steps: int, phi: tuple[float, ...], words: str) -> None:
    one = Gradient(np.array(phi, np.float32), np.full(4, np.nan, np.float32), np.nan)
    assert words_of(EchoConfig(truncated_backprop_length=steps), one) == (words, "")


def test_what_is_left_out_can_be_more_than_there_is() -> None:
    assert left_out(0.21) == "leaves out 21 %"
    assert left_out(1.5) == "is off by 150 %"


def test_what_is_said_of_the_gradient_fits_on_a_line_of_80() -> None:
    for steps, echo, bias in ((199, 150, 0.001), (150, 199, 0.001), (199, 150, 0.5)):
        config = EchoConfig(truncated_backprop_length=steps, echo_step=echo)
        first, second = words_of(config, gradient(*[bias] * 300))
        assert len(f"gradient: {first}") <= 80
        assert len(second) <= 80


@pytest.mark.parametrize("of_the_newest", [1000, np.inf])
@pytest.mark.parametrize("bias", [0, np.nan])
def test_where_no_error_travels_no_number_of_steps_is_said_to_do(of_the_newest: float, bias: float) -> None:
    """All units are saturated: what truncation cuts off is 0 of 0."""
    phi = np.array([of_the_newest, *[0] * 31], np.float32)
    gone = replace(SOLVED, gradient=Gradient(phi, np.full(32, bias, np.float32), bias), reliance=None)
    lines = [line.rstrip() for line in drawn(GradientView(), frame_of(gone), 78, 12)]
    assert lines[:2] == [
        "gradient: no error travels back: nothing is left of it after one step",
        "saturated units can do that: s sets a smaller learning_rate, then R",
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
        "gradient: tbptt leaves out 21 %: errors stop at their window's start",
        "if each error went back 15 steps: under 0.1 % left out; 4 steps: at most 10 %",
        "                                              row 1, step 7: what it uses",
        " 1e0 ▁                             ┊          input ██▁▁█▁0▁▁█████▁",
        "     █ ▇ ▅ ▂                       ┊          flip        1",
        "1e-2 █ █ █ █ █ ▅ ▃ ▁               ┊          uses  ···█···",
        "     █ █ █ █ █ █ █ █ ▆ ▄ ▁         ┊          pred  ▁▁▁▓▓▁0▓▁▁▁▁▓▓▓",
        "1e-4 █ █ █ █ █ █ █ █ █ █ █ ▇ ▄ ▂   ┊          then  ▁▁▁▓▓▁▁▓▁1▁▁▓▓▓",
        "     █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ ┊ ▒ ▒      step 7 flipped: 10 turns",
        "1e-6 █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ ┊ ▒ ▒ ▒    flipping x[t-3] turns 100 %",
        "lag  0   2   4   6   8   10  12  14┊   16",
        "           ▲ echo 3  T 15: cut off ┊",
    ]


def test_what_is_predicted_is_of_the_weights_of_now_with_a_flip_and_without() -> None:
    """The stored predictions are those of the weights before the window."""
    recorded = PROGRESS.probabilities[:, :, ::-1].copy()
    readings = replace(SOLVED, progress=replace(PROGRESS, outputs=recorded))
    assert readings.effects is not None
    assert readings.effects.probabilities is PROGRESS.probabilities
    view = GradientView()
    texts = []
    for one, flip in ((readings, None), (flipped(readings), (0, 6))):
        view._cursor, view._flip = (0, 6), flip
        lines = drawn(view, frame_of(one), 120, 12)
        texts.append(next(line[line.index("pred") :].rstrip() for line in lines if "pred" in line))
    assert texts[0] == texts[1]


def test_a_wrong_prediction_is_marked() -> None:
    p = np.array([[0.99, 0.01], [0.3, 0.7]], np.float32)
    assert prediction_blocks(p, ascii_only=False, y=np.array([0, 0], np.uint8)) == ("▁▁", "><")
    assert prediction_blocks(p, ascii_only=False) == ("▁▁", "▒▒")
    three = np.array([[0.1, 0.7, 0.2]], np.float32)
    assert prediction_blocks(three, ascii_only=False, y=np.array([2], np.uint8)) == ("1<",)
    assert narrow("><") == "x"


def test_in_ascii() -> None:
    view = GradientView(ascii_only=True)
    view._flip = view._cursor = (0, 6)
    assert "".join(drawn(view, frame_of(flipped(SOLVED)), 200, 50)).isascii()


def test_with_room_each_prediction_of_the_row_is_shown() -> None:
    lines = drawn(GradientView(), frame_of(SOLVED), 120, 28)
    assert any(line.endswith("   15 " + "··" * 11 + "██······") for line in lines)
    assert any("    4 ██······" in line for line in lines)


def test_the_cursor_and_the_flip_are_asked_for_and_taken_away() -> None:
    view = GradientView()
    view._frame = frame_of(SOLVED)
    assert view.question == Question(frozenset({"gradient", "reliance", "effects"}), row=0)
    assert view.reading == ""
    view.action_move(-1, 0)
    view.action_move(-1, 0)
    view.action_move(0, 1)
    assert view.reading == "row 2, step 11: flips move p: x[t-3] 0.98 (turns), x[t] 0.02, x[t-1] 0.01"
    view.action_flip()
    assert (view.question.flip, view.question.row) == ((1, 10), 1)
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
    assert view.question.flip == (0, 11)
    view._frame = replace(view._frame, config=EchoConfig(truncated_backprop_length=10))
    assert view.question.flip is None


def test_a_row_that_is_not_read_yet_is_said_to_be_computed() -> None:
    strength = np.full((5, 15, 15), np.nan, np.float32)
    strength[0] = np.eye(15)
    effects = Effects(strength, PROGRESS.probabilities, turned=strength > 0.5)
    view = GradientView()
    view._frame = frame_of(replace(SOLVED, effects=effects))
    view.action_move(0, 1)
    assert view.reading.startswith("row 1, step 12: flips move p: x[t] 1.00 (turns)")
    view.action_move(0, 1)
    assert view.reading == "row 2, step 12: computing"
    lines = "".join(drawn(view, view._frame, 120, 28))
    assert "computing" in lines
    assert "?" not in lines


def test_of_a_long_window_the_newest_steps_are_shown_and_which_is_said() -> None:
    view = GradientView()
    assert SOLVED.effects is not None
    newest = Effects(
        SOLVED.effects.strength[2:3, 5:, 5:],
        SOLVED.effects.probabilities[2:3, 5:],
        first_row=2,
        first_step=5,
        turned=SOLVED.effects.turned[2:3, 5:, 5:],
    )
    view._frame = frame_of(replace(flipped(SOLVED, 2, 6), effects=newest))
    view.action_move(0, 0)
    assert view.reading == "row 1, step 12: computing"
    view.action_move(-20, 2)
    assert view.reading == "row 3, step 6: flips move p: x[t] 0.02"
    view.action_move(4, 0)
    assert view.reading.startswith("row 3, step 10: flips move p: x[t-3] 0.98 (turns), x[t] 0.02")
    view.action_flip()
    assert view.question.flip == (2, 9)
    lines = "\n".join(drawn(view, view._frame, 120, 28))
    assert "row 3, step 10, of 6 to 15: what" in lines
    assert "step 7 flipped: 10 turns" in lines


def test_a_reading_fits_on_a_line_of_78() -> None:
    assert SOLVED.connectivity is not None
    assert SOLVED.effects is not None
    for step in range(15):
        for rows in (SOLVED.connectivity, SOLVED.effects):
            assert len(read(TUTORIAL, rows, 4, step)) <= 78


def test_a_target_whose_source_lies_before_the_window_is_said_to_be_one() -> None:
    assert SOLVED.effects is not None
    begin = "row 5, step 3: source before the window; flips move p: x[t] 0.02"
    assert read(TUTORIAL, SOLVED.effects, 4, 2).startswith(begin)
    assert "source" not in read(TUTORIAL, SOLVED.effects, 4, 3)


def test_the_local_derivative_is_shown_by_a_key_and_named() -> None:
    view = GradientView()
    view._frame = frame_of(SOLVED)
    view.action_move(0, 0)
    assert any(line.endswith("uses  ········█···") for line in shown(view))
    view.action_derivative()
    assert view.question.kinds == {"gradient", "reliance", "connectivity"}
    assert view.reading.startswith("row 1, step 12: local derivative by x[t] 1.00, x[t-1] .500")
    text = "\n".join(shown(view))
    assert "row 1, step 12: local derivative" in text
    assert "says little where saturated" in text
    assert "deriv " in text
    assert "uses" not in text
    assert "turns 100 %" not in text, "flips are the other key's"
    view.action_derivative()
    assert "effects" in view.question.kinds


@pytest.mark.parametrize("derivative", [True, False])
def test_what_n_asks_for_is_computed_in_place(derivative: bool) -> None:
    """Bars, row and cursor stay in place, and values that are not computed yet have no number."""
    view = GradientView()
    there, title = ("effects", "local derivative") if derivative else ("connectivity", "what it uses")
    view._frame = frame_of(SOLVED)
    view.action_move(0, 0)
    if derivative:
        view.action_derivative()
    before = shown(view)
    missing = {"effects": None, "connectivity": None} | {there: getattr(SOLVED, there)}
    view._frame = frame_of(replace(SOLVED, **missing))
    lines = shown(view)
    assert [line[:44].rstrip() for line in lines] == [line[:44].rstrip() for line in before]
    assert lines[2].endswith(f"row 1, step 12: {title}")
    assert any(line.endswith("computing") for line in lines)
    assert view.reading == "row 1, step 12: computing"


def shown(view: GradientView) -> list[str]:
    """The lines of text at 78x12."""
    assert view._frame is not None
    return [line.rstrip() for line in drawn(view, view._frame, 78, 12)]


def reliance(**by_lag: float) -> Reliance:
    """The shares of changed predictions, by names such as lag3."""
    turned = np.zeros(20, np.float32)
    for name, share in by_lag.items():
        turned[int(name.removeprefix("lag"))] = share
    return Reliance(turned, turned, 512)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            reliance(lag3=1),
            (
                "flipped alone, x[t-3] turns 100 % of 512 predictions; no other lag does",
                "flipped, x[t-3] turns 100 % of 512 predictions",
                "flipping x[t-3] turns 100 %",
                "x[t-3] turns 100 %",
            ),
        ),
        (
            reliance(lag3=0.7, lag0=0.2, lag1=0.1, lag5=0.002),
            (
                "flipped alone, x[t-3] turns 70 %, x[t] turns 20 %, x[t-1] turns 10 % of 512 predictions",
                "flipped, x[t-3] turns 70 % of 512 predictions",
                "flipping x[t-3] turns 70 %",
                "x[t-3] turns 70 %",
            ),
        ),
        (
            reliance(lag3=1, lag1=0.8),
            (
                "flipped alone, x[t-3] turns 100 %, x[t-1] turns 80 % of 512 predictions; no other lag does",
                "flipped, x[t-3] turns 100 %, x[t-1] 80 % of 512 predictions",
                "flipping x[t-3] turns 100 %, x[t-1] 80 %",
                "x[t-3] turns 100 %, x[t-1] 80 %",
                "x[t-3] turns 100 %",
            ),
        ),
        (
            Reliance(np.array([0.31, 0.1], np.float32), np.array([0.03, 0.01], np.float32), 512),
            (
                "flipped, x[t] turns 31 % of 512 predictions; p moves 0.03: they were undecided",
                "flipped, x[t] turns 31 % of 512 predictions",
                "flipping x[t] turns 31 %",
                "x[t] turns 31 %",
            ),
        ),
        (reliance(), ("no input flipped alone turns any of 512 predictions", "no flip turns a prediction")),
        (None, ("",)),
    ],
)
def test_what_all_predictions_hang_on(one: Reliance | None, words: tuple[str, ...]) -> None:
    assert relied_on(one) == words


def test_where_no_error_reaches_the_source_what_the_state_keeps_is_said() -> None:
    config = EchoConfig(truncated_backprop_length=2, echo_step=3)
    assert words_of(config, gradient(1, 0.5, 0.1), 0.97, reliance(lag3=0.99)) == (
        "tbptt's gradient stops before t-3, the echo's source (T 2)",
        "only what the state keeps is used: x[t-3], r2 0.97; its flip turns 99 %",
    )
    memory = Memory("h", np.array([1, 1, 1, 0.97], np.float32), 4)
    view = GradientView()
    view._frame = frame_of(replace(SOLVED, config=config, memory=memory))
    assert "memory" in view.question.kinds
    assert any("x[t-3], r2 0.97; its flip turns 100 %" in line for line in shown(view))
    view._frame = frame_of(replace(SOLVED, config=config, memory=replace(memory, part="c")))
    assert not any("r2" in line for line in shown(view)), "of another part it is not said"


def test_what_a_flip_changes() -> None:
    flip = flipped(SOLVED).flip
    assert flip is not None
    assert changed_steps(flip) == [9]
    assert flip_words(flip, 3)[0] == "step 7 flipped: 10 turns"
    assert flip_words(replace(flip, after=flip.before), 3) == (
        "step 7 flipped: no prediction turns; p moves by 0.00 at most",
        "step 7 flipped: none turns",
        "flipped: none turns",
    )
    diverged = np.full_like(flip.before, np.inf)
    assert flip_words(replace(flip, before=diverged, after=diverged), 3)[1] == "step 7 flipped: none turns"
    assert flip_words(replace(flip, after=flip.before[:, ::-1]), 3) == (
        "step 7 flipped: 1, 2, 3 and 12 more turn",
        "step 7 flipped: 15 predictions turn",
        "flipped: 15 predictions turn",
    )
    assert flip_words(replace(flip, after=flip.before), 9) == (
        "step 7 flipped: its echo comes after this window",
        "step 7 flipped: its echo comes later",
        "flipped: its echo comes later",
    )


@pytest.mark.parametrize("step", [0, 5, 14])
@pytest.mark.parametrize("turned", [0, 1, 15])
def test_what_a_flip_changes_is_never_cut(step: int, turned: int) -> None:
    """Also for a long window, on the fewest columns that the row can have."""
    before = PROGRESS.probabilities[0]
    after = before.copy()
    after[:turned] = after[:turned, ::-1]
    words = flip_words(Flip(0, step, PROGRESS.x[0], before, after), 3, first_step=12_000)
    assert len(words[-1]) <= LEAST_WIDTH
    assert words[-1].startswith("flipped: ")


def test_the_echo_of_a_flipped_input_is_another_target() -> None:
    flip = flipped(SOLVED).flip
    assert flip is not None
    y = PROGRESS.y[0]
    assert np.flatnonzero(targets_after(y, flip, 3) != y).tolist() == [9]
    assert (targets_after(y, flip, 9) == y).all(), "its echo comes after this window"


def frame_after(trained: int, state: State = State.PAUSED, branch: int = 0) -> Frame:
    return replace(frame_of(SOLVED, trained, state), branch=branch)


def test_the_cursor_begins_where_a_flips_echo_is_seen() -> None:
    view = GradientView()
    view._frame = frame_of(SOLVED)
    view.action_flip()
    assert view.question.flip == (0, 11), "its echo is the last of the 15"


def test_a_flip_ends_with_its_window() -> None:
    for later in (frame_after(1000), frame_after(998), frame_after(999, branch=1), frame_after(1000, State.RUNNING)):
        view = GradientView()
        view.show(Picture(frame_after(999)))
        view.action_flip()
        view.show(Picture(frame_after(999)))
        assert view.question.flip == (0, 11)
        view.show(Picture(later))
        assert view.question.flip is None


def test_a_flip_made_while_windows_are_trained_goes_with_them_until_they_stop() -> None:
    view = GradientView()
    view.show(Picture(frame_after(900, State.RUNNING)))
    view.action_flip()
    for frame in (frame_after(950, State.RUNNING), frame_after(999), frame_after(999)):
        view.show(Picture(frame))
        assert view.question.flip == (0, 11)
    view.show(Picture(frame_after(1000)))
    assert view.question.flip is None


def test_escape_takes_cursor_and_flip_away_and_leaves_nothing_lit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GradientView, "has_focus", True)
    view = GradientView()
    before = lit(view)
    view.action_move(-1, 0)
    assert lit(view) != before
    view.action_leave()
    assert lit(view) == before == 0


def lit(view: GradientView) -> int:
    """The number of cells in the cursor's style, if the view has the focus."""
    view._frame = frame_of(SOLVED)
    cells = Cells(120, 28, GradientView.STYLES)
    view.draw(cells)
    return int((cells.styles == cells.names.index("view--cursor")).sum())


def test_a_flip_makes_a_symbol_the_next_one() -> None:
    p = np.full((3, 4), 0.25, np.float32)
    assert before_flip(Flip(0, 1, np.array([1, 0, 2], np.uint8), p, p), Symbols(4)).tolist() == [1, 3, 2]
    assert before_flip(Flip(0, 2, np.array([1, 0, 1], np.uint8), p[:, :2], p[:, :2]), Symbols(2)).tolist() == [1, 0, 0]


def test_symbols_of_more_than_two_classes_are_digits() -> None:
    config = replace(TUTORIAL, num_classes=36)
    steps = 15
    p = np.full((steps, 36), 1 / 36, np.float32)
    p[:, 35] = 1
    flip = Flip(0, 2, np.full(steps, 10, np.uint8), p, p)
    assert SOLVED.effects is not None
    effects = replace(SOLVED.effects, probabilities=np.stack([p] * 5))
    view = GradientView()
    view._flip = (0, 2)
    lines = drawn(view, frame_of(replace(SOLVED, config=config, flip=flip, effects=effects)), 120, 12)
    assert any(line.rstrip().endswith("pred  " + "z<" * 15) for line in lines), "none of them is a target"
    assert any(line.rstrip().endswith("then  " + "z<" * 15) for line in lines)


def test_symbols_of_two_digits_are_never_cut_to_one() -> None:
    """Fewer steps are shown then."""
    p = np.zeros((15, 256), np.float32)
    p[:, 0xC6] = 1
    panel = RowPanel(
        *(0, 14, Symbols(256), Symbols(256), np.ones((15, 15), np.float32), np.full(15, 0xC7, np.uint8)),
        *(None, None, p, None, ("",), True),
    )
    cells = Cells(LEAST_LABEL + 16, 12, GradientView.STYLES)
    draw_row(cells, Box(0, 0, cells.width, 12), panel, ascii_only=False)
    assert [cells.text(line) for line in (1, 3)] == ["input " + "c7" * 8, "pred  " + "c6" * 8]


CHANGED = np.array([[0.0], [0.0], [0.2], [-0.1]], np.float32)
RAISED = Flip(0, 2, np.zeros((4, 2), np.float32), np.zeros((4, 1), np.float32), CHANGED)
"""The third input is raised, and the last two predictions change."""


def row_of_numbers(flip: Flip | None = None, width: int = 40, height: int = 12) -> list[str]:
    """The panel of a row of two named numbers and one prediction, whose cursor is at the last of four steps."""
    x = np.array([[0, 1], [0.5, 0], [-1, 0], [0.25, 1]], np.float32)
    strengths = np.tril(np.full((4, 4), 0.02, np.float32)) + np.float32(0.06) * np.eye(4, dtype=np.float32)
    said = np.array([[0.0], [0.5], [1.0], [0.9]], np.float32)
    reads, says = Numbers(2, names=("value", "mark")), Numbers(1)
    panel = RowPanel(0, 3, reads, says, strengths, x, None, None, said, flip, ("words",), True, scale=None)
    cells = Cells(width, height, GradientView.STYLES)
    draw_row(cells, Box(0, 0, width, height), panel, ascii_only=False)
    return [cells.text(line).rstrip() for line in range(height)]


def test_a_row_of_numbers_has_a_line_for_each_channel_what_it_uses_and_what_it_predicts() -> None:
    assert row_of_numbers()[:6] == [
        "row 1, step 4: what it uses",
        "input value ··▒▒▄▄.2",
        "input mark  ██····+1",
        "uses        ░░░░░░██",
        "pred        ··▒▒██.9",
        "words",
    ]
    assert row_of_numbers(RAISED)[3:8] == [
        "raise           +",
        "uses        ░░░░░░██",
        "pred        ··▒▒██.9",
        "change      ····██▂▂",
        "words",
    ]
    assert row_of_numbers(RAISED, width=18)[1:4] == ["input value ·▒▄2", "input mark  █··1", "raise         +"]
    assert row_of_numbers(RAISED, height=7)[1:] == [
        "input value ··▒▒▄▄.2",
        "raise           +",
        "uses        ░░░░░░██",
        "pred        ··▒▒██.9",
        "change      ····██▂▂",
        "words",
    ], "further channels are left out first"


def test_what_raising_an_input_does_is_said_in_the_size_of_the_change() -> None:
    words = flip_words(RAISED, None, 0, "raised", of_symbols=False)
    assert words == (
        "step 3 raised: predictions move by 0.2 at most",
        "step 3 raised: moves by 0.2",
        "raised: moves by 0.2",
    )
    assert before_flip(RAISED, Numbers(2))[2].tolist() == pytest.approx([-0.1, -0.1])
    config = EchoConfig(task=FlipFlop(bits=3), truncated_backprop_length=4)
    strength = np.tril(np.full((1, 4, 4), 0.02, np.float32))
    effects = Effects(strength, np.zeros((1, 4, 3), np.float32), turned=strength > 1)
    assert read(config, effects, 0, 1) == "row 1, step 2: inputs raised move it: x[t-1] .020, x[t] .020"


@pytest.mark.parametrize(("rule", "goes"), [("rtrl", "past T 2"), ("snap1", "past T 2, in part")])
def test_of_a_rule_that_does_not_cut_the_view_shows_that_it_goes_past_t(rule: str, goes: str) -> None:
    """The bars beyond T are hollow if the rule cuts them off, with and without colour."""
    config = replace(SOLVED.config, truncated_backprop_length=2, rule=rule)
    view = GradientView()
    view._frame = frame_of(replace(SOLVED, config=config))
    lines = shown(view)
    assert lines[0].startswith(f"gradient: {rule}'s gradient goes back {goes}; tbptt leaves out 21 %")
    assert view.question.kinds == {"gradient", "reliance", "effects"}
    assert "▒" not in "".join(line[:38] for line in lines)
    assert view.reading_of(Lag(3)).endswith(f"; {rule} follows it")
    view._frame = frame_of(replace(SOLVED, config=replace(config, rule="tbptt")))
    lines = shown(view)
    assert {mark for line in lines[3:9] for mark in line[12:38]} >= {"▒"}
    assert not {mark for line in lines[3:10] for mark in line[12:38]} & set("▁▂▃▄▅▆▇█")
    assert view.reading_of(Lag(3)).endswith("; tbptt with T 2 cuts it off")
    assert view.reading_of(Lag(1)).endswith("; tbptt follows 1 of 2")


def test_of_an_echo_that_rtrl_has_not_learned_yet_it_is_not_said_that_t_is_judged() -> None:
    config = EchoConfig(truncated_backprop_length=2, rule="rtrl")
    few = "few errors reach 3 steps back, to the echo, so far"
    assert words_of(config, gradient(0.3, 0.02, 0.003, 0, 0))[1] == few
    unknown = Gradient(np.ones(4, np.float32), np.full(4, np.nan, np.float32), np.nan)
    assert words_of(config, unknown) == (
        "rtrl's gradient goes back past T 2",
        "the mean gradient is within its noise: unknown what tbptt leaves out",
    )
