"""The sparse approximation of real-time recurrent learning with the pattern of one step, SnAp-1 (Menick et al. 2021).

Of the influence of a weight on the state, only that on the unit which it feeds is kept: M has one number per weight,
row and part of the state (two for an LSTM: h and c). After each step,

    M[j, w] = J[j, j] M[j, w] + D[j, w]        w: a weight of unit j; J, D as for rtrl

and the gradient is the sum of dL/dh[j] M[j, w] over steps, rows and units. Paths through other units are left out, also
those within a window, which back-propagation has. As with rtrl, M is that of the weights of earlier windows.

Within a window the weights stay the same, so these sums are computed without M at each step: numbers of single units go
back through the steps, as in back-propagation, and M is needed only at the window's begin and end.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors
from echornn.network.blocks import UNROLLED_WHOLE
from echornn.network.layer import OfTensors, used_weights
from echornn.network.model import EchoRNN, embed
from echornn.network.product import weight_gradient
from echornn.network.replicas import sum_of_steps
from echornn.network.shapes import OUTPUT_LAYER, influence_shapes
from echornn.network.unit_steps import OwnProduct, in_columns, unit_step
from echornn.training.rules.engine import Learned, WindowData, loss_of

Influence = dict[str, tf.Tensor]


class SparseRealTime:
    """The gradient by the influence of each weight on its own unit. It needs a single layer, and a cell whose weights
    act within a step only on their own unit.
    """

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """The influence of each weight, [batch, parts of the state, rows, columns]."""
        return influence_shapes(config)

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """See `RuleEngine.learn`."""
        config, weights = model.config, model.weights
        states, _ = model.forward(window.x, window.state, window.dropout_key)
        with tf.GradientTape() as tape:
            tape.watch(states)
            logits = model.output_layer(states[:, :, : config.state_size])
            loss, outputs = loss_of(model, logits, window)
        d_states, d_weight, d_bias = tape.gradient(loss, [states, weights["W2"], weights["b2"]])
        step = _all_steps(model, window, states)
        by_loss, by_parts = _back(step, d_states, config.window_stride)
        gradients = _by_trained(model, _over_rows(step, by_loss[1:]))
        direct = _by_trained(model, _of_each_row(step, by_parts[1 : config.window_stride + 1]))
        gradients = {name: one[0, 0] for name, one in gradients.items()}
        grown = {}
        for name, one in influence.items():
            columns = one.shape[3]
            by_before = in_columns(by_loss[0], columns, 2)[:, :, tf.newaxis]
            gradients[name] += tf.reduce_sum(by_before * one, axis=[0, 1])
            through = in_columns(by_parts[0], columns, 3)[:, :, :, tf.newaxis]
            grown[name] = tf.reduce_sum(through * one[:, tf.newaxis], axis=2) + direct[name]
        gradients |= {"W2": d_weight, "b2": d_bias}
        return Learned(loss, outputs, states, [gradients[name] for name in weights], grown)


class _Steps(NamedTuple):
    """The derivatives of all steps of a window, see `UnitDerivatives`, with the steps as the first axis."""

    by_state: tf.Tensor
    """Of each part of the state by each part before, float32 [T, batch, parts, parts before, units, ...]."""
    by_z: list[tf.Tensor]
    """Of each part of the state by each product's columns, float32 [T, batch, parts, columns, ...]."""
    parts: list[tf.Tensor]
    """What each product multiplies, float32 [T, batch, rows, ...]."""
    products: list[OwnProduct]


def _all_steps(model: EchoRNN, window: WindowData, states: tf.Tensor) -> _Steps:
    """The derivatives of all steps at once, since the states are known."""
    config = model.config
    steps, batch = states.shape[:2]
    before = tf.concat([window.state[tf.newaxis], states[:-1]], axis=0)
    inputs = embed(window.x, config.the_task.inputs)
    trained = {name: one for name, one in model.weights.items() if name not in OUTPUT_LAYER}
    used = used_weights(config.the_cell, trained, config.window_steps)
    rows = [tf.reshape(one, [steps * batch, *one.shape[2:]]) for one in (inputs, before)]
    step = unit_step(config.the_cell, used, *rows)

    def apart(of_rows: tf.Tensor) -> tf.Tensor:
        return tf.reshape(of_rows, [steps, batch, *of_rows.shape[1:]])

    return _Steps(
        apart(tf.stack([tf.stack(by_state, axis=1) for by_state in step.by_state], axis=1)),
        [apart(tf.stack(of_parts, axis=1)) for of_parts in zip(*step.by_z, strict=True)],
        [apart(tf.concat(product.parts, axis=1)) for product in step.products],
        step.products,
    )


