"""The seeds: a line for each network, in the order in which they solved the task, and how many have
when."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig
from echornn.session.commands import Alone, Choose
from tests.door.views.stage import Branch, Screen, seen, staged

CHANCE = math.log(2)
MANY = EchoConfig(replicas=24)
FALLS = np.where(np.arange(24) % 3 == 1, 10**6, 200 + (np.arange(24) * 379) % 1000)
"""The window at which the loss of each network falls to nearly zero; every third never does."""


def losses_of(windows: int = 1600) -> npt.NDArray[np.float32]:
    return np.where(np.arange(windows)[:, None] < FALLS, CHANCE, 0.001).astype(np.float32)


def labels(screen: Screen) -> list[list[str]]:
    """Seed, the window at which it solved the task, and mean loss on each line."""
    lines = [
        line.replace(",", "")
        for line in screen.view
        if re.match(r"[►*]? *\d+ +([\d,]+|-) +\d\.\d{4}", line)
    ]
    return [re.findall(r"[\d.]+|-", line)[:3] for line in lines]


async def test_a_line_for_each_seed_in_the_order_of_when_it_solved_the_task() -> None:
    screen = await seen("6", losses=losses_of(), config=MANY, size=(80, 40))
    order = sorted((fall, 7 + n) for n, fall in enumerate(FALLS) if fall < 10**6)
    found = labels(screen)
    assert [int(seed) for seed, *_ in found][:16] == [seed for _, seed in order]
    assert {at for _, at, _ in found[16:]} == {"-"}
    delays = {int(at) - fall for (_, at, _), (fall, _) in zip(found[:16], order, strict=True)}
    assert len(delays) == 1
    assert 10 < delays.pop() < 50
    assert {mean for *_, mean in found[:10]} == {"0.0010"}
    assert re.search(r"16 of 24 .*-\d+ of 24", screen.line("seeds: "))
    assert sum(line.startswith("►   7 ") for line in screen.view) == 1
    left = next(line for line in screen.view if line.startswith(" seed")).index(" 0 ") + 1
    for line in (line for line in screen.view if "0.0010 " in line):
        at = int(re.findall(r"\d+", line.replace(",", ""))[1])
        width = len(line) - left
        assert left + line[left:].index("·") == pytest.approx(
            left + width * (at - 30) / 1600, abs=2
        )
        assert line[left] == "█"
    plain = await seen("6", losses=losses_of(), config=MANY, size=(80, 40), ascii_only=True)
    assert plain.text.isascii()
    assert labels(plain) == found


async def test_other_orders_scrolling_and_choosing() -> None:
    async with staged([Branch(losses_of())], MANY, size=(80, 30)) as stage:
        await stage.put()
        screen = await stage.press("6")
        assert "solved at" in screen.reading
        by_seed = [seed for seed, *_ in labels(await stage.press("v"))]
        assert by_seed == [str(7 + n) for n in range(len(by_seed))]
        screen = await stage.press(*["down"] * len(by_seed))
        assert labels(screen)[0][0] == "8", "it scrolls with the chosen one"
        assert any(line.startswith(f"►{7 + len(by_seed):>4}") for line in screen.view)
        await stage.press(*["up"] * len(by_seed))
        by_loss = [mean for *_, mean in labels(await stage.press("v"))]
        assert by_loss == sorted(by_loss)
        await stage.press("v")
        for replica in (0, 23, 12):
            screen = await stage.put(replica=replica)
            assert [line.split()[1] for line in screen.view if line.startswith("►")] == [
                str(7 + replica)
            ]
        at = next(solved for seed, solved, _ in labels(screen) if seed == "19")
        assert f"seed 19: solved at {at}" in screen.reading
        await stage.press("down", "enter")
        assert stage.session.commands[-2:] == [Choose(20), Alone()]


async def test_what_nothing_solves_has_no_count_in_the_view_and_in_the_strip() -> None:
    config = EchoConfig(task="text", replicas=8)
    losses = np.full((300, 8), 1e-4, np.float32)
    async with staged([Branch(losses)], config, size=(120, 40)) as stage:
        await stage.put()
        screen = await stage.press("6")
        assert "nothing counts as solved: --solved-below decides" in screen.line("seeds: ")
        assert "nothing counts as solved" in screen.line(" solved│")
        assert re.search(r"seed 7: mean loss 0\.0001|seed 7: mean loss 1", screen.reading)
        assert not re.search(r"of 8 solved|/8 \(|not solved", screen.text)


@pytest.mark.parametrize("windows", [1, 800])
async def test_of_a_position_in_the_past_only_what_was_solved_by_then_counts(windows: int) -> None:
    screen = await seen("6", losses=losses_of(), config=MANY, here=windows, size=(80, 40))
    solved = int(re.search(r"(\d+) of 24", screen.line("seeds: "))[1])  # type: ignore[index]
    assert solved == {1: 0, 800: int((FALLS < 753).sum())}[windows]
    if windows == 800:
        lines = [line for line in screen.view if re.match(r"[► ] *\d+ +([\d,]+|-) ", line)]
        assert len({line.find("║") for line in lines}) == 1
        assert lines[0].index("║") == pytest.approx((lines[0].index("0.0") + 78) / 2 + 3, abs=3)


@pytest.mark.parametrize(
    ("fields", "solved", "chance"),
    [
        ({}, 0.04872, CHANCE),
        ({"task": "two_coins"}, 0.47071, 0.66156),
        ({"task": "adding"}, 0.011667, 1 / 6),
    ],
)
async def test_a_loss_is_drawn_as_solved_exactly_if_it_is_below_the_tasks_level(
    fields: dict[str, str], solved: float, chance: float
) -> None:
    config = EchoConfig.from_fields({**fields, "replicas": 4})
    losses = np.tile(np.array([solved * 0.98, solved * 1.02, chance, np.nan], np.float32), (300, 1))
    screen = await seen("6", "v", losses=losses, config=config, size=(80, 30))
    lines = [line for line in screen.view if re.match(r"[► ] *\d+ +([\d,]+|-) ", line)]
    assert [line[-10:-5] for line in lines][:3] == ["·····", "░░░░░", "█████"]
    assert lines[3][-10:-5] == "!!!!!"


async def test_what_became_of_a_network_is_read_by_the_mouse() -> None:
    losses: Any = losses_of(1600)
    losses[1400:, 0] = CHANCE
    async with staged([Branch(losses)], MANY, size=(100, 44)) as stage:
        await stage.put()
        screen = await stage.press("6")
        at = {
            seed: y
            for y, line in enumerate(screen.lines)
            for seed in re.findall(r"^.[► ] *(\d+) +(?:[\d,]+|-) +\d\.", line)
        }
        assert re.search(
            r"seed 7: solved at \d+, lost at 1,4\d\d", (await stage.hover(3, at["7"])).text
        )
        never = next(seed for seed, solved, _ in labels(screen) if solved == "-")
        assert re.search(
            rf"seed {never}: not solved, .*0\.6931", (await stage.hover(3, at[never])).text
        )


async def test_mean_losses_have_one_notation() -> None:
    losses = np.tile(np.array([0.0, 3.6e-10, 0.002], np.float32), (1200, 8))
    screen = await seen("6", losses=losses, config=MANY, size=(80, 40))
    means = re.findall(r"([<\d]\d*\.\d+) ", "\n".join(screen.view[2:]))
    assert {*means} == {"0.0000", "<0.0001", "0.0020"}
