"""What a population of any size promises; the scripted trainer, which stands in for it in other
tests, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from echornn import (
    ConfigError,
    EchoConfig,
    Population,
    PopulationProgress,
    PopulationState,
    batch_of,
)
from tests.compiled import make_population
from tests.scripted import ScriptedTrainer

pytestmark = pytest.mark.slow

SMALL = EchoConfig(
    num_epochs=3,
    total_series_length=60,
    truncated_backprop_length=3,
    batch_size=2,
    optimizer="adam",
)
"""Ten windows per epoch, three epochs. Adam has the most to restore: two slots a number, and the
steps made."""

AnyTrainer = Population | ScriptedTrainer
MakeTrainer = Callable[[EchoConfig], AnyTrainer]

MAKERS: dict[str, tuple[MakeTrainer, int]] = {
    "several, one by one": (make_population, 3),
    "several, side by side": (make_population, 11),
    "several, scripted": (ScriptedTrainer, 3),
}
"""What makes them, and the number of replicas."""


@pytest.fixture(autouse=True)
def _by_one_call(one_processor: None) -> None:
    """All populations use the same program."""


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> MakeTrainer:
    make_trainer, replicas = MAKERS[request.param]
    return lambda config: make_trainer(replace(config, replicas=replicas))


def like(trainer: AnyTrainer, **changes: Any) -> EchoConfig:
    """What it trains, but for these fields."""
    return replace(trainer.config, **changes)


def position(trainer: AnyTrainer) -> tuple[int, int, int, int]:
    return trainer.epoch, trainer.window, trainer.data_version, trainer.init_index


def assert_same_state(one: PopulationState, other: PopulationState) -> None:
    for name in ("configs", "epoch", "window", "data_version", "init_index"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.weights.keys() == other.weights.keys()
    for name, weight in one.weights.items():
        assert_array_equal(weight, other.weights[name])
    assert_array_equal(one.carried_state, other.carried_state)
    for slot, theirs in zip(one.optimizer, other.optimizer, strict=True):
        assert_array_equal(slot, theirs)


def assert_shows_its_last_window(
    trained: PopulationProgress, epoch: int, window: int, data_version: int = 0
) -> None:
    progress = trained.of(0)
    assert progress.epoch == epoch
    assert progress.window == window
    batch = batch_of(SMALL, data_version, epoch)
    steps = slice(window * 3, window * 3 + 3)
    assert_array_equal(progress.x, batch.x[:, steps])
    assert_array_equal(progress.y, batch.y[:, steps])
    assert progress.outputs.shape == (2, 3, 2)
    assert_allclose(progress.outputs.sum(axis=-1), 1, rtol=1e-5)
    assert progress.states.shape == (2, 3, 4)
    are_wrong = progress.outputs.argmax(axis=-1) != progress.y
    assert progress.errors[-1] == np.count_nonzero(are_wrong)


def test_a_new_one_stands_at_the_start(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    assert position(trainer) == (0, 0, 0, 0)
    assert trainer.windows_left == 30
    assert not trainer.finished
    assert trainer.device in ("cpu", "gpu")
    assert trainer.state.configs[0] == SMALL
    assert trainer.state.is_finite
    before = trainer.state
    trainer.compile()
    assert_same_state(trainer.state, before)
    with pytest.raises(ValueError, match="n = 0 windows cannot be trained"):
        trainer.advance(0)
    assert position(trainer) == (0, 0, 0, 0)


def test_it_trains_as_many_windows_as_it_is_told_and_ends_with_its_last_epoch(
    make: MakeTrainer,
) -> None:
    trainer = make(SMALL)
    progress = trainer.advance(14)
    assert progress.losses.dtype == np.float32
    assert progress.errors.dtype == np.int32
    assert progress.losses.shape == progress.errors.shape == (14, trainer.config.replicas)
    assert_shows_its_last_window(progress, 1, 3)
    assert position(trainer) == (1, 4, 0, 0)
    assert trainer.windows_left == 16

    last = trainer.advance(100).of(0)
    assert last.losses.shape == (16,)
    assert position(trainer) == (3, 0, 0, 0)
    assert trainer.windows_left == 0
    assert trainer.finished
    end = trainer.state
    nothing = trainer.advance(7).of(0)
    assert nothing.losses.shape == nothing.errors.shape == (0,)
    assert nothing.epoch == 2
    assert nothing.window == 9
    assert_array_equal(nothing.x, last.x)
    assert_same_state(trainer.state, end)


def test_however_it_is_cut_into_pieces_training_comes_to_the_same(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    losses = trainer.advance(27).of(0).losses
    end = trainer.state
    trainer.reset()
    pieces = [trainer.advance(windows).of(0).losses for windows in (1, 9, 2, 13, 2)]
    assert_array_equal(np.concatenate(pieces), losses)
    assert_same_state(trainer.state, end)


def test_from_a_state_it_goes_on_bit_for_bit(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    trainer.advance(7)
    trainer.regenerate()
    trainer.advance(3)
    state, kept = trainer.state, trainer.state
    losses = trainer.advance(12).of(0).losses
    end = trainer.state
    assert_same_state(state, kept)
    trainer.reset(init_index=3)
    trainer.restore(state)
    assert_same_state(trainer.state, kept)
    assert_array_equal(trainer.advance(12).of(0).losses, losses)
    assert_same_state(trainer.state, end)
    del trainer
    another = make(SMALL)
    another.restore(state)
    assert_array_equal(another.advance(12).of(0).losses, losses)


def test_a_live_edit_goes_on_where_it_was(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    trainer.advance(14)
    before = trainer.state
    config = like(trainer, learning_rate=0.1, echo_step=2, num_epochs=5)
    trainer.edit(config)
    assert trainer.windows_left == 36
    for name, weight in trainer.state.weights.items():
        assert_array_equal(weight, before.weights[name])
    progress = trainer.advance(1).of(0)
    assert progress.epoch == 1
    assert progress.window == 4
    assert_array_equal(progress.y, batch_of(config, 0, 1).y[:, 12:15])
    assert trainer.state.config == config


def test_what_it_refuses_changes_nothing(make: MakeTrainer) -> None:
    another = make(replace(SMALL, learning_rate=0.1)).state
    trainer = make(SMALL)
    trainer.advance(11)
    before = trainer.state
    with pytest.raises(ValueError, match="cannot be restored"):
        trainer.restore(another)
    with pytest.raises(ValueError, match="needs new networks"):
        trainer.edit(like(trainer, state_size=8))
    with pytest.raises(ConfigError, match="num_epochs = 1 cannot be used: at least 2, as trained"):
        trainer.edit(like(trainer, num_epochs=1))
    assert_same_state(trainer.state, before)
    trainer.edit(like(trainer, num_epochs=2))
    assert trainer.windows_left == 9
    assert not trainer.finished


def test_a_reset_starts_over_on_the_same_data(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    trainer.regenerate()
    start = trainer.state
    first = trainer.advance(14).of(0).losses
    trainer.reset()
    assert position(trainer) == (0, 0, 1, 0)
    assert_array_equal(trainer.advance(14).of(0).losses, first)
    trainer.reset(init_index=2)
    assert position(trainer) == (0, 0, 1, 2)
    trainer.reset()
    assert position(trainer) == (0, 0, 1, 0)
    for name, weight in trainer.state.weights.items():
        assert_array_equal(weight, start.weights[name])


def test_new_data_begin_the_epoch_again_and_keep_the_weights(make: MakeTrainer) -> None:
    trainer = make(SMALL)
    trainer.advance(14)
    weights = trainer.state.weights
    trainer.regenerate()
    assert position(trainer) == (1, 0, 1, 0)
    for name, weight in trainer.state.weights.items():
        assert_array_equal(weight, weights[name])
    assert_shows_its_last_window(trainer.advance(2), 1, 1, data_version=1)
    trainer.advance(30)
    trainer.regenerate()
    assert position(trainer) == (2, 0, 2, 0), "after the last epoch, that epoch again"
    assert trainer.windows_left == 10
