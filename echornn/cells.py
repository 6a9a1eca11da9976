"""One step of the recurrent cell: input and state in, next state out."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from echornn.product import product


def rnn_cell(inputs: tf.Tensor, state: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """The tutorial's cell: ``tanh([x_t, h_{t-1}] W + b)`` ("Forward pass").

    Args:
        inputs: x_t, float32 [..., batch, input].
        state: h_{t-1}, float32 [..., batch, state].
        weights: W, float32 [..., input + state, state], and b, float32 [..., 1, state].

    Returns:
        h_t, float32 [..., batch, state], each in [-1, 1].
    """
    inputs_and_state_concatenated = tf.concat([inputs, state], axis=-1)
    return tf.tanh(product(inputs_and_state_concatenated, weights["W"]) + weights["b"])


def output_layer(states: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Class scores of each state: ``h W2 + b2`` ("Calculating loss").

    Args:
        states: float32 [..., batch, state].
        weights: W2, float32 [..., state, classes], and b2, float32 [..., 1, classes].

    Returns:
        logits, float32 [..., batch, classes].
    """
    return product(states, weights["W2"]) + weights["b2"]
