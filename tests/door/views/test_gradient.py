"""The gradient: how far back errors reach, which inputs a prediction uses, and what a flipped input
changes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig
from tests.any_task import progress_of
from tests.door.views.stage import (
    Screen,
    bar_height,
    floats,
    seen_solved,
    staged,
    task_config,
)
from tests.readings_by_hand import (
    SOLVED,
    Effects,
    Flip,
    Gradient,
    GradientSizes,
    flipped,
    matrices,
)

COUNTS = np.array([0, 10, 20, 40, 60, 30, 0, 20, 8, 0, 0, 0], np.int32)
SIZES = GradientSizes(-3, COUNTS, 12)
WITH_SIZES = replace(SOLVED, gradient_sizes=SIZES)


def gradient(*bias: float) -> Gradient:
    return Gradient(np.ones(len(bias), np.float32), floats(*bias), 0.2)


async def test_bars_by_lag_on_a_scale_of_powers_of_ten_with_t_and_the_row_that_is_used() -> None:
    async with staged("4 tab", "left " * 6, "f", readings=SOLVED) as stage:
        assert stage.asked.flip == (0, 6)
        view = (await stage.put(readings=flipped(SOLVED))).view
        assert re.findall(r"\d+ %", view[0]) == ["21 %"], "what is left out"
        assert view[3:9] == [
            " 1e0                                          input ██▁▁█▁0▁▁█████▁",
            "1e-1 ▂                             ┊          flip        1",
            "1e-2 █ █ ▆ ▄ ▂                     ┊          uses  ···█···",
            "1e-3 █ █ █ █ █ █ ▆ ▄ ▂             ┊          pred  ▁▁▁▓▓▁0▓▁▁▁▁▓▓▓",
            "1e-4 █ █ █ █ █ █ █ █ █ █ ▆ ▄ ▁     ┊          then  ▁▁▁▓▓▁▁▓▁1▁▁▓▓▓",
            "1e-5 █ █ █ █ █ █ █ █ █ █ █ █ █ ▇ ▅ ┊ ▒ ▒      step 7 flipped: 10 turns",
        ], "a decade on each line, and each label on the line whose lower edge it means"
        assert view[-2:] == [
            "lag  0   2   4   6   8   10  12  14┊   16",
            "           ▲ echo 3  T 15: cut off ┊",
        ]
        assert re.search(r"x\[t-3\] .*100 %", view[9])


async def test_the_slope_stands_beside_what_theory_compares_it_with() -> None:
    recurrent = replace(matrices().recurrent[0], spectral_norm=1.31)
    weights = replace(matrices(), recurrent=(recurrent,))
    assert SOLVED.gradient is not None
    by_lag = SOLVED.gradient.by_lag.astype(float)
    lags = np.flatnonzero(by_lag > 1e-8)
    slope, _ = np.polyfit(lags, np.log10(by_lag[lags]), 1)
    screen = await seen_solved("4", weights=weights)
    words = r"slope (\S+) decades/lag \(0 to 28\), Lyapunov (\S+), radius (\S+), singular (\S+)"
    match = re.match(words, screen.view[1])
    assert match, screen.view[1]
    assert match.groups() == (f"{slope:+.2f}", "-0.40", "0.94", "1.31")


async def test_no_slope_goes_through_two_lags_and_bars_come_first() -> None:
    screen = await seen_solved("4", gradient=gradient(1, 0.5), lyapunov=None, reliance=None)
    assert screen.view[1].startswith("W: spectral radius")
    low = await seen_solved("4", size=(80, 18))
    assert "slope" not in low.text


async def test_bars_are_read_by_keys_beside_the_row_and_without_it() -> None:
    async with staged("4 tab n", readings=SOLVED) as stage:
        assert "lag 3, the echo: gradient .033" in stage.reading
        assert "lag  0   2 3 4" in stage.text
        await stage.press("left")
        assert "lag 2: gradient .061" in stage.reading
        await stage.press("n")
        assert "row 1, step 12: " in stage.reading, "the row has its own cursor"
        await stage.press("left")
        assert "row 1, step 11: " in stage.reading
        await stage.press("n")
        assert "lag 2: " in stage.reading
        await stage.press("right " * 35)
        assert "lag 31: gradient 2e-9" in stage.reading, "also of a lag that has no bar"
        await stage.press("escape")
        assert "lag 31" not in stage.reading
        await stage.press("f")
        assert stage.asked.flip == (0, 11)
        await stage.resize(60, 20)
        await stage.press("escape right")
        assert "lag 3, the echo" in stage.reading
        await stage.press("v")
        assert "what it uses" in stage.text
        await stage.press("right")
        assert "row 1, step 12" in stage.reading


async def test_v_changes_to_the_histogram_and_back() -> None:
    async with staged("4 tab", readings=SOLVED) as stage:
        assert "gradient_sizes" not in stage.asked.kinds
        await stage.press("v")
        assert "computing the histogram" in stage.text
        assert "gradient_sizes" in stage.asked.kinds
        await stage.put(readings=WITH_SIZES)
        assert "what it uses" in stage.text, "the row stays beside it"
        assert "|dL/dh| of 200 numbers, 12 are 0" in stage.view[-1]
        await stage.press("n")
        assert "|dL/dh| from 1e-2 to 1.8e-2: 60 of 200, 30 %" in stage.reading
        await stage.press("left")
        assert "from 5.6e-3 to 1e-2: 40 of 200, 20 %" in stage.reading
        await stage.press("v")
        assert "echo 3" in stage.view[-1]
        assert "gradient_sizes" not in stage.asked.kinds


async def test_what_has_no_room_is_reached_by_v() -> None:
    parts = r"what it uses|\|dL/dh\| of|▲ echo 3"
    async with staged("4 tab", readings=WITH_SIZES, size=(60, 20)) as stage:
        for part in ("▲ echo 3", "what it uses", "|dL/dh| of", "▲ echo 3"):
            assert {*re.findall(parts, stage.text)} == {part}
            await stage.press("v")


async def test_the_histogram_has_a_bar_for_each_quarter_of_a_decade() -> None:
    screen = await seen_solved("4 v", gradient_sizes=SIZES, size=(120, 36))
    view = screen.view
    labels = [line[:4].strip() for line in view]
    zero = labels.index("0%")
    ten_percent = zero - labels.index("10%")
    assert zero - labels.index("20%") == 2 * ten_percent
    assert zero - labels.index("30%") == 3 * ten_percent
    foot = view[labels.index("size")]
    pitch = (foot.index("1e-2") - foot.index("1e-3")) // 4
    for number, count in enumerate(SIZES.counts.tolist()):
        height = bar_height(view[2 : zero + 1], 5 + pitch * number)
        assert height == pytest.approx(10 * count / SIZES.total * ten_percent, abs=0.13)


@pytest.mark.parametrize(
    "sizes",
    [
        GradientSizes(-38, np.arange(160, dtype=np.int32), 0, unknown=7),
        GradientSizes(0, np.zeros(0, np.int32), 9),
        GradientSizes(0, np.zeros(0, np.int32), 0),
    ],
    ids=["many", "only zeros", "none"],
)
async def test_any_histogram_is_drawn_and_counted(sizes: GradientSizes) -> None:
    screen = await seen_solved("4 tab v n left", gradient_sizes=sizes)
    assert f"of {sizes.total:,}" in screen.text or not sizes.total


def signs_of_bars(screen: Screen) -> set[str]:
    signs = set[str]()
    for line in screen.view[3:-2]:
        signs.update(line[12:38])
    return signs


async def test_bars_of_what_is_cut_off_are_hollow() -> None:
    config = EchoConfig(truncated_backprop_length=2)
    screen = await seen_solved("4", config=config, effects=None, progress=None)
    exact = replace(config, rule="rtrl")
    whole = await seen_solved("4", config=exact, effects=None, progress=None)
    assert re.search(r"T 2 .*21 %", screen.view[0])
    assert "▒" in signs_of_bars(screen)
    assert not signs_of_bars(screen) & {*"▁▂▃▄▅▆▇█"}
    assert "▒" not in signs_of_bars(whole)
    assert "rtrl" in whole.view[0]
    assert "T 2" in whole.view[0]


@pytest.mark.parametrize(("by_lag", "share"), [((1000, 0), 0), ((np.inf, np.nan), np.nan)])
async def test_gradients_that_vanish_or_explode_give_no_percentage(
    by_lag: tuple[float, ...], share: float
) -> None:
    gone = Gradient(floats(*by_lag, *[0] * 30), floats(*[share] * 32), share)
    screen = await seen_solved("4", gradient=gone, reliance=None)
    assert "%" not in screen.view[0]


async def test_the_cursor_reads_which_flips_move_a_prediction() -> None:
    async with staged("4 tab left left down", readings=SOLVED) as stage:
        assert "row 2, step 11" in stage.reading
        inputs = re.findall(r"x\[t(?:-\d)?\] \d\.\d\d", stage.reading)
        assert inputs[:3] == ["x[t-3] 0.98", "x[t] 0.02", "x[t-1] 0.01"]
        await stage.press("left " * 8)
        assert "row 2, step 3: " in stage.reading
        await stage.press("escape")
        assert "row 2" not in stage.reading


FLIPPED = flipped(SOLVED)
assert FLIPPED.flip is not None
BEFORE, AFTER = FLIPPED.flip.before, FLIPPED.flip.after


@pytest.mark.parametrize(
    ("after", "lit", "counted"),
    [
        (AFTER, [9], ["10"]),
        (BEFORE[:, ::-1], [*range(15)], ["15"]),
    ],
    ids=["one turns", "all turn"],
)
async def test_a_flip_lights_exactly_the_steps_that_changed(
    after: np.ndarray[tuple[int, int], np.dtype[np.float32]], lit: list[int], counted: list[str]
) -> None:
    async with staged("4 tab", "left " * 6, "f", readings=SOLVED) as stage:
        assert FLIPPED.flip is not None
        readings = replace(SOLVED, flip=replace(FLIPPED.flip, after=after))
        screen = await stage.put(readings=readings)
        x, y = screen.place("then")
        base = screen.paper(x, y)
        for step in range(15):
            is_lit = screen.paper(x + 6 + step, y) != base
            assert is_lit == (step in lit)
        words = screen.line("flipped:").split("flipped:")[1]
        assert re.findall(r"\d+", words) == counted


async def test_f_asks_for_a_flip_and_takes_it_away() -> None:
    async with staged("4 f", readings=SOLVED) as stage:
        assert stage.asked.flip == (0, 11), "its echo is the last of the 15"
        assert type(stage.asked.flip) is tuple, "so that it crosses a socket"
        await stage.press("f")
        assert stage.asked.flip is None
        await stage.press("f escape")
        assert stage.asked.flip is None


async def test_of_numbers_it_shows_what_raising_an_input_changes() -> None:
    config = task_config("flip_flop", bits=2, truncated_backprop_length=4)
    own = np.tril(np.full((4, 4), 0.02)) + 0.06 * np.eye(4)
    strength = floats(own, own, own, own, own)
    outputs = np.zeros((5, 4, 2), np.float32)
    after = floats([0, 0], [0, 0], [0.2, 0], [-0.1, 0])
    readings = replace(
        SOLVED,
        config=config,
        gradient=gradient(1, 0.5, 0.1, 0.05, 0.01),
        effects=Effects(strength, outputs, turned=strength > 1),
        reliance=None,
        progress=progress_of(config),
    )
    async with staged("4 tab left", size=(120, 44), readings=readings) as stage:
        assert re.search(r"row 1, step 4: .*x\[t\] \.080, x\[t-\d\] \.020", stage.reading)
        assert any(line.endswith("░░░░░░██") for line in stage.view)
        await stage.press("f")
        assert stage.asked.flip == (0, 3)
        flip = Flip(0, 3, outputs[0], outputs[0], after)
        screen = await stage.put(readings=replace(readings, flip=flip))
        assert re.search(r"raise +\+", screen.drawing)
        assert re.search(r"move bit 1 +····██▂▂", screen.drawing)
        assert re.search(r"step 4 raised: .*0\.2", screen.drawing)
