"""A step of all layers from many states under a constant input, with its Jacobian, in float64."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes.graphs import GRAPHS_KEPT, call, graph_of, ordered, structure
from echornn.progress import Floats

Doubles = npt.NDArray[np.float64]

BYTES_AT_ONCE = 2**26
"""The most memory for the numbers of a step of all rows that are computed at once."""

NUMBERS_A_UNIT = 24
"""The numbers of a row and unit that are kept for the gradient of a step of a layer, at most about this many."""


class OneStep:
    """The network under a constant input.

    Args:
        config, weights: the network.
        held: the constant input as it enters the cell, [input].
    """

    def __init__(self, config: EchoConfig, weights: Mapping[str, Floats], held: npt.ArrayLike) -> None:
        self.config, self.carried = config, carried_size(config)
        self._graphs = structure(config)
        self._fixed = (np.asarray(held, np.float64)[np.newaxis], *ordered(config, weights))
        row = 8 * NUMBERS_A_UNIT * self.carried
        self._at_once = max(1, BYTES_AT_ONCE // (row * self.carried))

    def after(self, states: Doubles) -> Doubles:
        """The states after a step, float64 [rows, carried], from those before."""
        (after,) = call(_stepping(self._graphs), states, *self._fixed)
        return np.asarray(after)

    def with_jacobian(self, states: Doubles) -> tuple[Doubles, Doubles]:
        """The states after a step, and their derivatives [rows, after, before], float64."""
        graph = _differentiating(self._graphs)
        parts = [
            call(graph, states[begin : begin + self._at_once], *self._fixed)
            for begin in range(0, max(1, len(states)), self._at_once)
        ]
        after, jacobians = (np.concatenate(one) for one in zip(*parts, strict=True))
        return after, jacobians


@functools.lru_cache(GRAPHS_KEPT)
def _stepping(config: EchoConfig) -> Any:
    return _graph(config, lambda states, held, weights: (_stepped(config, weights, held, states),))


@functools.lru_cache(GRAPHS_KEPT)
def _differentiating(config: EchoConfig) -> Any:
    carried = carried_size(config)

    def both(states: tf.Tensor, held: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.repeat(states, carried, axis=0)
        with tf.GradientTape() as tape:
            tape.watch(rows)
            after = _stepped(config, weights, held, rows)
        each = tf.tile(tf.eye(carried, dtype=tf.float64), [tf.shape(states)[0], 1])
        jacobians = tape.gradient(after, rows, each, tf.UnconnectedGradients.ZERO)
        return after[::carried], tf.reshape(jacobians, [-1, carried, carried])

    return _graph(config, both)


def _graph(config: EchoConfig, function: Any) -> Any:
    def in_doubles(states: tf.Tensor, held: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        return function(states, held, {name: tf.cast(value, tf.float64) for name, value in weights.items()})

    specs = tf.TensorSpec([None, carried_size(config)], tf.float64), tf.TensorSpec([1, config.input_size], tf.float64)
    return graph_of(in_doubles, config, *specs)


def _stepped(config: EchoConfig, weights: Mapping[str, tf.Tensor], held: tf.Tensor, states: tf.Tensor) -> tf.Tensor:
    inputs = tf.repeat(held, tf.shape(states)[0], axis=0)
    return step(config, weights, inputs, states, _multiplied).state


def _multiplied(parts: Sequence[tf.Tensor], weight: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    return tf.matmul(tf.concat(parts, axis=-1), weight) + bias
