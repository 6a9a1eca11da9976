"""From one network to 64 seeds and back, and the keys that choose one of them."""

from __future__ import annotations

import re

from echornn.session.commands import Step
from tests.door.app.stage import Stage, opened
from tests.scripted import SMALL_POPULATION


async def test_from_one_network_to_64_seeds_and_back_to_where_each_was_left() -> None:
    async with opened(size=(100, 30)) as stage:
        await stage.press("e", ".", ".", "L")
        assert (stage.frame.config.replicas, stage.frame.config.seed, stage.frame.trained) == (
            64,
            7,
            0,
        )
        await stage.press(".", ".", ".")
        text = await stage.seen("6")
        assert re.search(r"of 64 solved", text)
        assert re.search(r"\bseed 7\b", stage.lines[0])
        await stage.press("L")
        assert (stage.frame.config.replicas, stage.frame.trained, stage.frame.branch) == (1, 12, 0)
        await stage.press(".", "L")
        assert (stage.frame.config.replicas, stage.frame.trained, stage.frame.branch) == (64, 3, 1)
        await stage.press("L")
        assert (stage.frame.config.replicas, stage.frame.trained) == (1, 13)
        assert stage.frame.trained_in_all == 16


def seeds(stage: Stage) -> dict[int, str]:
    """The seeds of the lines of view 6, from above to below, and the window at which each solved
    the task."""
    found = (re.match(r"\s*►?\s*(\d+) +(-|\d+) +\S+ [█▓▒░·]+", line) for line in stage.lines)
    return {int(one[1]): one[2] for one in found if one}


async def test_a_seed_is_chosen_and_enter_goes_on_with_it_alone() -> None:
    async with opened(SMALL_POPULATION, Step(400), size=(100, 30)) as stage:
        await stage.press("6")
        assert re.search(r"\b4 of 6 solved", stage.text)
        assert seeds(stage) == {7: "89", 11: "89", 10: "108", 8: "263", 9: "-", 12: "-"}
        order = list(seeds(stage))
        await stage.press("down")
        assert stage.frame.replica == order[1] - 7
        assert re.search(rf"\bseed {order[1]}\b", stage.lines[0])
        assert re.search(rf"seed {order[1]}: .*\b\d+", " ".join(stage.lines[1:3]))
        await stage.press("end")
        assert stage.frame.replica == order[5] - 7
        await stage.press("<")
        assert stage.frame.replica == order[4] - 7
        await stage.press("home", ">")
        assert stage.frame.replica == order[1] - 7
        await stage.press("v")
        assert list(seeds(stage)) == [7, 8, 9, 10, 11, 12]
        trained = stage.frame.trained
        await stage.press("enter")
        assert (stage.frame.config.replicas, stage.frame.config.seed) == (1, order[1])
        assert (stage.frame.trained, stage.frame.branch) == (trained, 1)
        await stage.press("u")
        assert (stage.frame.config.replicas, stage.frame.trained) == (6, trained)


async def test_edits_and_the_past_act_on_all_of_them() -> None:
    async with opened(SMALL_POPULATION, size=(100, 30)) as stage:
        await stage.press("e", "s", "down", "+", "escape", "e", "[")
        assert (
            stage.frame.config.replicas,
            stage.frame.config.learning_rate,
            stage.frame.trained,
        ) == (6, 0.5, 19)
        await stage.press("R")
        assert (stage.frame.init_index, stage.frame.trained, stage.frame.config.replicas) == (
            1,
            0,
            6,
        )
