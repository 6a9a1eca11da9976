"""Population: each replica trains as a trainer of its configuration does, and continues bit for
bit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from echornn import ConfigError, EchoConfig, Population, batch_of
from tests.compiled import PROGRAMS, SharedPrograms, make_trainer, plain, trainer_of
from tests.door.library.test_contract import SMALL as CONTRACT
from tests.door.library.test_contract import assert_same_state

pytestmark = pytest.mark.slow

SMALL = replace(CONTRACT, seed=3, num_epochs=6, echo_step=2)
"""Ten windows per epoch; the programs are those of `test_contract`."""

SOLVED = 0.07 * math.log(2)

REPLICAS = 11
"""A number that is not a multiple of a shard's size."""


@pytest.fixture(autouse=True)
def _by_one_call(one_processor: None) -> None:
    """Shards do not depend on the machine."""


def unlike(config: EchoConfig, replicas: int = REPLICAS) -> list[EchoConfig]:
    """Replicas that differ in every field that may differ."""
    configs = []
    for index in range(replicas):
        fields = {
            "seed": config.seed + index // 2,
            "learning_rate": config.learning_rate * (1.0, 0.5, 1.5)[index % 3],
            "echo_step": index % 4,
            "init": ("tutorial", "glorot")[index % 2],
            "row_start": ("previous_row", "zero")[index // 4 % 2],
        }
        configs.append(config.with_fields(fields))
    return configs


TWO_STEPS = replace(SMALL, truncated_backprop_length=2)
"""15 windows per epoch, which are traced sooner."""

# These four have all optimizers, kinds of cells and learning rules: a new one could use a whole
# weight array, and so mix the replicas
GRU = replace(SMALL, cell="gru", optimizer="adam", learning_rate=0.03, stride=2, num_classes=3)
LRU = replace(TWO_STEPS, cell="lru", learning_rate=0.03)
MANY = replace(
    TWO_STEPS, cell="lstm", optimizer="rmsprop", learning_rate=0.01, num_layers=2, dropout=0.3
)
RTRL = replace(
    TWO_STEPS,
    optimizer="sgd",
    rule="rtrl",
    num_layers=2,
    dropout=0.3,
    batch_size=1,
    total_series_length=30,
    num_classes=4,
)


@pytest.mark.parametrize("config", [GRU, LRU, RTRL], ids=["gru-adam", "lru-adagrad", "rtrl-sgd"])
def test_each_replica_trains_what_a_trainer_of_its_configuration_does(config: EchoConfig) -> None:
    with plain() as programs:  # which need no compilation
        assert_each_trains_alike(unlike(config), programs)


def test_by_xla_each_replica_trains_what_a_trainer_does_too() -> None:
    assert_each_trains_alike(unlike(TWO_STEPS.with_fields({"optimizer": "sgd"})), PROGRAMS)


def test_many_are_trained_in_calls_of_several_shards_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight are side by side instead of 128, so that 70 are two calls of five shards each."""
    monkeypatch.setattr("echornn.training.shards.MOST", 8)
    with plain() as programs:
        assert_each_trains_alike(unlike(MANY, 70), programs)


def assert_each_trains_alike(configs: list[EchoConfig], programs: SharedPrograms) -> None:
    lot = Population(configs, programs=programs)
    progress = lot.advance(50)
    assert progress.losses.shape == (50, len(configs))
    state = lot.state
    further = lot.advance(5).losses
    for replica in (0, 3, len(configs) - 1):
        trainer = trainer_of(configs[replica], programs)
        assert_same_progress(progress.of(replica), trainer.advance(50))
        own = state.of(replica)
        assert_same_training(own, trainer.state)
        trainer.restore(own)
        losses = trainer.advance(5).losses
        assert_allclose(losses, further[:, replica], rtol=0, atol=2e-5)
        del trainer  # so that the next trainer can use its compiled loop


def assert_same_progress(progress: Any, expected: Any) -> None:
    assert progress.epoch == expected.epoch
    assert progress.window == expected.window
    assert_allclose(progress.losses, expected.losses, rtol=0, atol=2e-5)
    assert_array_equal(progress.errors, expected.errors)
    assert_array_equal(progress.x, expected.x)
    assert_array_equal(progress.y, expected.y)
    for name in ("outputs", "states", "init_state"):
        array, alone = getattr(progress, name), getattr(expected, name)
        assert_allclose(array, alone, atol=1e-4, err_msg=name)


def assert_same_training(state: Any, expected: Any) -> None:
    for name, weight in expected.weights.items():
        assert_allclose(state.weights[name], weight, atol=1e-4, err_msg=name)
    for slot, alone in zip(state.optimizer, expected.optimizer, strict=True):
        assert slot.shape == alone.shape
        assert slot.dtype == alone.dtype
        assert_allclose(slot, alone, rtol=1e-3, atol=1e-4)


@pytest.fixture(params=[REPLICAS, 3], ids=["side by side", "one by one"])
def lot(request: pytest.FixtureRequest) -> Population:
    return Population(SMALL, request.param, PROGRAMS)


@pytest.mark.parametrize("replicas", [1, 3])
def test_a_few_replicas_are_trained_alone_and_have_a_trainers_bits(replicas: int) -> None:
    lot = Population(SMALL, replicas, PROGRAMS)
    losses = lot.advance(45).losses
    for replica, config in enumerate(lot.configs):
        alone = make_trainer(config).advance(45)
        assert_array_equal(losses[:, replica], alone.losses)


def test_a_nudge_of_the_rate_goes_on_as_one_that_was_restored_with_it(lot: Population) -> None:
    lot.advance(25)
    state = lot.state
    for rate in (0.2, 0.1):
        lot.edit(replace(lot.config, learning_rate=rate))
    losses = lot.advance(3).losses
    fresh = Population(replace(lot.config, learning_rate=0.1), None, PROGRAMS)
    iteration, _, *slots = state.optimizer
    rates = np.full(fresh.replicas, 0.1, np.float32)
    optimizer = (iteration, rates, *slots)
    fresh.restore(replace(state, configs=fresh.configs, optimizer=optimizer))
    assert_array_equal(fresh.advance(3).losses, losses)


def test_it_starts_over_as_another_with_nothing_compiled_and_trains_what_a_new_one_does(
    lot: Population,
) -> None:
    for windows in (30, 10):
        lot.advance(windows)
    lot.regenerate()
    shown = lot.advance(1).of(0)
    expected = batch_of(SMALL, 1, 4).x[:, :3]
    assert_array_equal(shown.x, expected, "not made in advance")
    compilations = lot.compilations
    another_seed = replace(lot.config, seed=40)
    for config, init_index in ((another_seed, 1), (lot.config, 0)):
        lot.start(config, init_index)
        new = Population(config, None, PROGRAMS)
        new.reset(init_index)
        assert_same_state(lot.state, new.state)
        assert_array_equal(lot.advance(12).losses, new.advance(12).losses)
        assert lot.compilations == compilations
        del new
    with pytest.raises(ValueError, match="needs new networks"):
        lot.start(replace(lot.config, replicas=lot.replicas + 1))


def test_it_is_seen_when_each_network_has_solved_the_echo() -> None:
    """At the first window up to which the mean loss of 50 is below 0.07 of chance."""
    config = replace(SMALL, init="glorot", echo_step=1, num_epochs=60, row_start="zero")
    lot = Population(config, REPLICAS, PROGRAMS)
    slices = [lot.advance(windows).losses for windows in (130, 1, 400)]
    for series, solved_at in zip(np.concatenate(slices).T, lot.solved_at, strict=True):
        means = np.convolve(series.astype(np.float64), np.ones(50) / 50, "valid")
        below = np.flatnonzero(means < SOLVED)
        expected = below[0] + 50 if below.size else 0
        assert solved_at == expected
    assert np.count_nonzero(lot.solved_at) >= 5


def test_what_cannot_be_a_population_is_refused() -> None:
    too_large = r"^replicas = \d+ cannot be used|^state_size = 1000000 cannot be used"
    with pytest.raises(ConfigError, match=too_large):
        Population(EchoConfig(state_size=1_000_000), 3)
    other_structure = r"^state_size = 5 cannot be used: 4, as in the first replica"
    with pytest.raises(ConfigError, match=other_structure):
        Population([SMALL, replace(SMALL, state_size=5)])
    with pytest.raises(ConfigError, match=r"^replicas = 0 cannot be used"):
        Population(SMALL, 0)
    with pytest.raises(ValueError, match="each configuration is one replica"):
        Population([SMALL], 3)
