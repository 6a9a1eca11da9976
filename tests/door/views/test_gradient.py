"""The gradient: how far back errors reach, which inputs a prediction uses, and what a flipped input
changes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig
from tests.any_task import progress_of
from tests.door.views.stage import seen, staged
from tests.readings_by_hand import (
    SOLVED,
    Effects,
    Flip,
    Gradient,
    GradientSizes,
    flipped,
    matrices,
)

SIZES = GradientSizes(-3, np.array([0, 10, 20, 40, 60, 30, 0, 20, 8, 0, 0, 0], np.int32), 12)


def gradient(*bias: float) -> Gradient:
    return Gradient(np.ones(len(bias), np.float32), np.array(bias, np.float32), 0.2)


async def test_bars_by_lag_on_a_scale_of_powers_of_ten_with_t_and_the_row_that_is_used() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("4", "tab", *["left"] * 6, "f")
        assert stage.asked.flip == (0, 6)
        screen = await stage.put(readings=flipped(SOLVED))
        assert re.findall(r"\d+ %", screen.view[0]) == ["21 %"], "what is left out"
        assert [line.rstrip() for line in screen.view[3:9]] == [
            " 1e0                                          input ██▁▁█▁0▁▁█████▁",
            "1e-1 ▂                             ┊          flip        1",
            "1e-2 █ █ ▆ ▄ ▂                     ┊          uses  ···█···",
            "1e-3 █ █ █ █ █ █ ▆ ▄ ▂             ┊          pred  ▁▁▁▓▓▁0▓▁▁▁▁▓▓▓",
            "1e-4 █ █ █ █ █ █ █ █ █ █ ▆ ▄ ▁     ┊          then  ▁▁▁▓▓▁▁▓▁1▁▁▓▓▓",
            "1e-5 █ █ █ █ █ █ █ █ █ █ █ █ █ ▇ ▅ ┊ ▒ ▒      step 7 flipped: 10 turns",
        ], "a decade on each line, and each label on the line whose lower edge it means"
        assert screen.view[-2:] == [
            "lag  0   2   4   6   8   10  12  14┊   16",
            "           ▲ echo 3  T 15: cut off ┊",
        ]
        assert re.search(r"x\[t-3\] .*100 %", screen.view[9])
    plain = await seen("4", readings=SOLVED, ascii_only=True, size=(200, 50))
    assert plain.text.isascii()


async def test_the_slope_stands_beside_what_theory_compares_it_with() -> None:
    recurrent = (replace(matrices().recurrent[0], spectral_norm=1.31),)
    readings = replace(SOLVED, weights=replace(matrices(), recurrent=recurrent))
    assert readings.gradient is not None
    lags = np.flatnonzero(readings.gradient.by_lag > 1e-8)
    slope, _ = np.polyfit(lags, np.log10(readings.gradient.by_lag[lags].astype(float)), 1)
    for width, pattern in (
        (80, r"slope (\S+) decades/lag \(0 to 28\), Lyapunov (\S+), radius (\S+), singular (\S+)"),
        (
            120,
            r"slope (\S+) decades a lag \(lags 0 to 28\), Lyapunov (\S+), "
            r"W: spectral radius (\S+), largest singular value (\S+)",
        ),
    ):
        screen = await seen("4", readings=readings, size=(width, 24))
        found = re.match(pattern, screen.view[1])
        assert found, screen.view[1]
        assert found.groups() == (f"{slope:+.2f}", "-0.40", "0.94", "1.31")
    few = replace(readings, gradient=gradient(1, 0.5), lyapunov=None, reliance=None)
    screen = await seen("4", readings=few)
    assert screen.view[1].startswith("W: spectral radius"), "no slope through two lags"
    low = await seen("4", readings=readings, size=(80, 18))
    assert "slope" not in low.text, "bars come first"


async def test_bars_are_read_by_keys_beside_the_row_and_without_it() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        screen = await stage.press("4", "tab", "n")
        assert "lag 3, the echo: gradient .033" in screen.reading
        assert "lag  0   2 3 4" in screen.text
        assert "lag 2: gradient .061" in (await stage.press("left")).reading
        assert "row 1, step 12: " in (await stage.press("n")).reading, "the row has its own cursor"
        assert "row 1, step 11: " in (await stage.press("left")).reading
        assert "lag 2: " in (await stage.press("n")).reading
        far = await stage.press(*["right"] * 35)
        assert "lag 31: gradient 2e-9" in far.reading, "also of a lag that has no bar"
        assert "lag 31" not in (await stage.press("escape")).reading
        await stage.press("f")
        assert stage.asked.flip == (0, 11)
        await stage.resize(60, 20)
        assert "lag 3, the echo" in (await stage.press("escape", "right")).reading
        assert "what it uses" in (await stage.press("v")).text
        assert "row 1, step 12" in (await stage.press("right")).reading


async def test_v_changes_to_the_histogram_and_what_had_no_room_stays_reachable() -> None:
    readings = replace(SOLVED, gradient_sizes=SIZES)
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("4", "tab")
        assert "gradient_sizes" not in stage.asked.kinds
        assert "computing the histogram" in (await stage.press("v")).text
        assert "gradient_sizes" in stage.asked.kinds
        screen = await stage.put(readings=readings)
        assert "what it uses" in screen.text, "the row stays beside it"
        assert "|dL/dh| of 200 numbers, 12 are 0" in screen.view[-1]
        screen = await stage.press("n")
        assert "|dL/dh| from 1e-2 to 1.8e-2: 60 of 200, 30 %" in screen.reading, "the most frequent"
        assert "from 5.6e-3 to 1e-2: 40 of 200, 20 %" in (await stage.press("left")).reading
        assert "echo 3" in (await stage.press("v")).view[-1]
        assert "gradient_sizes" not in stage.asked.kinds
        await stage.resize(60, 20)
        words, shown = ["what it uses", "|dL/dh| of", "▲ echo 3"], []
        for _ in range(3):
            screen = await stage.press("v")
            shown += [
                word for word in ("what it uses", "|dL/dh| of", "▲ echo 3") if word in screen.text
            ]
        assert shown == words


async def test_the_histogram_has_a_bar_for_each_quarter_of_a_decade() -> None:
    readings = replace(SOLVED, gradient_sizes=SIZES)
    screen = await seen("4", "v", readings=readings, size=(120, 36))
    labels = {line[:4].strip(): y for y, line in enumerate(screen.view) if line[:4].strip()}
    lines_each = labels["0%"] - labels["10%"]
    assert [labels[f"{n}0%"] for n in range(1, 4)] == [
        labels["0%"] - n * lines_each for n in range(1, 4)
    ], "at even steps"
    foot = screen.view[labels["size"]]
    bars = [line.ljust(120) for line in screen.view[2 : labels["0%"] + 1]]
    pitch = (foot.index("1e-2") - foot.index("1e-3")) // 4
    for number, count in enumerate(SIZES.counts.tolist()):
        column = [line[5 + pitch * number] for line in bars]
        height = sum("▁▂▃▄▅▆▇█".find(sign) + 1 for sign in column if sign != " ") / 8
        assert height == pytest.approx(10 * count / SIZES.total * lines_each, abs=0.13)
    many = GradientSizes(-38, np.arange(160, dtype=np.int32), 0, unknown=7)
    none = many.counts[:0]
    for odd in (many, GradientSizes(0, none, 9), GradientSizes(0, none, 0)):
        readings = replace(SOLVED, gradient_sizes=odd)
        screen = await seen("4", "tab", "v", "n", "left", readings=readings)
        assert f"of {odd.total:,}" in screen.text or not odd.total


async def test_bars_of_what_is_cut_off_are_hollow() -> None:
    config = EchoConfig(truncated_backprop_length=2)
    readings = replace(SOLVED, config=config, effects=None, progress=None)
    screen = await seen("4", config=config, readings=readings)
    assert re.search(r"T 2 .*21 %", screen.view[0])
    rtrl = replace(config, rule="rtrl")
    whole = await seen("4", config=rtrl, readings=replace(readings, config=rtrl))
    bars = [{sign for line in one.view[3:-2] for sign in line[12:38]} for one in (screen, whole)]
    assert ("▒" in bars[0], "▒" in bars[1]) == (True, False), "hollow where tbptt cuts it off"
    assert not bars[0] & set("▁▂▃▄▅▆▇█")
    assert "rtrl" in whole.view[0]
    assert "T 2" in whole.view[0]


@pytest.mark.parametrize(
    ("phi", "share"), [((1000, *[0] * 31), 0), ((np.inf, np.nan, *[0] * 30), np.nan)]
)
async def test_gradients_that_vanish_or_explode_give_no_percentage(
    phi: tuple[float, ...], share: float
) -> None:
    gone = Gradient(np.array(phi, np.float32), np.full(32, share, np.float32), share)
    screen = await seen("4", readings=replace(SOLVED, gradient=gone, reliance=None))
    assert "%" not in screen.view[0]


async def test_the_cursor_reads_which_flips_move_a_prediction() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("4", "tab", "left", "left", "down")
        found = re.findall(r"x\[t(?:-\d)?\] \d\.\d\d", stage.screen.reading)
        assert "row 2, step 11" in stage.screen.reading
        assert found[:3] == ["x[t-3] 0.98", "x[t] 0.02", "x[t-1] 0.01"]
        early = await stage.press(*["left"] * 8)
        assert "row 2, step 3: " in early.reading
        assert "row 2" not in (await stage.press("escape")).reading
    with_room = await seen("4", readings=SOLVED, size=(120, 44))
    assert any(line.endswith("   12 " + "··" * 8 + "██······") for line in with_room.view), (
        "a line for each prediction"
    )


async def test_a_flip_lights_exactly_the_steps_that_changed() -> None:
    none = flipped(SOLVED)
    assert none.flip is not None
    before = none.flip.before
    for after, turned in ((before, []), (before[:, ::-1], [*range(15)]), (none.flip.after, [9])):
        async with staged() as stage:
            await stage.put(readings=SOLVED)
            await stage.press("4", "tab", *["left"] * 6, "f")
            readings = replace(SOLVED, flip=replace(none.flip, after=after))
            screen = await stage.put(readings=readings)
            x, y = screen.place("then")
            base = screen.paper(x, y)
            lit = [n for n in range(15) if screen.paper(x + 6 + n, y) != base]
            assert lit == (turned or [9]), "or the prediction that is wrong now"
            (words,) = (line.split("flipped:")[1] for line in screen.view if "flipped:" in line)
            assert re.findall(r"\d+", words) == {0: [], 1: ["10"], 15: ["15"]}[len(turned)]
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("4", "f")
        assert stage.asked.flip == (0, 11), "its echo is the last of the 15"
        assert type(stage.asked.flip) is tuple, "so that it crosses a socket"
        for key in ("f", "escape"):
            await stage.press(key)
            assert stage.asked.flip is None
            await stage.press("f")


async def test_of_numbers_it_shows_what_raising_an_input_changes() -> None:
    config = EchoConfig.from_fields(
        {"task": "flip_flop", "bits": 2, "truncated_backprop_length": 4}
    )
    strength = np.tril(np.full((5, 4, 4), 0.02, np.float32)) + np.float32(0.06) * np.eye(
        4, dtype=np.float32
    )
    said = np.zeros((5, 4, 2), np.float32)
    after = np.array([[0, 0], [0, 0], [0.2, 0], [-0.1, 0]], np.float32)
    readings = replace(
        SOLVED,
        config=config,
        gradient=gradient(1, 0.5, 0.1, 0.05, 0.01),
        effects=Effects(strength, said, turned=strength > 1),
        reliance=None,
        progress=progress_of(config),
        flip=Flip(0, 3, np.zeros((4, 2), np.float32), said[0], after),
    )
    async with staged(config=config, size=(120, 44)) as stage:
        await stage.put(readings=replace(readings, flip=None))
        screen = await stage.press("4", "tab", "left")
        assert re.search(r"row 1, step 4: .*x\[t\] \.080, x\[t-\d\] \.020", screen.reading)
        assert any(line.rstrip().endswith("░░░░░░██") for line in screen.view)
        await stage.press("f")
        screen = await stage.put(readings=readings)
        assert stage.asked.flip == (0, 3)
        lines = "\n".join(screen.view)
        assert re.search(r"raise +\+", lines)
        assert re.search(r"move bit 1 +····██▂▂", lines)
        assert re.search(r"step 4 raised: .*0\.2", lines)