def _back(steps: _Steps, d_states: tf.Tensor, stride: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Go back through the steps of each unit.

    Args:
        steps: the derivatives.
        d_states: the gradient to each state through its own output, float32 [T, batch, carried, ...].
        stride: the step after which the state is carried to the next window.

    Returns:
        For the state before the window and after each step, the derivatives of the loss, float32 [T + 1, batch, parts,
        units, ...], and of each part of the state that is carried on, float32 [T + 1, batch, carried parts, parts,
        units, ...], as far as they go through single units; those of later steps are of no use.
    """
    length, batch, parts, _, units, *replicas = steps.by_state.shape
    d_loss = tf.reshape(d_states, [length, batch, 1, parts, units, *replicas])
    own = tf.reshape(tf.eye(parts), [1, parts, parts, *[1] * (1 + len(replicas))])
    own = tf.broadcast_to(own, [batch, parts, parts, units, *replicas])
    nothing = tf.zeros_like(own)

    def before(after: tf.Tensor, t: tf.Tensor | int) -> tf.Tensor:
        """The derivatives by the state before step t, with what comes in there."""
        through = tf.reduce_sum(after[:, :, :, tf.newaxis] * tf.gather(steps.by_state, t)[:, tf.newaxis], axis=2)
        comes_in = tf.where(tf.equal(t, stride), own, nothing)
        of_loss = tf.gather(d_loss, tf.maximum(t - 1, 0)) * tf.cast(tf.greater(t, 0), tf.float32)
        return through + tf.concat([of_loss, comes_in], axis=1)

    last = tf.concat([d_loss[-1], own if stride == length else nothing], axis=1)
    if length <= UNROLLED_WHOLE:
        each = [last]
        for t in reversed(range(length)):
            each.append(before(each[-1], t))
        whole = tf.stack(each[::-1])
    else:
        scanned = tf.scan(before, tf.range(length), last, reverse=True)
        whole = tf.concat([scanned, last[tf.newaxis]], axis=0)
    return whole[:, :, 0], whole[:, :, 1:]


def _over_rows(steps: _Steps, by_state: tf.Tensor) -> Influence:
    """The gradient to the weights that the steps use, float32 [1, 1, rows, columns, ...].

    Args:
        steps: the derivatives.
        by_state: the loss' derivatives by the state after each step, float32 [T, batch, parts, units, ...].
    """
    found: Influence = {}
    for product, by_z, rows in zip(steps.products, steps.by_z, steps.parts, strict=True):
        dz = tf.reduce_sum(in_columns(by_state, by_z.shape[3], 3) * by_z, axis=2)
        if product.bias:
            pairs = dict(zip((product.weight, product.bias), _weight_gradient(rows, dz), strict=True))
        else:
            pairs = {product.weight: tf.reduce_sum(rows * dz, axis=[0, 1])[tf.newaxis]}
        for name, one in pairs.items():
            one = one[tf.newaxis, tf.newaxis]
            found[name] = found[name] + one if name in found else one
    return found


def _weight_gradient(rows: tf.Tensor, dz: tf.Tensor) -> list[tf.Tensor]:
    """The gradients to a weight and its bias, from those of all steps, [T, batch, ...]."""
    if len(dz.shape) > 3:
        return [sum_of_steps(one) for one in weight_gradient(rows, dz)]
    return [*weight_gradient(*(tf.reshape(one, [-1, one.shape[2]]) for one in (rows, dz)))]


def _of_each_row(steps: _Steps, by_state: tf.Tensor) -> Influence:
    """The derivatives of each row's carried parts by the weights that the steps use, float32 [batch, parts, rows,
    columns, ...].

    Args:
        steps: the derivatives.
        by_state: their derivatives by the state after each step, float32 [steps, batch, carried parts, parts, units,
            ...].
    """
    found: Influence = {}
    count = by_state.shape[0]
    for product, by_z, rows in zip(steps.products, steps.by_z, steps.parts, strict=True):
        dz = tf.reduce_sum(in_columns(by_state, by_z.shape[3], 4) * by_z[:count, :, tf.newaxis], axis=3)
        of_rows = rows[:count, :, tf.newaxis]
        if product.bias:
            by_weight = tf.reduce_sum(of_rows[:, :, :, :, tf.newaxis] * dz[:, :, :, tf.newaxis], axis=0)
            pairs = {product.weight: by_weight, product.bias: tf.reduce_sum(dz, axis=0)[:, :, tf.newaxis]}
        else:
            pairs = {product.weight: tf.reduce_sum(of_rows * dz, axis=0)[:, :, tf.newaxis]}
        for name, one in pairs.items():
            found[name] = found[name] + one if name in found else one
    return found


def _by_trained(model: EchoRNN, direct: Influence) -> Influence:
    """Derivatives by the trained weights, from those by the weights that the step uses."""
    cell, steps = model.config.the_cell, model.config.window_steps
    found = {name: one for name, one in direct.items() if name in cell.matrices}
    for name in cell.unit_weights:
        each = []
        for used_name in direct.keys() - {*cell.matrices}:
            with tf.GradientTape() as tape:
                used = cell.used(model.weights, OfTensors(), steps)[used_name]
            factor = tape.gradient(used, model.weights[name], unconnected_gradients=tf.UnconnectedGradients.ZERO)
            each.append(direct[used_name] * factor[tf.newaxis, tf.newaxis])
        found[name] = tf.add_n(each)
    return found


SNAP1 = SparseRealTime()
