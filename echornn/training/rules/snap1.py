"""The sparse approximation of real-time recurrent learning with the pattern of one step, SnAp-1 (Menick et al. 2021).

Of the influence of a weight on the state, only that on the unit which it feeds is kept: M has one number per weight,
row and part of the state (two for an LSTM: h and c). It is computed at every step,

    M[j, w] = J[j, j] M[j, w] + D[j, w]        w: a weight of unit j; J, D as for rtrl

and the gradient is the sum of dL/dh[j] M[j, w] over steps, rows and units. Paths through other units are left out, also
those within a window, which back-propagation has. The influence is that of the weights at each step, as for rtrl.
"""

from __future__ import annotations

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors
from echornn.network.layer import OfTensors, used_weights
from echornn.network.model import EchoRNN, embed
from echornn.network.scan import UNROLLED_WHOLE
from echornn.network.shapes import influence_shapes, own_influence_shapes
from echornn.network.unit_steps import UnitStep, in_columns, unit_step
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
        replicas = states.shape[3:]
        before = tf.concat([window.state[tf.newaxis], states[:-1]], axis=0)
        inputs = embed(window.x, config.the_task.inputs)
        trained = {name: one for name, one in weights.items() if name not in ("W2", "b2")}
        used = used_weights(config.the_cell, trained, config.window_steps)
        now = {
            name: influence.get(name, tf.zeros([*shape, *replicas]))
            for name, shape in own_influence_shapes(config).items()
        }

        def step(t: tf.Tensor | int, now: Influence, sums: Influence, kept: Influence) -> tuple[Influence, ...]:
            one = unit_step(config.the_cell, used, tf.gather(inputs, t), tf.gather(before, t))
            now = _grown(now, one, _by_trained(model, _direct(one)))
            d_parts = tf.split(tf.gather(d_states, t), len(config.the_cell.state_parts), axis=1)
            d = {name: _times(d_parts, of_weight) for name, of_weight in now.items()}
            sums = {name: sums[name] + d[name] for name in sums}
            is_last = tf.equal(t, config.window_stride - 1)
            return now, sums, {name: tf.where(is_last, now[name], kept[name]) for name in kept}

        sums = {name: tf.zeros_like(tf.convert_to_tensor(one)) for name, one in trained.items()}
        kept = dict(now)
        if config.window_steps <= UNROLLED_WHOLE:
            for t in range(config.window_steps):
                now, sums, kept = step(t, now, sums, kept)
        else:
            _, now, sums, kept = tf.while_loop(
                lambda t, *_: t < config.window_steps,
                lambda t, *values: (t + 1, *step(t, *values)),
                (tf.constant(0), now, sums, kept),
                maximum_iterations=config.window_steps,
            )
        gradients = {**sums, "W2": d_weight, "b2": d_bias}
        return Learned(
            loss, outputs, states, [gradients[name] for name in weights], {name: kept[name] for name in influence}
        )


def _grown(influence: Influence, step: UnitStep, direct: Influence) -> Influence:
    """The influence after a step, ``J M + D`` within each unit, float32 [batch, parts, rows, columns, ...]."""
    grown = {}
    for name, one in influence.items():
        columns = one.shape[3]
        parts = [
            tf.add_n([in_columns(j, columns)[:, tf.newaxis] * one[:, q] for q, j in enumerate(by_state)])
            for by_state in step.by_state
        ]
        grown[name] = tf.stack(parts, axis=1) + direct[name]
    return grown


def _direct(step: UnitStep) -> Influence:
    """The derivatives of each unit's numbers by the weights that the step uses, through this step alone."""
    found: Influence = {}
    for number, product in enumerate(step.products):
        by_z = tf.stack([of_part[number] for of_part in step.by_z], axis=1)[:, :, tf.newaxis]
        if product.bias:
            pairs = {product.weight: _rows(product.parts)[:, tf.newaxis] * by_z, product.bias: by_z}
        else:
            pairs = {product.weight: product.parts[0][:, tf.newaxis, tf.newaxis] * by_z}
        for name, one in pairs.items():
            found[name] = found[name] + one if name in found else one
    return found


def _rows(parts: list[tf.Tensor]) -> tf.Tensor:
    """The parts side by side, each a row of a weight, float32 [batch, rows, 1, ...]."""
    return tf.concat(parts, axis=1)[:, :, tf.newaxis]


def _by_trained(model: EchoRNN, direct: Influence) -> Influence:
    """Derivatives by the trained weights, from those by the weights that the step uses."""
    cell, steps = model.config.the_cell, model.config.window_steps
    matrices = {name for product in cell.products for name in (product.weight, product.bias)}
    found = {name: one for name, one in direct.items() if name in matrices}
    for name in cell.unit_weights:
        each = []
        for used_name in direct.keys() - matrices:
            with tf.GradientTape() as tape:
                used = cell.used(model.weights, OfTensors(), steps)[used_name]
            factor = tape.gradient(used, model.weights[name], unconnected_gradients=tf.UnconnectedGradients.ZERO)
            each.append(direct[used_name] * factor[tf.newaxis, tf.newaxis])
        found[name] = tf.add_n(each)
    return found


def _times(d_parts: list[tf.Tensor], influence: tf.Tensor) -> tf.Tensor:
    """The gradient to a weight, summed over rows and parts: float32 [rows, columns, ...]."""
    d = tf.stack([in_columns(one, influence.shape[3]) for one in d_parts], axis=1)
    return tf.reduce_sum(d[:, :, tf.newaxis] * influence, axis=[0, 1])


SNAP1 = SparseRealTime()
