"""The learning rules: the gradient of a window's loss, and what is carried to the next window."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from echornn.network.affine import Tensors, is_fused
from echornn.network.model import EchoRNN, cross_entropy, embed, squared_error
from echornn.tasks.task import Numbers
from echornn.training.penalties import mean_square
from echornn.training.sensitivity import Sensitivity, StepInputs


class WindowData(NamedTuple):
    """A window, and the state before it; with replicas, each tensor has an additional last axis."""

    x: tf.Tensor  # symbols, uint8 [T, batch, ...], or numbers, float32 [T, batch, count, ...]
    labels: tf.Tensor  # symbols, int32 [T, batch, ...], or numbers, float32 [T, batch, count, ...]
    scored: tf.Tensor | None  # the steps that count, or weights, [T, batch, ...]; None if all do
    state: tf.Tensor  # float32 [batch, carried, ...]
    dropout_key: tf.Tensor  # int32 [2, ...]
    rate_penalty: tf.Tensor | float = 0.0  # read if the configuration has one


class Learned(NamedTuple):
    """What a rule computes from a window; with replicas, each tensor has an additional last
    axis."""

    # Mean cross-entropy in nats, or mean squared error, float32 [...], without the rate penalty
    loss: tf.Tensor
    outputs: tf.Tensor  # the softmax, or the numbers, float32 [T, batch, outputs, ...]
    states: tf.Tensor  # those carried after each time step, float32 [T, batch, carried, ...]
    gradients: list[tf.Tensor]  # in the order of the model's weights
    # On the state that is carried to the next window, see `influence_shapes`
    influence: dict[str, tf.Tensor]


def within_window(model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
    return _back_propagated(model, window)[0]


def _back_propagated(model: EchoRNN, window: WindowData) -> tuple[Learned, tf.Tensor]:
    weights = list(model.weights.values())
    with tf.GradientTape() as tape:
        tape.watch([window.state, weights])
        states, outputs = model.forward(window.x, window.state, window.dropout_key)
        if isinstance(model.config.the_task.outputs, Numbers):
            loss = squared_error(outputs, window.labels, window.scored)
        else:
            loss, outputs = cross_entropy(outputs, window.labels, window.scored)
        objective = loss
        if model.config.rate_penalty:
            objective += window.rate_penalty * mean_square(model.config, states)
    d_state, gradients = tape.gradient(
        objective, [window.state, weights], None, tf.UnconnectedGradients.ZERO
    )
    return Learned(loss, outputs, states, gradients, {}), d_state


def of_whole_past(model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
    """Real-time recurrent learning (Williams and Zipser 1989): the exact gradient, of which nothing
    is cut off.

    The influence ``M`` of each weight on the carried state of each row brings the gradient through
    the states before the window, ``dL/ds M``. It grows by exact derivatives, for any cell: to
    ``J M + P``, by those of the state that is carried on, by the state before and by the weights.
    """
    learned, d_state = _back_propagated(model, window)
    if not influence:
        return learned

    gradients = []
    for name, gradient in zip(model.weights, learned.gradients, strict=True):
        if name in influence:
            d_rows = d_state[:, :, tf.newaxis, tf.newaxis] * influence[name]
            gradient = gradient + tf.reduce_sum(d_rows, axis=[0, 1])
        gradients.append(gradient)

    config = model.config
    inputs = StepInputs(
        embed(window.x, config.the_task.inputs),
        tf.concat([window.state[tf.newaxis], learned.states[:-1]], axis=0),
        [],
    )
    if config.dropout:
        ones = tf.ones_like(learned.states[:, :, : config.state_size])
        for layer in range(1, config.num_layers):
            inputs.dropout.append(model.drop(ones, window.dropout_key, layer))
    to_state, to_weights = Sensitivity(model, inputs).after(config.window_stride)
    grown = {
        name: _product(to_state, matrix) + to_weights[name] for name, matrix in influence.items()
    }
    return learned._replace(gradients=gradients, influence=grown)


LEARN = {"tbptt": within_window, "rtrl": of_whole_past}
"""What each rule of `echornn.config.RULES` learns from the network, a window, and the influence
before it."""


def _product(to_state: tf.Tensor, influence: tf.Tensor) -> tf.Tensor:
    """``J M`` of each row.

    Large products of a single network are matrix products: 3 times as fast with 16 units.
    """
    batch, carried, rows, columns, *replicas = influence.shape
    if replicas or is_fused(batch * carried, carried, rows * columns):
        terms = to_state[:, :, :, tf.newaxis, tf.newaxis] * influence[:, tf.newaxis]
        return tf.reduce_sum(terms, axis=2)
    product = tf.matmul(to_state, tf.reshape(influence, [batch, carried, rows * columns]))
    return tf.reshape(product, influence.shape)
