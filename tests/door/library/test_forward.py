"""A forward pass without training, and held-out data: `Trainer.run`, the reading `held_out`."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig, Population, Trainer
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_run_is_that_of_the_formulas_and_can_go_on(cell: str) -> None:
    trainer = Trainer(EchoConfig(cell=cell, state_size=5, seed=2, init="glorot"))
    x = np.random.default_rng(1).integers(0, 2, (7, 12))
    ran = trainer.run(x)
    states, parts = oracle.run(cell, trainer.weights, x.T, np.zeros((7, ran.carried.shape[2])))
    np.testing.assert_allclose(ran.carried, states[1:].swapaxes(0, 1), atol=1e-5)
    np.testing.assert_allclose(ran.states, parts["h"].swapaxes(0, 1), atol=1e-5)
    expected = oracle.softmax(oracle.logits(trainer.weights, states[1:]))
    np.testing.assert_allclose(ran.outputs, expected.swapaxes(0, 1), atol=1e-5)
    assert ran.gates.keys() == parts.keys() - {"h", "c"}
    for name, gate in ran.gates.items():
        np.testing.assert_allclose(gate, parts[name].swapaxes(0, 1), atol=1e-5)
    begun = trainer.run(x[:, :5])
    np.testing.assert_array_equal(trainer.run(x[:, 5:], begun.carried[:, -1]).outputs, ran.outputs[:, 5:])


def test_a_population_runs_each_replica() -> None:
    config = EchoConfig(task="adding", state_size=3)
    population, x = Population(config, replicas=2), np.ones((4, 9, 2))
    ran = population.run(x)
    assert (ran.outputs.shape, ran.states.shape) == ((2, 4, 9, 1), (2, 4, 9, 3))
    np.testing.assert_array_equal(ran.states[1], Trainer(population.configs[1]).run(x).states)


def test_what_cannot_be_run_says_what_can() -> None:
    trainer = Trainer(EchoConfig())
    with pytest.raises(ValueError, match=r"inputs of int64 \[1, 2\] cannot be run: they must be 0 to 1 \[trials, ste"):
        trainer.run([[0, 2]])
    with pytest.raises(ValueError, match=r"state of \[4\] cannot be run: it must be \[1, 4\]"):
        trainer.run([[0, 1]], [0, 0, 0, 0])
