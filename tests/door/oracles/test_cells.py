"""Cells, layers and scans, compared with Keras layers with the same weights, forward and
gradient."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from echornn import EchoConfig, Trainer
from echornn.cells.table import CELLS
from echornn.network.model import EchoRNN, initial_weights
from echornn.network.scan import scan
from echornn.network.shapes import carried_size
from echornn.network.step import step_of
from tests.compiled import plain

pytestmark = pytest.mark.slow

Array = npt.NDArray[np.float32]


def random_weights(cell: str, inputs: int, size: int, rng: np.random.Generator) -> dict[str, Array]:
    weights = {}
    for made in CELLS[cell].products:
        columns = len(made.columns)
        weights[made.weight] = rng.normal(0, 0.4, (inputs + size, columns * size)).astype(
            np.float32
        )
        weights[made.bias] = rng.normal(0, 0.4, (1, columns * size)).astype(np.float32)
    return weights


def keras_layer(cell: str, inputs: int, size: int, weights: dict[str, Array]) -> keras.layers.Layer:
    """A Keras layer of the same cell with the same weights; Keras separates weights of the input
    and of the state."""
    layer: keras.layers.Layer = {
        "rnn": lambda: keras.layers.SimpleRNN(size, return_sequences=True),
        "irnn": lambda: keras.layers.SimpleRNN(size, activation="relu", return_sequences=True),
        "gru": lambda: keras.layers.GRU(size, return_sequences=True, reset_after=False),
        "lstm": lambda: keras.layers.LSTM(size, return_sequences=True),
    }[cell]()
    layer.build((None, None, inputs))
    matrix = np.concatenate([weights[made.weight] for made in CELLS[cell].products], axis=1)
    vector = np.concatenate([weights[made.bias] for made in CELLS[cell].products], axis=1)
    layer.set_weights([matrix[:inputs], matrix[inputs:], vector[0]])
    return layer


FORMS = [(4, 5, 5, False), (4, 5, 2, False), (24, 30, 5, False), (24, 30, 2, False)]
"""Fused products and matrix products, each in a whole window and in blocks, without XLA, which
needs no compilation."""


@pytest.mark.parametrize(
    ("cell", "size", "batch", "block", "by_xla"),
    [
        *((name, *form) for name, cell in CELLS.items() if cell.keras[0] for form in FORMS),
        ("lstm", 4, 5, 2, True),
    ],
)
def test_states_and_gradients_are_those_of_keras(
    cell: str, size: int, batch: int, block: int, by_xla: bool
) -> None:
    rng = np.random.default_rng(5)
    length, inputs = 5, 3
    x = rng.normal(size=(length, batch, inputs)).astype(np.float32)
    pull = rng.normal(size=(length, batch, size)).astype(np.float32)
    init = rng.normal(0, 0.5, (batch, len(CELLS[cell].state_parts) * size)).astype(np.float32)
    weights = {
        name: tf.Variable(value) for name, value in random_weights(cell, inputs, size, rng).items()
    }
    x_ours, init_ours = tf.Variable(x), tf.Variable(init)

    def ours() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            states = scan(
                step_of(CELLS[cell]), x_ours.read_value(), init_ours.read_value(), weights, block
            )[..., :size]
            total = tf.reduce_sum(states * pull)
        return states, tape.gradient(total, [x_ours, init_ours, *weights.values()])

    states, (d_x, d_init, *d_weights) = (
        tf.function(ours, jit_compile=True, autograph=False)() if by_xla else ours()
    )
    layer = keras_layer(
        cell, inputs, size, {name: value.numpy() for name, value in weights.items()}
    )
    x_keras, init_keras = tf.Variable(x.swapaxes(0, 1)), tf.Variable(init)
    with tf.GradientTape() as tape:
        parts = tf.split(init_keras, len(CELLS[cell].state_parts), axis=-1)
        expected = layer(x_keras, initial_state=parts)
        total = tf.reduce_sum(expected * pull.swapaxes(0, 1))
    e_x, e_init, e_kernel, e_recurrent, e_bias = tape.gradient(
        total, [x_keras, init_keras, *layer.trainable_variables]
    )
    np.testing.assert_allclose(states, np.swapaxes(expected, 0, 1), atol=1e-5)
    np.testing.assert_allclose(d_x, np.swapaxes(e_x, 0, 1), atol=1e-4)
    np.testing.assert_allclose(d_init, e_init, atol=1e-4)
    by_name = dict(zip(weights, d_weights, strict=True))
    d_matrix = np.concatenate([by_name[made.weight] for made in CELLS[cell].products], axis=1)
    d_vector = np.concatenate([by_name[made.bias] for made in CELLS[cell].products], axis=1)
    scale = float(np.abs(d_matrix).max())
    np.testing.assert_allclose(d_matrix, np.concatenate([e_kernel, e_recurrent]), atol=2e-6 * scale)
    np.testing.assert_allclose(d_vector[0], e_bias, atol=2e-6 * scale)


@pytest.mark.parametrize("cell", list(CELLS))
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
    x, y = (tf.constant(rng.integers(0, 3, (4, 4), dtype=np.uint8)) for _ in range(2))
    init = tf.constant(rng.normal(0, 0.5, (4, carried_size(config))).astype(np.float32))
    variables = list(model.weights.values())

    def loss_and_gradient() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            _, logits = model.forward(x, init, tf.constant([0, 0]))
            labels = tf.cast(y, tf.int32)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        return loss, tape.gradient(loss, variables)

    _, gradient = loss_and_gradient()
    directions = [rng.normal(size=variable.shape).astype(np.float32) for variable in variables]
    slope = sum(float((d * v).numpy().sum()) for d, v in zip(gradient, directions, strict=True))
    losses = []
    small = 1e-3 if cell == "irnn" else 1e-2  # a relu bends
    for step in (small, -2 * small):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(step * direction)
        losses.append(float(loss_and_gradient()[0]))
    assert (losses[0] - losses[1]) / (2 * small) == pytest.approx(slope, rel=2e-2, abs=1e-3)


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
    glorot, orthogonal = (
        initial_weights(config),
        initial_weights(replace(config, init="orthogonal")),
    )
    recurrent = [made for made in CELLS[cell].products if "h" in made.reads]
    if not recurrent:
        assert all(np.array_equal(glorot[name], orthogonal[name]) for name in glorot)
    for made in recurrent:
        rows = orthogonal[made.weight][1:6]
        for block in np.split(rows, len(made.columns), axis=1):
            np.testing.assert_allclose(block.T @ block, np.eye(5), atol=1e-6)
        assert np.abs(orthogonal[made.weight][6:]).max(initial=0) <= np.sqrt(6 / sum(rows.shape))


DROPPING = EchoConfig(
    num_layers=2,
    dropout=0.5,
    init="glorot",
    truncated_backprop_length=2,
    total_series_length=5 * 2 * 20,
    state_size=8,
)


def test_dropout_is_a_function_of_seed_draw_and_window() -> None:
    """Dropout is the same for any sizes of pieces and wherever a block of data begins, differs from
    window to window, and can be switched off."""
    with plain() as programs:
        trainer = Trainer(DROPPING, programs)
        whole = trainer.advance(30).losses
        trainer.reset()
        np.testing.assert_array_equal(
            np.concatenate([trainer.advance(n).losses for n in (1, 12, 12)]), whole[:25]
        )
        state = trainer.state
        assert state.epoch == 1
        trainer = Trainer(DROPPING, programs)
        trainer.restore(state)
        np.testing.assert_array_equal(trainer.advance(5).losses, whole[25:])
    model = EchoRNN(DROPPING, initial_weights(DROPPING))
    x = tf.ones([2, 5], tf.uint8)
    init = tf.zeros([5, carried_size(DROPPING)])
    keys = [[0, 0], [0, 0], [0, 1], [8, 0]]
    logits = [model.forward(x, init, tf.constant(key))[1].numpy() for key in keys]
    np.testing.assert_array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])
    assert not np.array_equal(logits[0], logits[3])
    kept = EchoRNN(replace(DROPPING, dropout=0.0), initial_weights(DROPPING))
    without = [kept.forward(x, init, tf.constant(key))[1].numpy() for key in keys]
    np.testing.assert_array_equal(without[0], without[2])
    assert np.abs(without[0] - logits[0]).max() > 1e-3


def test_dropout_keeps_the_mean_and_drops_its_part() -> None:
    config = EchoConfig(
        num_layers=2, dropout=0.5, truncated_backprop_length=100, batch_size=20, state_size=50
    )
    model = EchoRNN(config, initial_weights(config))
    dropped = model.drop(tf.ones([100, 20, 50]), tf.constant([3, 4]), 1).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert (dropped == 0).mean() == pytest.approx(0.5, abs=0.01)
