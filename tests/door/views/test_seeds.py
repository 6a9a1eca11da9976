"""The seeds: a line for each network, in the order in which they solved the task, and how many have
when."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.machines import Automata
from echornn.session.commands import Alone, Choose
from tests.door.views.stage import LARGE, Screen, seen, staged
from tests.readings_by_hand import Readings

CHANCE = math.log(2)
MANY = EchoConfig(replicas=24)
NEVER = 10**6
INDEX = np.arange(24)
FALLS = np.where(INDEX % 3 == 1, NEVER, 200 + INDEX * 379 % 1000)
"""The window at which the loss of each network falls to nearly zero; every third never does."""

WINDOWS = np.arange(1600)[:, np.newaxis]
LOSSES = np.where(WINDOWS < FALLS, CHANCE, 0.001)
RUN: dict[str, Any] = {"losses": LOSSES, "config": MANY, "size": (80, 40)}


class Row(NamedTuple):
    """A line of the view, and the line of the screen on which it is."""

    y: int
    line: str
    mark: str
    seed: int
    solved: str  # the window at which it solved the task, or -
    mean: str  # loss


def rows_of(screen: Screen) -> list[Row]:
    rows = []
    for y, line in enumerate(screen.lines):
        match = re.match(r".([►*]?) *(\d+) +([\d,]+|-)[ ◆]+(\d\.\d{4})", line.replace(",", ""))
        if match:
            mark, seed, solved, mean = match.groups()
            rows.append(Row(y, line[1:], mark, int(seed), solved, mean))
    return rows


def chosen(rows: list[Row]) -> Row:
    """The only row that is marked."""
    (row,) = [row for row in rows if row.mark]
    return row


async def test_a_line_for_each_seed_in_the_order_of_when_it_solved_the_task() -> None:
    screen = await seen("6", **RUN)
    assert re.search(r"16 of 24 .*-\d+ of 24", screen.line("seeds: "))
    rows = rows_of(screen)
    assert chosen(rows).seed == 7
    order = np.argsort(FALLS, kind="stable")
    delay = int(rows[0].solved) - FALLS[order[0]]
    assert 10 < delay < 50
    for row, index in zip(rows[:16], order[:16], strict=True):
        assert row.seed == 7 + index
        assert row.solved == str(FALLS[index] + delay)
    for row in rows[:10]:
        assert row.mean == "0.0010"
    assert {row.solved for row in rows[16:]} == {"-"}


async def test_the_bar_of_a_seed_ends_where_it_solved_the_task() -> None:
    screen = await seen("6", **RUN)
    left = screen.line("seed solved ").index(" 0 ")
    for row in rows_of(screen)[:16]:
        bar = row.line[left:]
        share = (int(row.solved) - 30) / 1600
        assert bar.index("·") == pytest.approx(len(bar) * share, abs=2)
        assert bar[0] == "█"


async def test_other_orders_scrolling_and_choosing() -> None:
    async with staged("6", **RUN) as stage:
        assert "solved at" in stage.reading
        by_seed = rows_of(await stage.after("v"))
        count = len(by_seed)
        assert count < 24
        for seed, row in enumerate(by_seed, 7):
            assert row.seed == seed
        scrolled = rows_of(await stage.after("down " * count))
        assert scrolled[0].seed == 8, "it scrolls with the chosen one"
        assert chosen(scrolled).seed == 7 + count
        await stage.press("up " * count)
        by_loss = [row.mean for row in rows_of(await stage.after("v"))]
        assert by_loss == sorted(by_loss)


async def test_the_chosen_seed_is_marked_and_read_and_goes_on_alone() -> None:
    async with staged("6", **RUN) as stage:
        for replica in (0, 23, 12):
            screen = await stage.put(replica=replica)
            row = chosen(rows_of(screen))
            assert row.seed == 7 + replica
        assert f"seed 19: solved at {row.solved}" in screen.reading.replace(",", "")
        await stage.press("down enter")
        assert stage.session.commands[-2:] == [Choose(20), Alone()]


async def test_what_nothing_solves_has_no_count_in_the_view_and_in_the_strip() -> None:
    config = EchoConfig(task="text", replicas=8)
    losses = np.full((300, 8), 1e-4)
    screen = await seen("6", losses=losses, config=config, size=LARGE)
    assert "nothing counts as solved: --solved-below decides" in screen.line("seeds: ")
    assert "nothing counts as solved" in screen.line(" solved│")
    assert re.search(r"seed 7: mean loss 0\.0001|seed 7: mean loss 1", screen.reading)
    assert not re.search(r"of 8 solved|/8 \(|not solved", screen.text)


async def test_of_a_position_in_the_past_only_what_was_solved_by_then_counts() -> None:
    first = await seen("6", **RUN, here=1)
    assert "seeds: 0 of 24" in first.line("seeds: ")
    screen = await seen("6", **RUN, here=800)
    assert f"seeds: {(FALLS < 753).sum()} of 24" in screen.line("seeds: ")
    rows = rows_of(screen)
    (place,) = {row.line.find("║") for row in rows}
    assert place == pytest.approx((rows[0].line.index("0.0") + 78) / 2 + 3, abs=3)


@pytest.mark.parametrize(
    ("fields", "solved", "chance"),
    [
        ({}, 0.04872, CHANCE),
        ({"task": "adding"}, 0.011667, 1 / 6),
    ],
)
async def test_a_loss_is_drawn_as_solved_exactly_if_it_is_below_the_tasks_level(
    fields: dict[str, str], solved: float, chance: float
) -> None:
    config = EchoConfig.from_fields({**fields, "replicas": 4})
    losses = np.tile([solved * 0.98, solved * 1.02, chance, np.nan], (300, 1))
    screen = await seen("6 v", losses=losses, config=config, size=(80, 30))
    lines = [line for line in screen.view if re.match(r"[► ] *\d+ +(\d+|-) ", line)]
    for line, bar in zip(lines, ("·····", "░░░░░", "█████", "!!!!!"), strict=True):
        assert line[-10:-5] == bar


async def test_what_became_of_a_network_is_read_by_the_mouse() -> None:
    losses = LOSSES.copy()
    losses[1400:, 0] = CHANCE
    async with staged("6", losses=losses, config=MANY, size=(100, 44)) as stage:
        rows = rows_of(stage.screen)
        lost = next(row for row in rows if row.seed == 7)
        await stage.hover(3, lost.y)
        assert re.search(r"seed 7: solved at \d+, lost at 1,4\d\d", stage.text)
        never = next(row for row in rows if row.seed == 8)
        assert never.solved == "-"
        await stage.hover(3, never.y)
        assert re.search(r"seed 8: not solved, .*0\.6931", stage.text)


async def test_mean_losses_have_one_notation() -> None:
    losses = np.tile([0.0, 3.6e-10, 0.002], (1200, 8))
    screen = await seen("6", losses=losses, config=MANY, size=(80, 40))
    means = re.findall(r"([<\d]\d*\.\d+) ", "\n".join(screen.view[2:]))
    assert {*means} == {"0.0000", "<0.0001", "0.0020"}


PARITY = EchoConfig(task="parity", replicas=24)
IS_RIGHT = INDEX % 2 == 0
MACHINES = Readings(
    PARITY.of(3), 0, 1600, ("h",), automata=Automata((*range(7, 31),), IS_RIGHT, 3 - IS_RIGHT)
)


async def test_networks_that_have_become_the_tasks_machine_are_counted_and_marked() -> None:
    async with staged("6", losses=LOSSES, config=PARITY, size=(80, 40)) as stage:
        assert stage.asked.kinds == {"automata"}
        assert "machine" not in stage.text
        before = [row.line.index("█") for row in rows_of(stage.screen)]

        screen = await stage.put(readings=MACHINES)
        # Wilson's interval of 12 of 24: (1/2 +- 1.96 sqrt(1/96 + 1.96^2/2304)/(1 + 1.96^2/24))
        head = screen.line("seeds: ")
        assert head.startswith(" >seeds: 16 of 24 solved, ◆ machine: 12 (31 to 69 %)  ")
        rows = rows_of(screen)
        for row in rows:
            assert ("◆" in row.line) == IS_RIGHT[row.seed - 7]
        assert [row.line.index("█") for row in rows] == before, "no bar has moved"
        assert "seed 7: solved at" in screen.reading
        assert "; has become the task's machine of 2 states" in screen.reading
        assert "; not the task's machine" in (await stage.put(readings=MACHINES, replica=1)).reading


async def test_it_says_at_which_window_they_were_and_nothing_on_another_branch() -> None:
    async with staged("6", losses=LOSSES, config=PARITY, size=(80, 40)) as stage:
        await stage.put(readings=MACHINES)
        screen = await stage.put(here=1200)
        assert "machine: 12 (31 to 69 %) at 1,600" in screen.line("seeds: ")
        assert "machine" not in (await stage.put(branch=1)).text


async def test_no_machine_is_asked_for_where_the_task_has_none() -> None:
    config = EchoConfig(task="adding", replicas=24)
    async with staged("6", losses=LOSSES, config=config) as stage:
        assert stage.session.asked is None
