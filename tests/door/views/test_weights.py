"""The weights: matrices with signs and numbers, eigenvalues around the unit circle, updates,
Lyapunov exponents."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.door.views.stage import seen, staged
from tests.readings_by_hand import SOLVED, Recurrent, matrices

WEIGHTS = matrices().weights


async def test_matrices_eigenvalues_updates_and_exponents() -> None:
    screen = await seen("5", readings=SOLVED, ascii_only=True)
    assert re.findall(r"-?\d\.\d\d", screen.view[0]) == ["0.94", "-0.40", "0.03"], (
        "spectral radius, largest exponent and its spread"
    )
    assert [line.split()[-2:] for line in screen.view[2:5]] == [
        ["0.030", "%"],
        ["0.100", "%"],
        ["0.020", "%"],
    ], "in one notation"
    assert screen.view[5].endswith("?")
    assert [line.split()[-1] for line in screen.view[7:11]] == [
        "[#|",
        "[###|",
        "[####|",
        "########|",
    ]


async def test_parameters_of_the_network_and_of_the_shown_matrix_are_counted() -> None:
    assert sum(values.size for values in WEIGHTS.values()) == 5 * 4 + 4 + 4 * 2 + 2
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        screen = await stage.press("5", "tab")
        assert "W 20 of 34 parameters, spectral radius 0.94;" in screen.view[0]
        for name, count in (("b", 4), ("W2", 8), ("b2", 2)):
            screen = await stage.press("n")
            assert f"{name} {count} of 34 parameters" in screen.view[0]
            assert "radius 0.94 of W" in screen.view[0]


@pytest.mark.parametrize(
    ("updates", "texts"),
    [
        ([0.02, 3e-4, 0.0], ["2.000 %", "0.030 %", "0.000 %"]),
        ([0.02, 0.5, 0.03], ["2.0 %", "50.0 %", "3.0 %"]),
        ([0.02, 3e-10, np.nan], ["2.0e+00 %", "3.0e-08 %", "?"]),
    ],
)
async def test_changes_are_all_in_one_notation(updates: list[float], texts: list[str]) -> None:
    shares = dict(zip(("W", "b", "W2"), updates, strict=True))
    readings = replace(SOLVED, weights=replace(matrices(), update=shares))
    lines = (await seen("5", readings=readings)).view[2:5]
    assert [line[line.index(text) :].rstrip() for line, text in zip(lines, texts, strict=True)] == (
        texts
    )


async def test_where_no_window_is_known_it_says_how_to_see_changes() -> None:
    unknown = replace(matrices(), update=dict.fromkeys(WEIGHTS, np.nan))
    screen = await seen("5", readings=replace(SOLVED, weights=unknown))
    assert "changes: after one window" in screen.text


async def test_a_legend_is_shortened_by_words() -> None:
    for width, legend in ((100, "● inside  ◆ outside"), (72, "● in  ◆ out")):
        screen = await seen("5", readings=SOLVED, size=(width, 24))
        assert any(line.rstrip().endswith(legend) for line in screen.view), screen.text


async def test_with_room_each_entry_has_its_number_and_its_sign() -> None:
    screen = await seen("5", readings=SOLVED, size=(120, 40))
    for name, row, label in (("W", 0, "x "), ("W", 1, "h1 "), ("W", 4, "h4 "), ("b", 0, "b ")):
        line = next(line for line in screen.view if line.startswith(label))
        found = re.findall(r"(\S)([+-]\d\.\d\d)", line)
        values = WEIGHTS[name][row]
        assert [number for _, number in found] == [f"{value:+.2f}" for value in values]
        assert all(
            block in ("░▒▓█·" if value > 0 else "▁▂▃▄·")
            for (block, _), value in zip(found, values, strict=True)
        )


async def test_the_cursor_reads_an_entry_of_the_chosen_matrix() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        screen = await stage.press("5", "tab", "down", "down", "right", "right")
        assert f"W, from h1 to h3: {float(WEIGHTS['W'][1, 2]):+.4g}" in screen.reading
        assert (
            f"W, from h1 to h4: {float(WEIGHTS['W'][1, 3]):+.4g}"
            in (await stage.press(*["right"] * 9)).reading
        )
        before = stage.screen.view[1:]
        for name, first in (("b", "bias"), ("W2", "h1"), ("b2", "bias"), ("W", "x")):
            screen = await stage.press("n")
            assert f"{name}, from {first} to" in screen.reading
            assert screen.view[1:] == before, "nothing moves where all fit"
        assert "from" not in (await stage.press("escape")).reading
        x, y = stage.screen.place("h2 ▂▂")
        hovered = (await stage.hover(x + 3 + 4, y)).text
        assert f"W, from h2 to h3: {float(WEIGHTS['W'][2, 2]):+.4g}" in hovered
        small = await stage.resize(60, 16)
        assert re.search(r"W rows? 1 to \d of 5", small.text)


@pytest.mark.parametrize(
    ("eigenvalues", "inside", "outside"),
    [((1.5, 0.2), 1, 1), ((0.5, 0.2j), 2, 0), ((3j, -3j), 0, 2)],
)
async def test_eigenvalues_outside_the_unit_circle_have_another_sign(
    eigenvalues: tuple[complex, ...], inside: int, outside: int
) -> None:
    weights = replace(matrices(), recurrent=(Recurrent("W", np.array(eigenvalues, np.complex64)),))
    screen = await seen("5", readings=replace(SOLVED, weights=weights), size=(120, 40))
    text = "\n".join(screen.view)
    assert (text.count("●") - 1, text.count("◆") - 1) == (inside, outside), (
        "beside the two that explain them"
    )
    assert f"spectral radius {abs(eigenvalues[0]):.2f}" in screen.view[0]


async def test_exponents_of_minus_infinity_do_not_shrink_the_others() -> None:
    readings = replace(SOLVED, lyapunov=np.array([-0.5, -1.0, -87.3], np.float32))
    lines = (await seen("5", readings=readings, ascii_only=True)).view[7:10]
    assert [line.split()[-2:] for line in lines] == [
        ["-0.50", "####|"],
        ["-1.00", "########|"],
        ["-inf", "########|"],
    ]
    gone = replace(SOLVED, lyapunov=np.full(4, -np.inf, np.float32))
    screen = await seen("5", readings=gone, ascii_only=True)
    assert "Lyapunov -inf" in screen.view[0]
