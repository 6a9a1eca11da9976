"""A part of a sweep, whose networks end one after the other, against the same networks that all
train to the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from echornn import EchoConfig
from echornn.sweeps import part_trainer
from echornn.sweeps.results import Result
from echornn.sweeps.sweep import Part, TrainedWindows
from echornn.training.population import Population
from tests.compiled import plain

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
