"""Weights of PyTorch and Keras: this program's network does with them what theirs does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from echornn import (
    ConfigError,
    EchoConfig,
    Trainer,
    weights_from_keras,
    weights_from_torch,
    weights_to_keras,
    weights_to_torch,
)
from echornn.cells.table import CELLS
from tests.record_torch import INPUTS, LAYERS, UNITS, Arrays, recorded

pytestmark = pytest.mark.slow

RESULTS = "x", "states", "outputs"


def state_dict(network: Arrays) -> Arrays:
    return {name: array for name, array in network.items() if name not in RESULTS}


def trainer_of(weights: Arrays, cell: str, layers: int) -> Trainer:
    config = EchoConfig(cell=cell, num_layers=layers, num_classes=INPUTS, state_size=UNITS)
    trainer = Trainer(config)
    trainer.load_weights(weights)
    return trainer


@pytest.mark.parametrize("cell", LAYERS)
def test_a_network_of_pytorch_does_the_same_here(cell: str) -> None:
    network = recorded(cell)
    weights = weights_from_torch(state_dict(network), cell)
    here = trainer_of(weights, cell, LAYERS[cell]).run(network["x"])
    assert_allclose(here.states, network["states"], atol=1e-6)
    assert_allclose(here.outputs, network["outputs"], atol=1e-6)


@pytest.mark.parametrize("cell", LAYERS)
def test_back_in_pytorch_the_biases_are_one(cell: str) -> None:
    """But for the candidate of a GRU, the last third, whose second bias the reset gate scales."""
    before = state_dict(recorded(cell))
    weights = weights_from_torch(before, cell)
    after = weights_to_torch(weights, cell)
    assert after.keys() == before.keys()
    summed = 2 * UNITS if cell == "gru_after" else None
    for name, array in before.items():
        if "bias_ih" in name:
            second = before[name.replace("ih", "hh")]
            assert_array_equal(after[name][:summed], (array + second)[:summed])
        elif "bias_hh" in name:
            assert not after[name][:summed].any()
        else:
            assert_array_equal(after[name], array)
    again = weights_from_torch(after, cell)
    for name, weight in weights.items():
        assert_array_equal(again[name], weight)


def test_without_a_linear_there_is_no_output_layer_and_without_biases_they_are_0() -> None:
    network = state_dict(recorded("rnn"))
    alone = {name: network[f"rnn.{name}"] for name in ("weight_ih_l0", "weight_hh_l0")}
    weights = weights_from_torch(alone, "rnn")
    assert weights.keys() == {"W", "b"}
    assert_array_equal(weights["W"][:INPUTS], alone["weight_ih_l0"].T)
    assert_array_equal(weights["W"][INPUTS:], alone["weight_hh_l0"].T)
    assert not weights["b"].any()
    assert weights_to_torch(weights, "rnn", rnn="").keys() > alone.keys()


def keras_network(cell: str) -> keras.Model:
    """Two layers with a softmax on one-hot symbols."""
    name, options = CELLS[cell].keras
    layers = []
    for _ in range(2):
        layer = getattr(keras.layers, name)
        layers.append(layer(UNITS, return_sequences=True, bias_initializer="normal", **options))
    softmax = keras.layers.Dense(INPUTS, activation="softmax")
    return keras.Sequential([keras.Input((None, INPUTS)), *layers, softmax])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru_after"])
def test_a_network_of_keras_does_the_same_here_and_back(cell: str) -> None:
    keras.utils.set_random_seed(3)
    network, another = keras_network(cell), keras_network(cell)
    x = np.random.default_rng(1).integers(0, INPUTS, (4, 9))
    expected = network(np.eye(INPUTS, dtype=np.float32)[x])
    weights = weights_from_keras(network, cell)
    trainer = trainer_of(weights, cell, 2)
    assert_allclose(trainer.run(x).outputs, expected, atol=1e-6)
    another.set_weights(weights_to_keras(weights, cell))
    assert_allclose(another(np.eye(INPUTS, dtype=np.float32)[x]), expected, atol=1e-6)
    first = weights_from_keras(network.layers[0].get_weights(), cell)
    for name, weight in first.items():
        assert_array_equal(weight, weights[name])
    assert not first.keys() & {"W2", "b2"}


def test_what_does_not_fit_is_refused() -> None:
    network = state_dict(recorded("rnn"))
    with pytest.raises(ConfigError, match=r"cell = 'gru' .* one of rnn, irnn, lstm, gru_after"):
        weights_from_torch(network, "gru")
    with pytest.raises(ConfigError, match=r"cell = 'lstm' .* 4 x 5 columns, and .* have 5"):
        weights_from_torch(network, "lstm")
    with pytest.raises(
        ValueError, match=r"embed.weight, output.bias, output.weight cannot be used"
    ):
        weights_from_torch({**network, "embed.weight": np.eye(3)}, "rnn")
    after = keras_network("gru_after")
    with pytest.raises(ConfigError, match=r"cell = 'gru' .* reset_after=True"):
        weights_from_keras(after, "gru")
    with pytest.raises(ValueError, match="7 arrays cannot be used"):
        weights_from_keras(after.get_weights()[:-1], "gru_after")
