"""The memory: how well each earlier input is read from the state, and which input each unit
follows."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig, Question
from tests.any_task import progress_of
from tests.door.views.stage import Branch, seen, staged
from tests.readings_by_hand import MEMORY, SOLVED, UNITS, Memory


async def test_bars_are_as_high_as_the_readings_and_units_are_named_by_the_input_they_follow() -> (
    None
):
    screen = await seen("3", readings=SOLVED)
    assert "3.95 +- 0.02 of 4" in screen.view[0]
    assert "lags 0 to 18" in screen.view[0]
    assert [line.rstrip() for line in screen.view[2:]] == [
        "     ▆ ▇ ▇ █                       ┊       input               ██▁▁█▁▁▁▁█████▁",
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
    assert screen.view[1].startswith("   1 "), "above the highest bar, as far as from .5 to 0"
    assert "70%" in screen.view[1]
    plain = await seen("3", readings=SOLVED, ascii_only=True)
    assert plain.view[3].split()[-1] == "...^^vv^vvvv^^^"
    assert plain.text.isascii()


async def test_with_room_each_bar_has_its_number() -> None:
    by_lag = np.array([0.4, 0.05, 0.996, 0.7, 0.0, 0.2, *[0] * 10], np.float32)
    readings = replace(SOLVED, memory=replace(MEMORY, by_lag=by_lag))
    screen = await seen("3", size=(120, 50), readings=readings)
    top = next(y for y, line in enumerate(screen.view) if line.startswith("   1 "))
    base = next(y for y, line in enumerate(screen.view) if line.startswith("   0 "))
    for lag, (share, text) in enumerate(
        zip(by_lag[:6], (".40", ".05", "1.0", ".70", "", ".20"), strict=True)
    ):
        column = [line[5 + 4 * lag : 8 + 4 * lag] for line in screen.view[top + 1 : base + 1]]
        height = sum("▁▂▃▄▅▆▇█".find(one[:1] or " ") + 1 for one in column) / 8
        assert height == pytest.approx(share * (base - top), abs=0.13)
        above = screen.view[base - round(height + 0.49)][5 + 4 * lag : 8 + 4 * lag]
        assert above.strip() == text or not text


async def test_a_state_that_is_too_small_leaves_room_above_the_bars_up_to_the_echo() -> None:
    config = EchoConfig(echo_step=5)
    by_lag = np.array([0.99, 0.76, 0.01, *[0] * 15], np.float32)
    readings = replace(SOLVED, config=config, memory=Memory("h", by_lag, 4), units=None)
    screen = await seen("3", config=config, readings=readings)
    assert "1.76 of 4" in screen.view[0]
    assert max(line.split("┊")[0].count("░") for line in screen.view) in (4, 8, 12), "lags 2 to 5"
    assert "▲ echo 5" in screen.text


@pytest.mark.parametrize(
    ("config", "wall"),
    [(EchoConfig(truncated_backprop_length=3), 3), (EchoConfig(rule="rtrl"), None)],
)
async def test_the_end_of_the_window_is_marked_where_the_gradient_ends(
    config: EchoConfig, wall: int | None
) -> None:
    readings = replace(SOLVED, config=config, units=None, progress=None)
    screen = await seen("3", config=config, readings=readings, size=(120, 44))
    foot = screen.view[-1]
    assert ("┊" in foot) == (wall is not None)
    if wall is not None:
        lags = screen.view[-2]
        assert lags.index(f" {wall - 1} ") < foot.index("┊") < lags.index(f" {wall} ") + 3
        assert f"T {wall}" in foot
    coins = EchoConfig.from_fields({"task": "two_coins"})
    found = (
        await seen("3", config=coins, readings=replace(readings, config=coins), size=(120, 44))
    ).view
    assert [found[-2].index(" 3 ") + 1, found[-2].index(" 8 ") + 1] == [
        x for x, c in enumerate(found[-1]) if c == "▲"
    ]


async def test_lags_rows_units_and_steps_are_read_by_keys_and_mouse() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        screen = await stage.press("3", "tab", "right")
        assert re.search(r"lag 3.* 1\.00 .*2,048.*unit 1 .*\+1\.00", screen.reading)
        assert re.search(r"lag 2.* 0\.99 .*unit 3", (await stage.press("left")).reading)
        screen = await stage.press("left")
        assert "lag 1: " in screen.reading
        assert "lag  0 1 2   4" in screen.text, "its number, though there is no room for all"
        x, y = screen.place("1", after="lag  0")
        assert screen.paper(x, y) != screen.paper(x + 2, y)
        assert "lag 1" not in (await stage.press("escape")).reading
        x, y = screen.place("···▲")
        assert re.search(
            r"unit 1, row 1, step 4: [+-]0\.980.*x\[t-3\] r 1\.00",
            (await stage.hover(x + 3, y)).text,
        )
        assert (
            "row 2" in (await stage.press("greater_than_sign")).text
            or "row 2" in (await stage.press("down")).text
        )
        await stage.resize(60, 24)
        bars = "▲ echo 3" in stage.screen.text
        assert bars != ("▲ echo 3" in (await stage.press("v")).text), (
            "where there is room for one, a key swaps them"
        )


async def test_parts_are_chosen_in_turn_and_asked_for() -> None:
    async with staged(config=EchoConfig(cell="gru")) as stage:
        await stage.put(readings=SOLVED)
        for key, part in (("n", "update"), ("n", "reset"), ("n", "h"), ("N", "reset")):
            await stage.press("3", key)
            assert stage.asked == Question(frozenset({"memory", "units"}), part)
        gate = replace(MEMORY, part="reset"), replace(UNITS, part="reset")
        screen = await stage.put(readings=replace(SOLVED, memory=gate[0], units=gate[1]))
        assert screen.view[0].lstrip(">").startswith("memory of reset: 3.95 +- 0.02 of 4")


async def test_units_that_follow_nothing_or_a_target_are_told_apart() -> None:
    mixed = replace(
        UNITS,
        correlation=np.array([0.19, -0.5, 1, 0.9], np.float32),
        spread=np.array([1, 1, 0, 1], "f4"),
    )
    mixed = replace(mixed, best_target=np.array([-1, -1, -1, 0], np.int32))
    lines = (await seen("3", readings=replace(SOLVED, units=mixed))).view[3:7]
    follows = [re.sub(r"\s+", " ", line[43:63]).strip() for line in lines]
    assert follows == ["1 ~ mixed r 0.19", "2 ~ x[t-1] r -0.50", "3 ~ still", "4 ~ y[t] r 0.90"]


async def test_inputs_have_the_names_that_their_task_gives_them() -> None:
    config = EchoConfig.from_fields({"task": "adding"})
    progress = progress_of(config)
    units = replace(UNITS, best_channel=np.array([1, 0, 1, 0], np.int32))
    readings = replace(SOLVED, config=config, units=units, progress=progress)
    screen = await seen("3", readings=readings, config=config, size=(120, 40))
    for name in ("1 ~ mark[t-3]", "2 ~ value[t-1]", "3 ~ mark[t-2]", "4 ~ value[t]"):
        assert name in screen.text


async def test_whose_readings_they_are_is_said_where_they_are_not_of_what_is_shown() -> None:
    assert "999" not in (await seen("3", readings=SOLVED)).view[0]
    other = [Branch([0.5] * 1234), Branch([0.5] * 9, "edit", (0, 1234))]
    screen = await seen("3", readings=SOLVED, branches=other, line=1, branch=1, size=(100, 24))
    assert screen.view[0].endswith("of window 999, branch a")
    async with staged([Branch([0.5] * 1234)]) as stage:
        await stage.put(readings=SOLVED)
        for key in "345":
            await stage.press(key)
            for width in (60, 100):
                assert (
                    (await stage.resize(width, 24)).view[0].endswith((" of window 999", " at 999"))
                )
    seeds = EchoConfig(replicas=8)
    many = await seen(
        "3", readings=SOLVED, branches=[Branch(np.full((999, 8), 0.5))], config=seeds, replica=2
    )
    assert many.view[1].endswith("of seed 7")


async def test_while_nothing_is_read_it_is_said_why() -> None:
    assert "computing" in (await seen("3")).view[0]
    assert (
        "out of memory"
        in (await seen("3", readings=SOLVED, unread="the probes failed: out of memory")).view[0]
    )
    assert "nothing trained" in (await seen("3", branches=[Branch([])], state="paused")).text
