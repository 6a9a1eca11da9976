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
from tests.readings_by_hand import SOLVED, Effects, Flip, Gradient, flipped


def gradient(*bias: float) -> Gradient:
    return Gradient(np.ones(len(bias), np.float32), np.array(bias, np.float32), 0.2)


async def test_bars_by_lag_on_a_scale_of_powers_of_ten_with_t_and_the_row_that_is_used() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("4", "tab", *["left"] * 6, "f")
        assert stage.asked.flip == (0, 6)
        screen = await stage.put(readings=flipped(SOLVED))
        assert re.findall(r"\d+ %", screen.view[0]) == ["21 %"], "what is left out"
        assert [line.rstrip() for line in screen.view[2:9]] == [
            " 1e0 ▁                             ┊          input ██▁▁█▁0▁▁█████▁",
            "     █ ▆ ▃                         ┊          flip        1",
            "1e-2 █ █ █ █ ▅ ▃                   ┊          uses  ···█···",
            "     █ █ █ █ █ █ █ ▅ ▂             ┊          pred  ▁▁▁▓▓▁0▓▁▁▁▁▓▓▓",
            "     █ █ █ █ █ █ █ █ █ █ ▅ ▂       ┊          then  ▁▁▁▓▓▁▁▓▁1▁▁▓▓▓",
            "1e-4 █ █ █ █ █ █ █ █ █ █ █ █ ▇ ▅ ▂ ┊          step 7 flipped: 10 turns",
            "     █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ ┊ ▒ ▒ ▒    flips turn: x[t-3] 100 % of 512",
        ]
        assert screen.view[-2:] == [
            "lag  0   2   4   6   8   10  12  14┊   16",
            "           ▲ echo 3  T 15: cut off ┊",
        ]
        assert re.search(r"x\[t-3\] .*100 %", screen.view[8])
    plain = await seen("4", readings=SOLVED, ascii_only=True, size=(200, 50))
    assert plain.text.isascii()


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
