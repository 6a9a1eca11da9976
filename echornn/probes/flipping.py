"""Computes rows again with each of their inputs changed in turn: how predictions move, and which turn."""

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
    """How predictions differ from those of the row as it is; 0 and False where the input comes after the prediction."""

    moved: Floats
    """Total variation between the probabilities, float32 [rows, prediction's step, input's step], 0 to 1."""
    turned: npt.NDArray[np.bool_]
    """Whether another symbol is the likeliest, the same shape."""


def next_symbol(x: Symbols, classes: int) -> Symbols:
    """What an input is changed to: the next symbol, after the last the first; with two classes it is flipped."""
    return ((x.astype(np.int64) + 1) % classes).astype(np.uint8)


def flip_each(config: EchoConfig, weights: Mapping[str, Floats], x: Symbols, init_state: Floats) -> Flipped:
    """Change each input of each row alone to its next symbol, in one batched pass.

    Args:
        x: uint8 [steps, rows].
        init_state: what each row begins with, float32 [rows, carried].
    """
    steps, rows = x.shape
    variants = np.repeat(x[:, np.newaxis], steps + 1, axis=1)  # the last is the row as it is
    each = np.arange(steps)
    variants[each, each] = next_symbol(x, config.num_classes)
    begun = np.tile(init_state, (steps + 1, 1))
    graph = _flipping(structure(config), steps, rows)
    moved, turned = call(graph, variants.reshape(steps, -1), begun, *ordered(config, weights))
    before = np.tri(steps, dtype=np.bool_)  # what comes later moves nothing but the last digit
    by_row = (2, 0, 1)
    return Flipped(moved.transpose(by_row) * before, turned.transpose(by_row) & before)


@functools.lru_cache(GRAPHS_KEPT)
def _flipping(config: EchoConfig, steps: int, rows: int) -> Any:
    """Only what is asked is kept of each step, not the states and probabilities of all variants."""
    count = (steps + 1) * rows

    def forward(x: tf.Tensor, init_state: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        def run_step(t: tf.Tensor, state: tf.Tensor, moved: tf.TensorArray, turned: tf.TensorArray) -> Any:
            after = step(config, weights, embed(x[t][tf.newaxis], config.num_classes)[0], state).state
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
