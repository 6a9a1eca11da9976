"""Cells, layers and scans, compared with Keras layers with the same weights, forward and
gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from echornn import EchoConfig, Trainer, weights_to_keras
from echornn.cells.table import CELLS
from echornn.network.initial import initial_weights
from echornn.network.model import EchoRNN
from echornn.network.scan import scan
from echornn.network.shapes import carried_size
from echornn.network.step import step_of
from echornn.progress import Floats
from tests.compiled import plain

pytestmark = pytest.mark.slow

Array = npt.NDArray[np.float32]


BY_KERAS = [name for name, cell in CELLS.items() if cell.keras[0]]


@pytest.mark.parametrize(
    ("cell", "size", "batch", "block"),
    [*((cell, 24, 30, 2) for cell in BY_KERAS), ("lstm", 4, 5, 4)],
)
def test_states_and_gradients_are_those_of_keras(
    cell: str, size: int, batch: int, block: int
) -> None:
    """By matrix products in blocks, and by fused products in a whole window, the gradients of a
    weighted sum of the states; Keras separates weights of the input and of the state."""
    rng = np.random.default_rng(5)
    length, inputs = 4, 3
    vectors = len(CELLS[cell].state_parts)

    def normal(spread: float, *shape: int) -> tf.Tensor:
        return tf.constant(rng.normal(0, spread, shape).astype(np.float32))

    x = normal(1, length, batch, inputs)
    pull = normal(1, length, batch, size)
    init = normal(0.5, batch, vectors * size)
    weights = {}
    for product in CELLS[cell].products:
        width = len(product.columns) * size
        weights[product.weight] = normal(0.4, product.rows(inputs, size), width)
        weights[product.bias] = normal(0.4, 1, width)

    def as_keras(tensors: Mapping[str, tf.Tensor]) -> list[Floats]:
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        return weights_to_keras(arrays, cell)

    name, options = CELLS[cell].keras
    layer = getattr(keras.layers, name)(size, return_sequences=True, **options)
    layer.build((None, None, inputs))
    layer.set_weights(as_keras(weights))
    with tf.GradientTape() as tape:
        tape.watch([x, init])
        first = tf.split(init, vectors, axis=1)
        rows = layer(tf.transpose(x, [1, 0, 2]), initial_state=first)
        expected = tf.transpose(rows, [1, 0, 2])
        total = tf.reduce_sum(expected * pull)
    e_x, e_init, e_weights = tape.gradient(total, [x, init, layer.trainable_variables])

    with tf.GradientTape() as tape:
        tape.watch([x, init, weights])
        states = scan(step_of(CELLS[cell]), x, init, weights, block)[..., :size]
        total = tf.reduce_sum(states * pull)
    d_x, d_init, d_weights = tape.gradient(total, [x, init, weights])
    np.testing.assert_allclose(states, expected, atol=1e-5)
    np.testing.assert_allclose(d_x, e_x, atol=1e-4)
    np.testing.assert_allclose(d_init, e_init, atol=1e-4)
    e_kernel, e_recurrent, e_bias = map(np.array, e_weights)
    if cell == "gru_after":
        e_bias[1, : 2 * size] = 0  # its gates have one bias where Keras has two
    d_kernel, d_recurrent, d_bias = as_keras(d_weights)
    atol = 2e-6 * float(max(np.abs(d_kernel).max(), np.abs(d_recurrent).max()))
    np.testing.assert_allclose(d_kernel, e_kernel, atol=atol)
    np.testing.assert_allclose(d_recurrent, e_recurrent, atol=atol)
    np.testing.assert_allclose(d_bias, e_bias, atol=atol)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in BY_KERAS])
def test_the_gradient_of_a_window_is_the_slope_of_its_loss(cell: str) -> None:
    config = EchoConfig(
        cell=cell,
        num_layers=2,
        num_classes=3,
        init="glorot",
        batch_size=4,
        truncated_backprop_length=4,
    )
    model = EchoRNN(config, initial_weights(config))
    rng = np.random.default_rng(2)
    x = tf.constant(rng.integers(0, 3, (4, 4), dtype=np.uint8))
    y = tf.constant(rng.integers(0, 3, (4, 4)))
    init = rng.normal(0, 0.5, (4, carried_size(config))).astype(np.float32)
    variables = list(model.weights.values())
    directions = [rng.normal(size=variable.shape).astype(np.float32) for variable in variables]

    def loss() -> tf.Tensor:
        _, logits = model.forward(x, init, tf.constant([0, 0]))
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    def loss_after(step: float) -> float:
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        return float(loss())

    with tf.GradientTape() as tape:
        before = loss()
    gradient = tape.gradient(before, variables)
    slope = float(sum(map(np.vdot, gradient, directions)))
    up = loss_after(0.01)
    down = loss_after(-0.02)
    assert (up - down) / 0.02 == pytest.approx(slope, rel=2e-2, abs=1e-3)


def test_initial_weights() -> None:
    uniform = initial_weights(EchoConfig(state_size=200), 1)
    assert 0 <= uniform["W"].min() < 0.001 < 0.999 < uniform["W"].max() < 1
    assert not uniform["b"].any()
    assert not uniform["b2"].any()
    glorot = initial_weights(EchoConfig(state_size=200, init="glorot"), 1)
    bound = np.sqrt(6 / 401)
    assert np.abs(glorot["W"]).max() <= bound
    assert glorot["W"].std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal_initial_weights_of_the_rows_for_the_state(cell: str) -> None:
    config = EchoConfig(cell=cell, state_size=5, init="glorot")
    glorot = initial_weights(config)
    orthogonal = initial_weights(replace(config, init="orthogonal"))
    recurrent = [product for product in CELLS[cell].products if "h" in product.reads]
    if not recurrent:
        np.testing.assert_equal(orthogonal, glorot)
    for product in recurrent:
        weight = orthogonal[product.weight]
        begin = int("x" in product.reads)
        rows = weight[begin : begin + 5]
        for block in np.split(rows, len(product.columns), axis=1):
            np.testing.assert_allclose(block.T @ block, np.eye(5), atol=1e-6)
        bound = np.sqrt(6 / sum(rows.shape))
        assert np.abs(weight[begin + 5 :]).max(initial=0) <= bound


# Of each column of b: 1 for a gate that keeps the state, -1 for one that writes it
SIGNS = {
    "lstm": (-1, 1, 0, 0),
    "gru": (1, 0),
    "gru_after": (1, 0),
    "mingru": (-1, 0),
    "diagonal_positive": (1, 0),
}


@pytest.mark.parametrize("cell", SIGNS)
def test_units_begin_with_memories_of_all_lengths_up_to_chrono(cell: str) -> None:
    """A gate open by s forgets after 1 / (1 - s) steps: 2 to T_max, evenly, as 1 + U(1, T_max -
    1)."""
    config = EchoConfig(cell=cell, state_size=400, num_layers=2, init="glorot")
    before = initial_weights(config)
    weights = initial_weights(replace(config, chrono=51))
    first, second = weights.pop("b")[0], weights.pop("b_layer2")[0]
    for name, values in weights.items():
        np.testing.assert_array_equal(values, before[name])
    assert not np.array_equal(first, second)
    for bias in (first, second):
        gates = np.split(bias, len(SIGNS[cell]))
        opened = max(gates, key=lambda gate: np.abs(gate).max())
        lengths = 1 + np.exp(np.abs(opened))  # 1 / (1 - sigmoid)
        assert lengths.min() == pytest.approx(2, abs=1)
        assert lengths.max() == pytest.approx(51, abs=1)
        assert lengths.mean() == pytest.approx(26.5, abs=2.2)
        for gate, sign in zip(gates, SIGNS[cell], strict=True):
            np.testing.assert_array_equal(gate, sign * np.abs(opened))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru_after", "cornn"])
def test_the_spectral_radius_of_each_first_recurrent_matrix(cell: str) -> None:
    config = EchoConfig(cell=cell, state_size=5, num_layers=2, init="glorot")
    before = initial_weights(config)
    weights = initial_weights(replace(config, spectral_radius=0.8))
    for layer, inputs in (("", 1), ("_layer2", 5)):
        for product in CELLS[cell].products:
            name = product.weight + layer
            if "h" not in product.reads:
                np.testing.assert_array_equal(weights[name], before[name])
                continue
            begin = inputs if "x" in product.reads else 0
            for block, first in zip(
                np.split(weights[name][begin : begin + 5], len(product.columns), axis=1),
                np.split(before[name][begin : begin + 5], len(product.columns), axis=1),
                strict=True,
            ):
                radius = np.abs(np.linalg.eigvals(block)).max()
                assert radius == pytest.approx(0.8, rel=1e-5)
                scale = block[0, 0] / first[0, 0]
                np.testing.assert_allclose(block, scale * first, rtol=1e-5)
                assert scale > 0
            np.testing.assert_array_equal(weights[name][:begin], before[name][:begin])


DROPPING = EchoConfig(
    num_layers=2,
    dropout=0.5,
    init="glorot",
    truncated_backprop_length=2,
    total_series_length=5 * 2 * 20,
    state_size=8,
)


def test_dropout_is_the_same_for_any_sizes_of_pieces() -> None:
    """And wherever a block of data begins."""
    with plain() as programs:
        trainer = Trainer(DROPPING, programs)
        whole = trainer.advance(30).losses
        trainer.reset()
        pieces = [trainer.advance(count).losses for count in (1, 12, 12)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole[:25])
        state = trainer.state
        assert state.epoch == 1
        trainer = Trainer(DROPPING, programs)
        trainer.restore(state)
        np.testing.assert_array_equal(trainer.advance(5).losses, whole[25:])


def test_dropout_differs_from_window_to_window_and_can_be_switched_off() -> None:
    def logits(dropout: float, key: tuple[int, int]) -> Array:
        config = replace(DROPPING, dropout=dropout)
        model = EchoRNN(config, initial_weights(config))
        init = tf.zeros([5, carried_size(config)])
        x = tf.ones([2, 5], tf.uint8)
        _, logits = model.forward(x, init, tf.constant(key))
        return np.asarray(logits)

    dropped = logits(0.5, (0, 0))
    np.testing.assert_array_equal(dropped, logits(0.5, (0, 0)))
    assert not np.array_equal(dropped, logits(0.5, (0, 1)))
    assert not np.array_equal(dropped, logits(0.5, (8, 0)))
    kept = logits(0.0, (0, 0))
    np.testing.assert_array_equal(kept, logits(0.0, (0, 1)))
    assert np.abs(kept - dropped).max() > 1e-3


def test_dropout_keeps_the_mean_and_drops_its_part() -> None:
    config = EchoConfig(
        num_layers=2, dropout=0.5, truncated_backprop_length=100, batch_size=20, state_size=50
    )
    model = EchoRNN(config, initial_weights(config))
    states = tf.ones([100, 20, 50])
    dropped = np.asarray(model.drop(states, tf.constant([3, 4]), 1))
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert (dropped == 0).mean() == pytest.approx(0.5, abs=0.01)
