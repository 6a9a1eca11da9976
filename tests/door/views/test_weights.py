"""The weights: matrices with signs and numbers, eigenvalues around the unit circle, updates,
Lyapunov exponents."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.door.views.stage import LARGE, floats, seen_solved, staged
from tests.readings_by_hand import SOLVED, Recurrent, matrices

WEIGHTS = matrices().weights


async def test_the_title_has_the_radius_and_the_largest_exponent_with_its_spread() -> None:
    screen = await seen_solved("5", ascii_only=True)
    assert re.findall(r"-?\d\.\d\d", screen.view[0]) == ["0.94", "-0.40", "0.03"]
    bars = ("[#|", "[###|", "[####|", "########|")
    for line, bar in zip(screen.view[7:11], bars, strict=True):
        assert line.endswith(f" {bar}")


async def test_parameters_of_the_network_and_of_the_shown_matrix_are_counted() -> None:
    async with staged("5 tab", readings=SOLVED) as stage:
        assert "W 20 of 34 parameters, spectral radius 0.94;" in stage.view[0]
        for words in ("b 4 of 34 parameters", "W2 8 of 34", "b2 2 of 34"):
            await stage.press("n")
            assert words in stage.view[0]
            assert "radius 0.94 of W" in stage.view[0]


@pytest.mark.parametrize(
    ("updates", "texts"),
    [
        ((0.02, 3e-4, 0.0), ["2.000 %", "0.030 %", "0.000 %"]),
        ((0.02, 0.5, 0.03), ["2.0 %", "50.0 %", "3.0 %"]),
        ((0.02, 3e-10, np.nan), ["2.0e+00 %", "3.0e-08 %", "?"]),
    ],
)
async def test_changes_are_all_in_one_notation(
    updates: tuple[float, ...], texts: list[str]
) -> None:
    update = dict(zip(("W", "b", "W2"), updates, strict=True))
    screen = await seen_solved("5", weights=replace(matrices(), update=update))
    for line, text in zip(screen.view[2:5], texts, strict=True):
        assert re.search(rf"\s{re.escape(text)}\s*$", line)


async def test_where_no_window_is_known_it_says_how_to_see_changes() -> None:
    unknown = replace(matrices(), update=dict.fromkeys(WEIGHTS, np.nan))
    screen = await seen_solved("5", weights=unknown)
    assert "changes: after one window" in screen.text


async def test_a_legend_is_shortened_by_words() -> None:
    screen = await seen_solved("5", size=(72, 24))
    assert screen.line("● in  ◆ out").endswith("● in  ◆ out")


@pytest.mark.parametrize(("name", "row", "label"), [("W", 4, "h4 "), ("b", 0, "b ")])
async def test_with_room_each_entry_has_its_number_and_its_sign(
    name: str, row: int, label: str
) -> None:
    screen = await seen_solved("5", size=LARGE)
    line = next(line for line in screen.view if line.startswith(label))
    entries = re.findall(r"(\S)([+-]\d\.\d\d)", line)
    for (block, number), value in zip(entries, WEIGHTS[name][row], strict=True):
        assert number == f"{value:+.2f}"
        assert block in ("░▒▓█·" if value > 0 else "▁▂▃▄·")


async def test_the_cursor_reads_an_entry_of_the_chosen_matrix() -> None:
    async with staged("5 tab down down right right", readings=SOLVED) as stage:
        assert f"W, from h1 to h3: {WEIGHTS['W'][1, 2]:+.4g}" in stage.reading
        await stage.press("right " * 9)
        assert f"W, from h1 to h4: {WEIGHTS['W'][1, 3]:+.4g}" in stage.reading
        before = stage.view[1:]
        for words in ("b, from bias to", "W2, from h1 to", "b2, from bias to", "W, from x to"):
            await stage.press("n")
            assert words in stage.reading
            assert stage.view[1:] == before, "nothing moves where all fit"
        await stage.press("escape")
        assert "from" not in stage.reading
        x, y = stage.screen.place("h2 ▂▂")
        await stage.hover(x + 3 + 4, y)
        assert f"W, from h2 to h3: {WEIGHTS['W'][2, 2]:+.4g}" in stage.text
        await stage.resize(60, 16)
        assert re.search(r"W rows? 1 to \d of 5", stage.text)


@pytest.mark.parametrize(
    ("eigenvalues", "inside", "outside"),
    [((1.5, 0.2), 1, 1), ((3j, -3j), 0, 2)],
)
async def test_eigenvalues_outside_the_unit_circle_have_another_sign(
    eigenvalues: tuple[complex, ...], inside: int, outside: int
) -> None:
    recurrent = (Recurrent("W", np.array(eigenvalues, np.complex64)),)
    weights = replace(matrices(), recurrent=recurrent)
    screen = await seen_solved("5", weights=weights, size=LARGE)
    assert screen.drawing.count("●") == inside + 1, "beside the one that explains them"
    assert screen.drawing.count("◆") == outside + 1
    assert f"spectral radius {abs(eigenvalues[0]):.2f}" in screen.view[0]


async def test_exponents_of_minus_infinity_do_not_shrink_the_others() -> None:
    screen = await seen_solved("5", lyapunov=floats(-0.5, -1.0, -87.3), ascii_only=True)
    first, second, last = screen.view[7:10]
    assert re.search(r" -0\.50 +####\|$", first)
    assert re.search(r" -1\.00 +########\|$", second)
    assert re.search(r" -inf +########\|$", last)
    screen = await seen_solved("5", lyapunov=floats(*[-np.inf] * 4), ascii_only=True)
    assert "Lyapunov -inf" in screen.view[0]
