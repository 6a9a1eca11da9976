"""What every learning rule computes: the gradient of a window's loss, and what it carries to the next window."""

from __future__ import annotations

import pkgutil
from typing import NamedTuple, Protocol

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors
from echornn.network.cross_entropy import cross_entropy
from echornn.network.model import EchoRNN
from echornn.network.squared_error import squared_error
from echornn.rules.table import RULES
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
