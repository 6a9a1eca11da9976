"""Trainer: the promises of its documentation. `test_contract` has those that a population of any size makes too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from echornn import ConfigError, EchoConfig, PopulationState, Trainer
from tests.compiled import SMALL, make_population, make_trainer

pytestmark = pytest.mark.slow


def assert_same_weights(one: dict[str, npt.NDArray[np.float32]], other: dict[str, npt.NDArray[np.float32]]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name])


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    """A compiled trainer, for tests that reset it to its start."""
    return make_trainer(SMALL)


@pytest.fixture
def fresh(trainer: Trainer) -> Trainer:
    trainer.start(SMALL)
    return trainer


def test_it_is_the_population_of_one_without_its_axis() -> None:
    population, alone = make_population(SMALL), make_trainer(SMALL)
    for story in ("", "regenerate", "reset"):
        if story:
            getattr(population, story)()
            getattr(alone, story)()
        theirs, mine = population.advance(20).of(0), alone.advance(20)
        for name in ("losses", "errors", "x", "y", "outputs", "states", "init_state"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name), err_msg=name)
        for name in ("epoch", "window", "data_version", "init_index", "windows_left", "device", "compilations"):
            assert getattr(alone, name) == getattr(population, name), name
        state = alone.state
        assert_same_weights(state.weights, population.state.of(0).weights)
        np.testing.assert_array_equal(population.state.carried_state[0], state.carried_state)
        population.restore(PopulationState.of_one(state))
        alone.restore(population.state.of(0))


def test_loaded_weights_go_on_with_a_fresh_optimizer(fresh: Trainer) -> None:
    start = fresh.weights
    first = fresh.advance(1).losses
    fresh.advance(20)
    fresh.load_weights(start)
    fresh.restore(replace(fresh.state, epoch=0, window=0))
    np.testing.assert_array_equal(fresh.advance(1).losses, first)
    second = fresh.advance(1).losses
    fresh.reset()
    np.testing.assert_array_equal(fresh.advance(2).losses[1:], second)


def test_weights_that_do_not_fit_are_refused_and_change_nothing(fresh: Trainer) -> None:
    before = fresh.weights
    without = {name: value for name, value in before.items() if name != "b2"}
    with pytest.raises(ValueError, match=r"the names must be \['W', 'W2', 'b', 'b2'\]"):
        fresh.load_weights(without)
    with pytest.raises(ValueError, match=r"W2 of shape \(2, 4\) cannot be loaded: its shape must be \(4, 2\)"):
        fresh.load_weights({**before, "W2": np.zeros((2, 4), np.float32)})
    with pytest.raises(ValueError, match="b cannot be loaded"):
        fresh.load_weights({**before, "b": np.full((1, 4), np.nan)})
    assert_same_weights(fresh.weights, before)


def test_many_calls_compile_once(fresh: Trainer) -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        if fresh.finished:
            fresh.reset()
            fresh.regenerate()
        fresh.advance(int(rng.integers(1, 30)))
    assert fresh.compilations == 1


OPTIMIZERS: list[tuple[str, float, int | None]] = [
    ("adagrad", 0.3, None),
    ("sgd", 1.0, None),
    ("rmsprop", 0.01, None),
    ("adam", 0.03, 2),
]
"""All optimizers, each with a suitable learning rate and a stride."""


def with_optimizer(optimizer: str, rate: float, stride: int | None) -> EchoConfig:
    config = replace(SMALL, learning_rate=rate, stride=stride, echo_step=1, init="glorot", num_epochs=50)
    return config.with_fields({"optimizer": optimizer})


def test_the_tutorials_run_learns_the_echo_exactly() -> None:
    progress = make_trainer(EchoConfig()).advance(666 * 2)
    assert progress.losses[0] > 0.6
    after = progress.errors[700:]
    assert not after.any()
    assert progress.errors[666] > 0, "the first window of an epoch cannot be known"


def test_a_gpu_that_is_not_there_is_refused() -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU here")
    with pytest.raises(ConfigError, match="device = 'gpu' cannot be used: TensorFlow sees no GPU here"):
        Trainer(replace(SMALL, device="gpu"))
    assert Trainer(replace(SMALL, device="auto")).device == "cpu"


@pytest.mark.parametrize(("optimizer", "rate", "stride"), OPTIMIZERS)
def test_a_restored_state_goes_on_bit_for_bit(optimizer: str, rate: float, stride: int | None) -> None:
    config = with_optimizer(optimizer, rate, stride)
    whole = make_trainer(config)
    whole.regenerate()
    whole.advance(17)
    state = whole.state
    rest = whole.advance(23)
    end = whole.weights
    del whole
    other = make_trainer(config)
    other.advance(5)
    other.restore(state)
    assert (other.epoch, other.window, other.data_version) == (state.epoch, state.window, 1)
    again = other.advance(23)
    np.testing.assert_array_equal(again.losses, rest.losses)
    np.testing.assert_array_equal(again.states, rest.states)
    assert_same_weights(other.weights, end)
    later = other.advance(560).losses
    assert later[-50:].mean() < 0.5 * rest.losses[0], "it learns"
