"""The weights view: matrices with names, eigenvalues and the unit circle, weight changes and Lyapunov exponents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from echornn.readings import Matrices, Recurrent
from tests.door.views.by_hand import drawn, frame_of, matrices, shift_register
from tui.app.drawings.plane import circle, reach_of
from tui.app.drawings.weight_blocks import WeightMatrix, draw_matrices, number_text
from tui.app.views.weights import WeightsView, entries_of, exponent_bar, summary, update_text
from tui.kit.cells import Cells
from tui.kit.paint import Box

READINGS = shift_register()


def test_the_tutorials_weights() -> None:
    lines = [line.rstrip() for line in drawn(WeightsView(ascii_only=True), frame_of(READINGS), 78, 12)]
    assert lines == [
        "weights: spectral radius 0.94 of W; Lyapunov -0.40: differences fade",
        "W h1 2 3 4   W2 0 1                  ..            changes in a window by",
        "x  ::--::..  h1 ##::            ............       W             .030 %",
        "h1 --::**++  h2 ==%%          ...          .o.     b             0.1 %",
        "h2 ~~~~--..  h3 ~~::         ..              ..    W2            .020 %",
        "h3 %%--~~~~  h4 %%--         .     o  o       .    b2            ?",
        "h4 ----::++  b2 ....         .                .    Lyapunov, nats, 1,024 steps",
        "b  --##~~::                  ..              ..       -0.40       ##|",
        "                              ...          .o.        -0.90     ####|",
        "                                ............          -1.30    #####|",
        "                                     ..               -2.20 ########|",
        "                            o inside  @ outside",
    ]


def test_with_room_entries_have_their_numbers() -> None:
    lines = drawn(WeightsView(), frame_of(READINGS), 118, 20)
    assert lines[2].startswith("x  ░+0.13 ▁-0.13 ░+0.64 ·+0.10")


def test_a_matrix_larger_than_the_screen_is_scrolled_by_the_cursor() -> None:
    names = tuple(f"h{unit}" for unit in range(300))
    values = np.zeros((300, 300), np.float32)
    values[299, 299] = 1
    cells = Cells(20, 6, WeightsView.STYLES)
    draw_matrices(cells, Box(0, 0, 20, 6), [WeightMatrix("W", values, names, names, (299, 299))], ascii_only=False)
    assert cells.text(5) == "h299 " + "·" * 14 + "█"
    assert cells.styles[5, 19] == cells.names.index("view--cursor")


def test_matrices_that_do_not_fit_are_shown_by_a_key() -> None:
    view = WeightsView()
    assert "2 of 4: n shows others" in drawn(view, frame_of(READINGS), 22, 6)[-1]
    view.action_part(2)
    assert drawn(view, frame_of(READINGS), 22, 7)[1].startswith("W2 ")
    view.action_part(-1)
    view.action_part(-1)
    assert drawn(view, frame_of(READINGS), 22, 7)[1].startswith("W ")


def test_a_matrix_that_is_cut_says_so() -> None:
    assert drawn(WeightsView(), frame_of(READINGS), 60, 4)[0].startswith("weights: W rows 1 to 2 of 5; spectral radius")
    view = WeightsView()
    view._frame = frame_of(READINGS)
    view.action_move(0, 0)
    view.action_move(9, 0)
    assert drawn(view, frame_of(READINGS), 60, 4)[0].startswith("weights: W rows 4 to 5 of 5;")
    assert drawn(WeightsView(), frame_of(READINGS), 118, 20)[0].startswith("weights: spectral radius")


def test_before_a_window_is_trained_here_the_key_is_said_that_tells_what_changes() -> None:
    weights = replace(matrices(), update=dict.fromkeys(matrices().weights, float("nan")))
    text = "\n".join(drawn(WeightsView(), frame_of(replace(READINGS, weights=weights)), 118, 20))
    assert "changes: ? until . trains" in text
    assert "changes in a window by" not in text


def test_the_cursor_reads_an_entry() -> None:
    view = WeightsView()
    view._frame = frame_of(READINGS)
    assert view.reading == ""
    view.action_move(0, 1)
    view.action_move(1, 0)
    view.action_move(0, 2)
    weights = matrices()
    assert view.reading == f"W, from h1 to h3: {float(weights.weights['W'][1, 2]):+.4g}"
    view.action_move(0, 99)
    assert view.reading.startswith("W, from h1 to h4: ")
    view.action_part(1)
    assert view.reading.startswith("b, from bias to h1: ")
    view.action_leave()
    assert view.reading == ""


def test_where_all_fit_the_next_part_is_where_the_cursor_goes_and_nothing_moves() -> None:
    view = WeightsView()
    before = drawn(view, frame_of(READINGS), 78, 12)
    for name in ("b", "W2", "b2", "W"):
        view.action_part(1)
        assert drawn(view, frame_of(READINGS), 78, 12) == before
        assert view.reading.startswith(f"{name}, from ")


def test_each_gate_can_be_chosen_for_its_eigenvalues() -> None:
    names = {"W": ("update", "reset"), "Wc": ("candidate",), "W_layer2": ("update", "reset"), "W2": ("class",)}
    gru = Matrices(
        {name: np.zeros((2, len(columns)), np.float32) for name, columns in names.items()},
        dict.fromkeys(names, ("x", "h1")),
        {name: tuple(f"{column} 1" for column in columns) for name, columns in names.items()},
        dict.fromkeys(names, 0.0),
        tuple(
            Recurrent(name, np.array([0.5], np.complex64))
            for name in ("W update layer 1", "W reset layer 1", "W candidate layer 1", "W reset layer 2")
        ),
    )
    assert [(name, one.name if one else "") for name, one in entries_of(gru)] == [
        ("W", "W update layer 1"),
        ("W", "W reset layer 1"),
        ("Wc", "W candidate layer 1"),
        ("W_layer2", "W reset layer 2"),
        ("W2", "W update layer 1"),
    ]
    assert {one for _, one in entries_of(replace(matrices(), recurrent=()))} == {None}


def test_the_unit_circle_is_round_and_all_eigenvalues_are_within_reach() -> None:
    dots = circle(40, 40, 1.0)
    assert (dots == dots.T).all()
    assert (dots == dots[::-1]).all()
    assert dots[0].any()
    assert dots[:, 39].any()
    assert not dots[15:25, 15:25].any()
    assert reach_of(np.array([0.5], np.complex64)) == pytest.approx(1.12)
    assert reach_of(np.array([3j, np.nan, np.inf], np.complex64)) == pytest.approx(3.36)


def test_an_eigenvalue_outside_the_circle_has_a_glyph_of_its_own() -> None:
    outside = replace(matrices(), recurrent=(Recurrent("W", np.array([1.5, 0.2], np.complex64)),))
    text = "".join(drawn(WeightsView(), frame_of(replace(READINGS, weights=outside)), 100, 16))
    assert (text.count("◆"), text.count("●")) == (2, 2), "one each, and what they mean"
    assert "● inside  ◆ outside" in text
    assert "spectral radius 1.50 of W" in text


def test_words() -> None:
    recurrent = Recurrent("W", np.array([2], np.complex64))
    assert summary(recurrent, np.array([0.3], np.float32)) == (
        "spectral radius 2.00 of W; Lyapunov +0.30: differences grow"
    )
    assert summary(None, None) == "none"
    assert summary(None, np.array([np.nan], np.float32)) == "Lyapunov ?"
    assert [update_text(value) for value in (0.02, 0.001, 3e-4, 2e-8, 0, np.nan)] == [
        "2 %",
        "0.1 %",
        ".030 %",
        "2e-6 %",
        "0 %",
        "?",
    ]
    assert [number_text(value) for value in (0.834, -12.5, 1e9, -3e38, -np.inf, np.nan)] == [
        "+0.83",
        "-12.5",
        "+1e9",
        "-3e38",
        "-inf",
        "+nan",
    ]


def test_bars_around_zero() -> None:
    assert exponent_bar(1, ascii_only=False) == (" " * 8, "█" * 8)
    assert exponent_bar(-0.5, ascii_only=False) == ("    ████", "")
    assert exponent_bar(-0.01, ascii_only=False) == ("       ▐", "")
    assert exponent_bar(0, ascii_only=True) == (" " * 8, "")
    assert exponent_bar(float("nan"), ascii_only=True) == (" " * 8, "")


def test_an_exponent_that_stands_for_minus_infinity_does_not_shrink_the_others() -> None:
    readings = replace(READINGS, lyapunov=np.array([-0.5, -1.0, -87.3], np.float32))
    lines = [line.rstrip() for line in drawn(WeightsView(ascii_only=True), frame_of(readings), 78, 12)]
    assert lines[7].endswith("-0.50     ####|")
    assert lines[8].endswith("-1.00 ########|")
    assert lines[9].endswith("-inf ########|")


@pytest.mark.parametrize("gone", [-87.33655, -np.inf])
def test_where_all_is_gone_in_a_step_head_and_list_say_the_same(gone: float) -> None:
    readings = replace(READINGS, lyapunov=np.full(4, gone, np.float32))
    lines = [line.rstrip() for line in drawn(WeightsView(ascii_only=True), frame_of(readings), 78, 12)]
    assert lines[0] == "weights: spectral radius 0.94 of W; Lyapunov -inf: differences vanish"
    assert [line.endswith("-inf ########|") for line in lines[7:11]] == [True] * 4
