"""The Echo-RNN: its weights, and its forward pass over one window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.cells import output_layer, rnn_cell
from echornn.config import EchoConfig

Weights = Mapping[str, npt.NDArray[np.float32]]


class EchoRNN(tf.Module):
    """A recurrent cell unrolled over a window, and a softmax layer on each of its states.

    Attributes:
        weights: the trained variables by the tutorial's names, in its shapes (see `weight_shapes`).
    """

    def __init__(self, config: EchoConfig, initial: Weights) -> None:
        super().__init__()
        self.config = config
        self.weights = {name: tf.Variable(value, name=name) for name, value in initial.items()}

    def embed(self, symbols: tf.Tensor) -> tf.Tensor:
        """Symbols (uint8 [..., batch]) as the numbers that enter the cell (float32 [..., batch, input]).

        Two classes enter as the number 0 or 1, as in the tutorial; more as one-hot vectors.
        """
        if self.config.num_classes == 2:
            return tf.cast(symbols, tf.float32)[..., tf.newaxis]
        return tf.one_hot(symbols, self.config.num_classes)

    def forward(self, symbols: tf.Tensor, init_state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run one window ("Forward pass" and "Calculating loss").

        Args:
            symbols: the window's input, uint8 [T, batch].
            init_state: the state carried in, float32 [batch, state].

        Returns:
            The states after each time step, float32 [T, batch, state], and their logits, float32
            [T, batch, classes]. The logits at a step are of the state after that step.
        """
        inputs_series = tf.unstack(self.embed(symbols))
        current_state = init_state
        states_series = []
        for current_input in inputs_series:
            current_state = rnn_cell(current_input, current_state, self.weights)
            states_series.append(current_state)
        states = tf.stack(states_series)
        return states, output_layer(states, self.weights)


def weight_shapes(config: EchoConfig) -> dict[str, tuple[int, int]]:
    """Names and shapes of the weights ("Variables and placeholders")."""
    return {
        "W": (config.input_size + config.state_size, config.state_size),
        "b": (1, config.state_size),
        "W2": (config.state_size, config.num_classes),
        "b2": (1, config.num_classes),
    }


def initial_weights(config: EchoConfig, draw: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Weights to start from: a pure function of (seed, draw). Biases are zero.

    With ``init="tutorial"`` a matrix is uniform in [0, 1). With ``"glorot"`` it is uniform in [-a, a),
    a = sqrt(6 / (rows + columns)) (Glorot and Bengio 2010, equation 16).
    """
    rng = seeding.stream(config.seed, seeding.WEIGHTS, draw)
    weights = {}
    for name, shape in weight_shapes(config).items():
        if shape[0] == 1 and name.startswith("b"):
            weights[name] = np.zeros(shape, np.float32)
        elif config.init == "tutorial":
            weights[name] = rng.random(shape, dtype=np.float32)
        else:
            bound = np.float32(np.sqrt(6 / sum(shape)))
            weights[name] = (2 * rng.random(shape, dtype=np.float32) - 1) * bound
    return weights
