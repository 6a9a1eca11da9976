"""A part of a sweep, whose networks end one after the other, against the same networks that all
train to the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.sweeps import part_trainer
from echornn.sweeps.results import Result, TrainedNetwork
from echornn.sweeps.sweep import Part, TrainedWindows
from echornn.training.population import Population
from tests.compiled import plain
from tests.door.oracles.probes.numpy_network import AnyWeights, Array, rnn

pytestmark = pytest.mark.slow

CONFIG = EchoConfig(
    total_series_length=3000,
    truncated_backprop_length=2,
    echo_step=1,
    state_size=3,
    init="glorot",
    num_epochs=3,
)


def test_each_is_solved_where_it_is_though_others_have_left_its_population(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that a smaller population is always worth it
    monkeypatch.setattr(part_trainer, "SECONDS_TO_MAKE", 0.0)
    configs = tuple(replace(CONFIG, seed=seed) for seed in range(12))
    with plain():
        population = Population(configs, at_once=1)
        population.advance(10**6)
        results: dict[EchoConfig, Result] = {}
        for news in part_trainer.PartTrainer().train(Part(0, configs, "solved")):
            if isinstance(news, TrainedWindows):
                results.update({network.config: network.result for network in news.ended})
    solved_at = [results[config].solved_at or 0 for config in configs]
    assert solved_at == population.solved_at.tolist()
    assert len(set(solved_at)) > 4, "not all at once"


PARITY = EchoConfig.from_fields(
    {
        "task": "parity",
        "length": 6,
        "state_size": 8,
        "init": "orthogonal",
        "batch_size": 16,
        "total_series_length": 96_000,
        "num_epochs": 1,
        "optimizer": "adam",
        "learning_rate": 0.01,
    }
)


def trained(*seeds: int) -> dict[int, TrainedNetwork]:
    """Networks that are trained side by side until they are the automaton of parity, by seed."""
    configs = tuple(replace(PARITY, seed=seed) for seed in seeds)
    networks = {}
    for news in part_trainer.PartTrainer().train(Part(0, configs, "automaton", 1.0, True)):
        if isinstance(news, TrainedWindows):
            networks.update({network.config.seed: network for network in news.ended})
    return networks


def share_right(weights: AnyWeights) -> float:
    """Of the steps of random words of 60 bits, in NumPy."""
    w: Mapping[str, Array] = {name: np.asarray(array) for name, array in weights.items()}
    bits = np.random.default_rng(1).integers(0, 2, (200, 60)).astype(float)
    h = np.zeros((200, 8))
    said = []
    for step in range(60):
        h = rnn(w, bits[:, step : step + 1], h)["h"]
        said.append((h @ w["W2"] + w["b2"]).argmax(axis=1))
    return float((np.stack(said, axis=1) == bits.cumsum(axis=1) % 2).mean())


def test_networks_end_as_the_automaton_of_parity_and_those_that_are_not_go_on() -> None:
    networks = trained(10, 11, 12, 13)
    rights = {seed for seed, network in networks.items() if network.result.right_at}
    assert rights == {10, 12}
    for seed, network in networks.items():
        assert network.weights is not None
        assert (share_right(network.weights) >= 0.99) == (seed in rights)
        result = network.result
        assert result.solved_at is not None, "though not each is the automaton"
        if result.right_at is None:
            assert result.windows == 1000
        else:
            assert result.solved_at <= result.right_at == result.windows < 1000
