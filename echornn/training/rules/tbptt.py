"""Truncated back-propagation through time (Williams and Peng 1990)."""

from __future__ import annotations

import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import Tensors
from echornn.network.model import EchoRNN
from echornn.training.rules.engine import Learned, WindowData, loss_of


class Truncated:
    """The gradient within the window; it stops at the state before it."""

    def carried(self, config: EchoConfig) -> dict[str, tuple[int, ...]]:
        """Nothing; see `RuleEngine.carried`."""
        return {}

    def learn(self, model: EchoRNN, window: WindowData, influence: Tensors) -> Learned:
        """See `RuleEngine.learn`."""
        with tf.GradientTape() as tape:
            states, outputs = model.forward(window.x, window.state, window.dropout_key)
            loss, outputs = loss_of(model, outputs, window)
        return Learned(loss, outputs, states, tape.gradient(loss, list(model.weights.values())), {})


TBPTT = Truncated()
