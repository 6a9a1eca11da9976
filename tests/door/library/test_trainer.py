"""Trainer: the promises of its documentation.

`test_contract` has those that a population of any size makes too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from echornn import ConfigError, EchoConfig, Population, Trainer
from tests.compiled import SMALL, make_trainer, plain
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_processor")]


Weights = dict[str, npt.NDArray[np.float32]]


def assert_same_weights(weights: Weights, expected: Weights) -> None:
    assert weights.keys() == expected.keys()
    for name, value in expected.items():
        assert_array_equal(weights[name], value)


@pytest.fixture
def fresh() -> Trainer:
    return make_trainer(SMALL)


def test_loaded_weights_go_on_with_a_fresh_optimizer(fresh: Trainer) -> None:
    start = fresh.weights
    first = fresh.advance(1).losses
    fresh.advance(20)
    fresh.load_weights(start)
    fresh.restore(replace(fresh.state, epoch=0, window=0))
    assert_array_equal(fresh.advance(1).losses, first)
    second = fresh.advance(1).losses
    fresh.reset()
    assert_array_equal(fresh.advance(2).losses[1:], second)


def test_weights_that_do_not_fit_are_refused_and_change_nothing(fresh: Trainer) -> None:
    before = fresh.weights
    without = {name: value for name, value in before.items() if name != "b2"}
    with pytest.raises(ValueError, match=r"the names must be \['W', 'W2', 'b', 'b2'\]"):
        fresh.load_weights(without)
    turned = {**before, "W2": np.zeros((2, 4), np.float32)}
    message = r"W2 of shape \(2, 4\) cannot be loaded: its shape must be \(4, 2\)"
    with pytest.raises(ValueError, match=message):
        fresh.load_weights(turned)
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


def test_a_gpu_that_is_not_there_is_refused() -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU here")
    message = "device = 'gpu' cannot be used: TensorFlow sees no GPU here"
    with pytest.raises(ConfigError, match=message):
        Trainer(replace(SMALL, device="gpu"))
    assert Trainer(replace(SMALL, device="auto")).device == "cpu"


def test_trials_train_with_a_t_that_no_row_has_room_for() -> None:
    """Nothing is cut then, as with a T of a trial."""
    fields = {"task": "parity", "length": 10, "total_series_length": 100}
    long = EchoConfig.from_fields({**fields, "truncated_backprop_length": 50})
    trial = EchoConfig.from_fields({**fields, "truncated_backprop_length": 10})
    with plain() as programs:
        losses = Trainer(long, programs).advance(4).losses
        expected = Trainer(trial, programs).advance(4).losses
    assert_array_equal(losses, expected)


def assert_close(array: npt.NDArray[np.float32], expected: npt.NDArray[np.float64]) -> None:
    """The oracle's steps come first."""
    assert_allclose(array, expected.swapaxes(0, 1), atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_run_is_that_of_the_formulas_and_can_go_on(cell: str) -> None:
    trainer = Trainer(EchoConfig(cell=cell, state_size=5, seed=2, init="glorot"))
    x = np.random.default_rng(1).integers(0, 2, (7, 12))
    forward = trainer.run(x)
    zeros = np.zeros((7, forward.carried.shape[2]))
    states, parts = oracle.run(cell, trainer.weights, x.T, zeros)
    outputs = oracle.softmax(oracle.logits(trainer.weights, states[1:]))
    assert_close(forward.carried, states[1:])
    assert_close(forward.states, parts["h"])
    assert_close(forward.outputs, outputs)
    assert forward.gates.keys() == parts.keys() - {"h", "c"}
    for name, gate in forward.gates.items():
        assert_close(gate, parts[name])
    begun = trainer.run(x[:, :5])
    rest = trainer.run(x[:, 5:], begun.carried[:, -1])
    assert_array_equal(rest.outputs, forward.outputs[:, 5:])


def test_a_population_runs_each_replica() -> None:
    population = Population(EchoConfig(task="adding", state_size=3), replicas=2)
    x = np.ones((4, 9, 2))
    forward = population.run(x)
    assert forward.outputs.shape == (2, 4, 9, 1)
    assert forward.states.shape == (2, 4, 9, 3)
    alone = Trainer(population.configs[1]).run(x)
    assert_array_equal(forward.states[1], alone.states)


def test_what_cannot_be_run_says_what_can() -> None:
    trainer = Trainer(EchoConfig())
    message = r"inputs of int64 \[1, 2\] cannot be run: they must be 0 to 1 \[trials, ste"
    with pytest.raises(ValueError, match=message):
        trainer.run([[0, 2]])
    with pytest.raises(ValueError, match=r"state of \[4\] cannot be run: it must be \[1, 4\]"):
        trainer.run([[0, 1]], [0, 0, 0, 0])
