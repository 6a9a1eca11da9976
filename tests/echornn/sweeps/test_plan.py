"""How the networks of a sweep are divided into parts."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from echornn.config import EchoConfig
from echornn.sweeps.plan import Plan, halves, microseconds
from echornn.training.replica_configs import require_one_structure
from echornn.training.window_cost import seconds_to_compile


def networks(seeds: int, **fields: int | str) -> list[EchoConfig]:
    return [EchoConfig(seed=seed, **fields) for seed in range(seeds)]  # type: ignore[arg-type]


def test_every_network_is_in_one_part_and_easy_ones_come_first() -> None:
    configs = [one for echo in (14, 3, 9) for cell in ("rnn", "gru") for one in networks(40, echo_step=echo, cell=cell)]
    plan = Plan.of(configs, "solved", 2)
    assert plan.structures == 2
    assert sorted((one for part in plan.parts for one in part.configs), key=str) == sorted(configs, key=str)
    for part in plan.parts:
        require_one_structure(part.configs)
    echoes = [part.configs[-1].echo_step for part in plan.parts]
    assert echoes == sorted(echoes)
    assert [part.number for part in plan.parts] == list(range(len(plan.parts)))


@pytest.mark.parametrize(("seeds", "workers", "parts"), [(8, 2, 1), (16, 2, 2), (64, 1, 1), (65, 1, 2), (64, 8, 8)])
def test_a_structure_keeps_its_share_of_the_workers_busy(seeds: int, workers: int, parts: int) -> None:
    plan = Plan.of(networks(seeds), "solved", workers)
    sizes = [len(part.configs) for part in plan.parts]
    assert len(sizes) == parts
    assert max(sizes) - min(sizes) <= 1


def test_nothing_is_a_plan_too() -> None:
    assert Plan.of([], "solved", 2) == Plan((), 0, 0.0)


def test_the_estimate_is_of_the_right_size() -> None:
    measured = {(4, 5, "rnn"): 1.5, (16, 5, "rnn"): 12, (16, 5, "gru"): 46, (16, 5, "lstm"): 63, (16, 50, "rnn"): 86}
    for (state, batch, cell), us in measured.items():
        config = replace(EchoConfig(), state_size=state, batch_size=batch, cell=cell)
        assert us / 2 < microseconds(config, 1) < us * 2
    alone = {"rnn": (94, 3.7), "gru": (300, 9.3), "lstm": (325, 11.4)}
    for task, (cell, (us, seconds)) in itertools.product(("two_coins", "flip_flop"), alone.items()):
        sizes = {"state_size": 6, "batch_size": 50, "truncated_backprop_length": 20}
        config = EchoConfig.from_fields({"task": task, "cell": cell, **sizes})
        assert us / 2 < microseconds(config, 1) < us * 2
        assert seconds / 1.5 < seconds_to_compile(config) < seconds * 1.5


def test_halves_keep_points_whole() -> None:
    configs = networks(6)
    assert halves(configs, [0, 0, 1, 1, 2, 2]) == [tuple(configs[:2]), tuple(configs[2:])]
    assert halves(configs, [0] * 6) == [tuple(configs)]
