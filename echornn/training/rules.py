"""What every learning rule computes: the gradient of a window's loss, and what it carries to the next window."""

from __future__ import annotations

import pkgutil
from typing import NamedTuple, Protocol

import tensorflow as tf

from echornn.config import RULES, EchoConfig
from echornn.network.affine import Tensors, is_fused
from echornn.network.loss import cross_entropy, squared_error
from echornn.network.model import EchoRNN, embed
from echornn.network.sensitivity import Sensitivity, StackedStep, sensitivity, steps_of
from echornn.network.shapes import influence_shapes
from echornn.tasks.task import Numbers


class WindowData(NamedTuple):
    """A window, and the state before it; with replicas, each tensor has an additional last axis."""

    x: tf.Tensor
    """Input: symbols, uint8 [T, batch, ...], or numbers, float32 [T, batch, count, ...]."""
    labels: tf.Tensor
    """Target: symbols, int32 [T, batch, ...], or numbers, float32 [T, batch, count, ...]."""
    scored: tf.Tensor | None
    """The steps that count, bool [T, batch, ...]; None if all do."""
    state: tf.Tensor
    """Float32 [batch, carried, ...]."""
    dropout_key: tf.Tensor
    """The random key of dropout, int32 [2, ...]."""


class Learned(NamedTuple):
    """What a rule computes from a window; with replicas, each tensor has an additional last axis."""

    loss: tf.Tensor
    """Mean cross-entropy in nats, or mean squared error, float32 [...]."""
    outputs: tf.Tensor
    """The softmax, or the numbers, float32 [T, batch, outputs, ...]."""
    states: tf.Tensor
    """The states carried after each time step, float32 [T, batch, carried, ...]."""
    gradients: list[tf.Tensor]
    """In the order of the model's weights."""
    influence: dict[str, tf.Tensor]
    """What the rule carries to the next window, see `RuleEngine.carried`."""


class RuleEngine(Protocol):
    """Computes a learning rule within the compiled loop."""

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """The shapes of the float32 arrays that one network carries from window to window besides its state, by name;
        all are zero at the start of an epoch.
        """

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """The gradient of the window's loss, and what is carried after it."""


def engine_of(config: EchoConfig) -> RuleEngine:
    """The engine of a configuration's learning rule."""
    engine: RuleEngine = pkgutil.resolve_name(RULES[config.rule].engine)
    return engine


def loss_of(model: EchoRNN, outputs: tf.Tensor, window: WindowData) -> tuple[tf.Tensor, tf.Tensor]:
    """The loss of a window, and the outputs as they are shown: the softmax of logits, or the numbers."""
    if isinstance(model.config.the_task.outputs, Numbers):
        return squared_error(outputs, window.labels, window.scored), outputs
    return cross_entropy(outputs, window.labels, window.scored)


class RealTime:
    """The exact gradient, of which nothing is cut off."""

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """The influence of each weight on the carried state, [batch, carried, rows, columns]."""
        return influence_shapes(config)

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """See `RuleEngine.learn`."""
        config, weights = model.config, model.weights
        with tf.GradientTape() as tape:
            tape.watch([window.state, *weights.values()])
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


class Truncated:
    """The gradient within the window; it stops at the state before it."""

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """Nothing; see `RuleEngine.carried`."""
        return {}

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """See `RuleEngine.learn`."""
        weights = list(model.weights.values())
        with tf.GradientTape() as tape:
            tape.watch(weights)
            states, outputs = model.forward(window.x, window.state, window.dropout_key)
            loss, outputs = loss_of(model, outputs, window)
        gradients = tape.gradient(loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return Learned(loss, outputs, states, gradients, {})


TBPTT = Truncated()
