"""From one network to 64 seeds and back, and the keys that choose one of them."""

from __future__ import annotations

import re

from echornn.session.commands import Step
from tests.door.app.stage import MIDDLE, Stage, opened
from tests.scripted import SMALL_POPULATION


async def test_from_one_network_to_64_seeds_and_back_to_where_each_was_left() -> None:
    async with opened(size=MIDDLE) as stage:
        await stage.press("e . . L")
        stage.stands(replicas=64, seed=7, trained=0)
        assert "of 64 solved" in await stage.after(". . . 6")
        assert re.search(r"\bseed 7\b", stage.lines[0])
        await stage.press("L")
        stage.stands(replicas=1, trained=12, branch=0)
        await stage.press(". L")
        stage.stands(replicas=64, trained=3, branch=1)
        await stage.press("L")
        stage.stands(replicas=1, trained=13, trained_in_all=16)


def solved(stage: Stage) -> dict[int, str]:
    """For the seeds in view 6, from above to below, the window at which each solved the task."""
    windows = {}
    for line in stage.lines:
        match = re.match(r"\s*►?\s*(\d+) +(-|\d+) +\S+ [█▓▒░·]+", line)
        if match:
            windows[int(match[1])] = match[2]
    return windows


async def test_a_seed_is_chosen_by_keys() -> None:
    async with opened(SMALL_POPULATION, Step(400), size=MIDDLE) as stage:
        text = await stage.after("6")
        assert re.search(r"\b4 of 6 solved", text)
        windows = {7: "89", 11: "89", 10: "108", 8: "263", 9: "-", 12: "-"}
        assert solved(stage) == windows
        assert [*solved(stage)] == [7, 11, 10, 8, 9, 12]
        await stage.press("down")
        stage.stands(replica=11 - 7)
        assert re.search(r"\bseed 11\b", stage.lines[0])
        assert re.search(r"seed 11: .*\b\d+", " ".join(stage.lines[1:3]))
        for keys, seed in (("end", 12), ("<", 9), ("home >", 11)):
            await stage.press(keys)
            stage.stands(replica=seed - 7)
        await stage.press("v")
        assert [*solved(stage)] == [7, 8, 9, 10, 11, 12]


async def test_edits_and_the_past_act_on_all_of_them() -> None:
    async with opened(SMALL_POPULATION, size=MIDDLE) as stage:
        await stage.press("e s down + escape e [")
        stage.stands(replicas=6, learning_rate=0.5, trained=19)
        await stage.press("R")
        stage.stands(replicas=6, init_index=1, trained=0)
