"""Changes each input of rows in turn: how much the predictions move, and which ones change."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.model import embed
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes.graphs import GRAPHS_KEPT, call, graph_of, ordered, structure
from echornn.probes.running import logits_of
from echornn.progress import Floats, Symbols


class Flipped(NamedTuple):
    """Differences from the predictions of the unchanged row; 0 and False if the input comes after the prediction."""

    moved: Floats
    """The total variation distance of the probabilities, float32 [rows, prediction's step, input's step], 0 to 1."""
    turned: npt.NDArray[np.bool_]
    """Whether another symbol becomes the likeliest, of the same shape."""


def next_symbol(x: Symbols, classes: int) -> Symbols:
    """The next symbol of each input; the last symbol becomes the first. With two classes, this flips the input."""
    return ((x.astype(np.int64) + 1) % classes).astype(np.uint8)


def flip_each(config: EchoConfig, weights: Mapping[str, Floats], x: Symbols, init_state: Floats) -> Flipped:
    """The effect of changing each input of each row alone to its next symbol; all in one batch.

    Args:
        x: uint8 [steps, rows].
        init_state: the initial state of each row, float32 [rows, carried].
    """
    steps, rows = x.shape
    variants = np.repeat(x[:, np.newaxis], steps + 1, axis=1)  # the last variant is the unchanged row
    each = np.arange(steps)
    variants[each, each] = next_symbol(x, config.num_classes)
    begun = np.tile(init_state, (steps + 1, 1))
    graph = _flipping(structure(config), steps, rows)
    moved, turned = call(graph, variants.reshape(steps, -1), begun, *ordered(config, weights))
    before = np.tri(steps, dtype=np.bool_)  # later inputs change only rounding errors
    by_row = (2, 0, 1)
    return Flipped(moved.transpose(by_row) * before, turned.transpose(by_row) & before)


@functools.lru_cache(GRAPHS_KEPT)
def _flipping(config: EchoConfig, steps: int, rows: int) -> Any:
    """A graph that returns only the results at each step, rather than the states and probabilities of all variants."""
    count = (steps + 1) * rows

    def forward(x: tf.Tensor, init_state: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        def run_step(t: tf.Tensor, state: tf.Tensor, moved: tf.TensorArray, turned: tf.TensorArray) -> Any:
            after = step(config, weights, embed(x[t][tf.newaxis], config.the_task.inputs)[0], state).state
            predicted = tf.nn.softmax(logits_of(config, weights, after))
            of_variants = tf.reshape(predicted, [steps + 1, rows, config.num_classes])
            flipped, as_it_is = of_variants[:-1], of_variants[-1:]
            distance = tf.reduce_sum(tf.abs(flipped - as_it_is), axis=-1) / 2
            differs = tf.argmax(flipped, axis=-1) != tf.argmax(as_it_is, axis=-1)
            return t + 1, after, moved.write(t, distance), turned.write(t, differs)

        arrays = [tf.TensorArray(kind, steps, element_shape=[steps, rows]) for kind in (tf.float32, tf.bool)]
        loop = (tf.constant(0), init_state, *arrays)
        _, _, moved, turned = tf.while_loop(lambda t, *_: t < steps, run_step, loop)
        return moved.stack(), turned.stack()

    first = tf.TensorSpec([count, carried_size(config)])
    return graph_of(forward, config, tf.TensorSpec([steps, count], tf.uint8), first)
