"""The memory: how well each earlier input is read from the state, and which input each unit
follows."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig, Question
from tests.any_task import progress_of
from tests.door.views.stage import (
    LARGE,
    Branch,
    bar_height,
    floats,
    seen,
    seen_solved,
    staged,
    task_config,
)
from tests.readings_by_hand import MEMORY, SOLVED, UNITS, Memory, Readings


async def test_bars_are_as_high_as_the_readings_and_units_have_the_input_they_follow() -> None:
    screen = await seen_solved("3")
    assert "3.95 +- 0.02 of 4" in screen.view[0]
    assert "lags 0 to 18" in screen.view[0]
    assert "999" not in screen.view[0], "the newest window"
    assert screen.view[2:] == [
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
    plain = await seen_solved("3", ascii_only=True)
    assert plain.view[3].split()[-1] == "...^^vv^vvvv^^^"


async def test_with_room_each_bar_has_its_number() -> None:
    by_lag = floats(0.4, 0.05, 0.996, 0.7, 0.0, 0.2, *[0] * 10)
    screen = await seen_solved("3", memory=replace(MEMORY, by_lag=by_lag), size=(120, 50))
    view = screen.view
    labels = [line[:5] for line in view]
    top = labels.index("   1 ")
    base = labels.index("   0 ")
    for lag, number in enumerate([".40", ".05", "1.0", ".70", "", ".20"]):
        left = 5 + 4 * lag
        height = bar_height(view[top + 1 : base + 1], left)
        assert height == pytest.approx(by_lag[lag] * (base - top), abs=0.13)
        above = view[base - round(height + 0.49)]
        assert above[left : left + 3].strip() == number or not number


async def test_a_state_that_is_too_small_leaves_room_above_the_bars_up_to_the_echo() -> None:
    config = EchoConfig(echo_step=5)
    by_lag = floats(0.99, 0.76, 0.01, *[0] * 15)
    memory = Memory("h", by_lag, 4)
    screen = await seen_solved("3", config=config, memory=memory, units=None)
    assert "1.76 of 4" in screen.view[0]
    missing = max(line.split("┊")[0].count("░") for line in screen.view)
    assert missing in (4, 8, 12), "lags 2 to 5"
    assert "▲ echo 5" in screen.text


async def bars_of(config: EchoConfig) -> tuple[str, str]:
    """The last two lines of the view: the lags, and what is marked below them."""
    screen = await seen_solved("3", config=config, units=None, progress=None, size=(120, 44))
    *_, lags, foot = screen.view
    return lags, foot


async def test_the_end_of_the_window_is_marked_and_the_exact_gradient_has_none() -> None:
    lags, foot = await bars_of(EchoConfig(truncated_backprop_length=3))
    assert lags.index(" 2 ") < foot.index("┊") < lags.index(" 3 ") + 3
    assert "T 3" in foot
    _, foot = await bars_of(EchoConfig(rule="rtrl"))
    assert "┊" not in foot


async def test_each_lag_of_a_task_is_marked() -> None:
    lags, foot = await bars_of(task_config("two_coins"))
    assert foot.count("▲") == 2
    assert foot.index("▲") == lags.index(" 3 ") + 1
    assert foot.rindex("▲") == lags.index(" 8 ") + 1


async def test_lags_rows_units_and_steps_are_read_by_keys_and_mouse() -> None:
    async with staged("3 tab right", readings=SOLVED) as stage:
        assert re.search(r"lag 3.* 1\.00 .*2,048.*unit 1 .*\+1\.00", stage.reading)
        await stage.press("left")
        assert re.search(r"lag 2.* 0\.99 .*unit 3", stage.reading)
        screen = await stage.after("left")
        assert "lag 1: " in screen.reading
        assert "lag  0 1 2   4" in screen.text, "its number, though there is no room for all"
        x, y = screen.place("1", after="lag  0")
        assert screen.paper(x, y) != screen.paper(x + 2, y)
        await stage.press("escape")
        assert "lag 1" not in stage.reading
        x, y = screen.place("···▲")
        await stage.hover(x + 3, y)
        assert re.search(r"unit 1, row 1, step 4: [+-]0\.980.*x\[t-3\] r 1\.00", stage.text)
        assert "row 2" in (await stage.after("down")).text


async def test_parts_are_chosen_in_turn_and_asked_for() -> None:
    async with staged("3", config=EchoConfig(cell="gru"), readings=SOLVED) as stage:
        for key, part in zip("nnnN", ("update", "reset", "h", "reset"), strict=True):
            await stage.press(key)
            assert stage.asked == Question(frozenset({"memory", "units"}), part)
        memory = replace(MEMORY, part="reset")
        units = replace(UNITS, part="reset")
        await stage.put(readings=replace(SOLVED, memory=memory, units=units))
        assert stage.view[0].lstrip(">").startswith("memory of reset: 3.95 +- 0.02 of 4")


async def test_units_that_follow_nothing_or_a_target_are_told_apart() -> None:
    units = replace(
        UNITS,
        correlation=floats(0.19, -0.5, 1, 0.9),
        spread=floats(1, 1, 0, 1),
        best_target=np.array([-1, -1, -1, 0], np.int32),
    )
    screen = await seen_solved("3", units=units)
    follows = ("1 ~ mixed r 0.19", "2 ~ x[t-1] r -0.50", "3 ~ still", "4 ~ y[t] r 0.90")
    for line, words in zip(screen.view[3:7], follows, strict=True):
        assert line[43:63].split() == words.split()


async def test_inputs_have_the_names_that_their_task_gives_them() -> None:
    config = task_config("adding")
    units = replace(UNITS, best_channel=np.array([1, 0, 1, 0], np.int32))
    readings = replace(SOLVED, config=config, units=units, progress=progress_of(config))
    screen = await seen("3", readings=readings, size=LARGE)
    for name in ("1 ~ mark[t-3]", "2 ~ value[t-1]", "3 ~ mark[t-2]", "4 ~ value[t]"):
        assert name in screen.text


async def test_of_which_branch_and_seed_the_readings_are_is_said_if_others_are_shown() -> None:
    branches = [Branch([0.5] * 1234), Branch([0.5] * 9, "edit", (0, 1234))]
    shown = {"path_branch": 1, "branch": 1, "size": (100, 24)}
    screen = await seen("3", readings=SOLVED, branches=branches, **shown)
    assert screen.view[0].endswith("of window 999, branch a")
    losses = np.full((999, 8), 0.5)
    seeds = {"losses": losses, "config": EchoConfig(replicas=8), "replica": 2}
    many = await seen("3", readings=SOLVED, **seeds)
    assert many.view[1].endswith("of seed 7")


async def test_of_which_window_the_readings_are_is_said_if_it_is_not_the_newest() -> None:
    async with staged("3", windows=1234, readings=SOLVED) as stage:
        for width in (60, 100):
            title = (await stage.resize(width, 24)).view[0]
            assert title.endswith((" of window 999", " at 999"))


async def test_while_nothing_is_read_it_is_said_why() -> None:
    assert "computing" in (await seen("3")).view[0]
    failed = await seen("3", readings=SOLVED, why_no_readings="the probes failed: out of memory")
    assert "out of memory" in failed.view[0]
    assert "nothing trained" in (await seen("3", losses=[])).text


async def test_numbers_count_as_not_finite_only_if_nothing_could_be_read() -> None:
    nothing = Readings(SOLVED.config, SOLVED.branch, SOLVED.window)
    other = replace(nothing, saturation={"h": 0.5})
    for readings, words in ((nothing, "not finite"), (other, "computing")):
        assert words in (await seen("3", windows=999, readings=readings)).view[0]


async def test_a_unit_that_follows_a_hidden_variable_has_its_name() -> None:
    carry = floats(0.1, -0.99, 0.2, 0.0)
    units = replace(
        UNITS,
        correlation=floats(1, -0.99, 1, -0.71),
        hidden={"depth": floats(0, 0, 0, 0), "carry": carry},
        best_hidden=np.array([-1, 1, -1, -1], np.int32),
    )
    screen = await seen_solved("3", units=units, size=LARGE)
    assert "2 ~ carry[t] r -0.99" in screen.text
    assert re.search(r"1 ~ x\[t-3\] +r  1.00", screen.text)
