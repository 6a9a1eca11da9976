"""Real-time recurrent learning (Williams and Zipser 1989), with an update after each window.

The influence M = dh/dW of every weight on the carried state is itself carried from window to window. It grows by

    M' = J M + D        J = dh'/dh, D = dh'/dW, through the steps of the window

and with it the gradient of a window's loss L, which back-propagation gives only within the window, becomes exact:

    dL/dW = (within the window) + dL/dh M        h is the state before the window

These are the same numbers as those of the rule that computes M at every step, since the weights stay the same during a
window (Schmidhuber 1992 computes them so too). M is that of each row of the batch.

If the weights never changed, this would be the gradient through the whole past. Because they do, M contains
derivatives at the weights of earlier windows: it is exact only up to these changes, as Williams and Zipser say.

A trial begins with a zero state that no weight acts on, so within trials the gradient is that of back-propagation
through the whole trial, and nothing is carried.
"""

from __future__ import annotations

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors
from echornn.network.model import EchoRNN, embed
from echornn.network.product import is_fused
from echornn.network.sensitivity import Sensitivity, StackedStep, sensitivity, steps_of
from echornn.network.shapes import influence_shapes
from echornn.training.rules.engine import Learned, WindowData, loss_of


class RealTime:
    """The exact gradient, of which nothing is cut off."""

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """The influence of each weight on the carried state, [batch, carried, rows, columns]."""
        return influence_shapes(config)

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """See `RuleEngine.learn`."""
        config, weights = model.config, model.weights
        with tf.GradientTape() as tape:
            tape.watch(window.state)
            states, outputs = model.forward(window.x, window.state, window.dropout_key)
            loss, outputs = loss_of(model, outputs, window)
        d_state, within = tape.gradient(
            loss, [window.state, weights], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        gradients = [
            within[name] + through(d_state, influence[name]) if name in influence else within[name] for name in weights
        ]
        if influence:
            inputs = embed(window.x, config.the_task.inputs)
            steps = steps_of(model, inputs, window.state, states, window.dropout_key)
            step = StackedStep(model)
            influence = grown(influence, sensitivity(step, steps, config.window_stride))
        return Learned(loss, outputs, states, gradients, dict(influence))


def through(d_state: tf.Tensor, influence: tf.Tensor) -> tf.Tensor:
    """The gradient to a weight through the states that it acted on before.

    Args:
        d_state: the gradient to the state before the window, float32 [batch, carried, ...].
        influence: float32 [batch, carried, rows, columns, ...].

    Returns:
        Float32 [rows, columns, ...].
    """
    return tf.reduce_sum(d_state[:, :, tf.newaxis, tf.newaxis] * influence, axis=[0, 1])


def grown(influence: Tensors, by: Sensitivity) -> dict[str, tf.Tensor]:
    """The influence after some steps, ``J M + D``."""
    return {name: _times(by.to_state, one) + by.to_weights[name] for name, one in influence.items()}


def _times(to_state: tf.Tensor, influence: tf.Tensor) -> tf.Tensor:
    """``J M`` of each row. Large products of a single network are matrix products: 3 times as fast with 16 units."""
    batch, carried, rows, columns, *replicas = influence.shape
    if replicas or is_fused(batch * carried, carried, rows * columns):
        return tf.reduce_sum(to_state[:, :, :, tf.newaxis, tf.newaxis] * influence[:, tf.newaxis], axis=2)
    product = tf.matmul(to_state, tf.reshape(influence, [batch, carried, rows * columns]))
    return tf.reshape(product, influence.shape)


RTRL = RealTime()
