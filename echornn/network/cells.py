"""One step of a recurrent cell: input and state in, next state out.

Each cell is written for one network and for many; with many, the replicas are an additional last axis (see
`echornn.network.replicas`). Cells multiply only through the `Affine` that is passed to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from echornn.network.affine import SIGMOID, TANH, Affine
from echornn.network.replicas import join_features, split_features


def rnn_cell(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """The tutorial's cell ("Forward pass"): h_t = tanh([x_t, h_{t-1}] W + b).

    Args:
        inputs: x_t, float32 [batch, input].
        state: h_{t-1}, float32 [batch, state].
        affine: uses W, float32 [input + state, state], and b, float32 [1, state].

    Returns:
        h_t, float32 [batch, state], each in [-1, 1].
    """
    (hidden,) = affine([inputs, state], "W", "b", TANH)
    return hidden


def gru_cell(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """Gated recurrent unit (Cho et al. 2014, equations 5 to 8; Keras' with ``reset_after=False``).

    With [z, r] = sigmoid([x_t, h_{t-1}] W + b) and c = tanh([x_t, r * h_{t-1}] Wc + bc), the state is h_t = z * h_{t-1}
    + (1 - z) * c.

    Args:
        inputs: x_t, float32 [batch, input].
        state: h_{t-1}, float32 [batch, state].
        affine: uses W, float32 [input + state, 2 * state], b, Wc, float32 [input + state, state], and bc.

    Returns:
        h_t, float32 [batch, state], each in [-1, 1].
    """
    update, reset = affine([inputs, state], "W", "b", SIGMOID, SIGMOID)
    (candidate,) = affine([inputs, reset * state], "Wc", "bc", TANH)
    return update * state + (1 - update) * candidate


def lstm_cell(inputs: tf.Tensor, state: tf.Tensor, affine: Affine) -> tf.Tensor:
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; Keras').

    With [i, f, g, o] = [x_t, h_{t-1}] W + b, the state is c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g) and h_t =
    sigmoid(o) * tanh(c_t).

    Args:
        inputs: x_t, float32 [batch, input].
        state: h_{t-1} and c_{t-1} side by side, float32 [batch, 2 * state].
        affine: uses W, float32 [input + state, 4 * state], and b, float32 [1, 4 * state].

    Returns:
        h_t and c_t side by side, float32 [batch, 2 * state].
    """
    hidden, memory = split_features(state, 2)
    enter, forget, value, leave = affine([inputs, hidden], "W", "b", SIGMOID, SIGMOID, TANH, SIGMOID)
    memory = forget * memory + enter * value
    hidden = leave * tf.tanh(memory)
    return join_features([hidden, memory])


def _keras_gru(units: int, **options: Any) -> keras.layers.Layer:
    return keras.layers.GRU(units, reset_after=False, **options)


@dataclass(frozen=True)
class CellKind:
    """The functions of a cell; `CELL_FACTS` has the facts about it.

    Attributes:
        step: computes one time step.
        keras_layer: makes the Keras layer of this cell with a number of units; it has our weights side by side.
    """

    step: Callable[[tf.Tensor, tf.Tensor, Affine], tf.Tensor]
    keras_layer: Callable[..., Any]


CELLS: dict[str, CellKind] = {
    "rnn": CellKind(rnn_cell, keras.layers.SimpleRNN),
    "gru": CellKind(gru_cell, _keras_gru),
    "lstm": CellKind(lstm_cell, keras.layers.LSTM),
}
"""The cells by name. To add a cell, write its step above, and add an entry here and one in `CELL_FACTS`."""
