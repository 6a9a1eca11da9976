"""Lyapunov exponents: how fast small differences between states grow or shrink per step."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.model import embed
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes.gradients import at_lag
from echornn.probes.prepared import (
    GRAPHS_KEPT,
    Prepared,
    call,
    graph_of,
    ordered,
    run,
    series_specs,
    states_before,
    structure,
)
from echornn.probes.series import FEW_ROWS, Inputs, draw
from echornn.progress import Floats

ALL_UP_TO = 16
"""If there are at most this many exponents, all are computed."""

LEADING = 8
"""The number of exponents that are computed if there are more."""

STEPS_TO_SETTLE = 32
STEPS_MEASURED = 128

SAMPLES = STEPS_MEASURED * FEW_ROWS
"""The number of time steps, over all rows, over which an exponent is averaged."""

LEAST = float(np.log(np.finfo(np.float32).tiny))
"""-87.3, which means minus infinity: a direction vanishes in one step, within float32's range."""


def lyapunov(prepared: Prepared) -> Floats:
    """The Lyapunov exponents in nats per step, float32, the largest first: all if at most 16, otherwise the largest 8.

    They are computed by QR decompositions of the step Jacobians (Benettin et al. 1980; for networks: Engelken, Wolf and
    Abbott 2023), here transposed and from the last step to the first. This gives the same singular values of the
    product, whose rows are then those of back-propagation. The exponents are those of the whole carried state, under
    the inputs of the task; trials follow each other without a new state.
    """
    config, carried = prepared.config, carried_size(prepared.config)
    count = carried if carried <= ALL_UP_TO else LEADING
    x = draw(config, 2 * STEPS_TO_SETTLE + STEPS_MEASURED, FEW_ROWS)
    begun = prepared.first_state(FEW_ROWS)
    before = states_before(begun, run(config, prepared.weights, x, begun).states)
    rng = seeding.stream(config.seed, seeding.PROBES)
    first, _ = np.linalg.qr(rng.standard_normal((FEW_ROWS, carried, count)))
    directions = np.ascontiguousarray(np.swapaxes(first, 1, 2), np.float32)
    # the state needs time to settle at the beginning, and the directions at the end
    used = slice(STEPS_TO_SETTLE, None)
    stretched = stretch(config, prepared.weights, x[used], before[used], directions)[STEPS_TO_SETTLE:]
    logs = np.log(np.maximum(stretched, np.finfo(np.float32).tiny), dtype=np.float64)
    return np.sort(logs.mean(axis=(0, 1)))[::-1].astype(np.float32)


def stretch(config: EchoConfig, weights: Mapping[str, Floats], x: Inputs, before: Floats, directions: Floats) -> Floats:
    """How much the transposed step Jacobians stretch directions, which are made orthonormal at each step; last step
    first.

    Args:
        x: [steps, rows, ...].
        before: the state before each step, float32 [steps, rows, carried].
        directions: float32 [rows, directions, carried], orthonormal in each row.

    Returns:
        The absolute diagonal of R at each step, float32 [steps, rows, directions], last step first.
    """
    graph = _stretching(structure(config), x.shape[1], directions.shape[1])
    (stretched,) = call(graph, x, before, directions, *ordered(config, weights))
    return np.asarray(stretched)


@functools.lru_cache(GRAPHS_KEPT)
def _stretching(config: EchoConfig, rows: int, directions: int) -> Any:
    carried = carried_size(config)

    def backward(
        x: tf.Tensor, before: tf.Tensor, first: tf.Tensor, weights: Mapping[str, tf.Tensor]
    ) -> tuple[tf.Tensor]:
        inputs, steps = embed(x, config.the_task.inputs), tf.shape(x)[0]

        def one_back(k: tf.Tensor, along: tf.Tensor, stretched: tf.TensorArray) -> Any:
            states = tf.repeat(at_lag(before, k, 1), directions, axis=0)
            with tf.GradientTape() as tape:
                tape.watch(states)
                after = step(config, weights, tf.repeat(at_lag(inputs, k, 1), directions, axis=0), states).state
            moved = tape.gradient(after, states, tf.reshape(along, [rows * directions, carried]))
            q, r = tf.linalg.qr(tf.transpose(tf.reshape(moved, [rows, directions, carried]), [0, 2, 1]))
            return k + 1, tf.transpose(q, [0, 2, 1]), stretched.write(k, tf.abs(tf.linalg.diag_part(r)))

        stretched = tf.TensorArray(tf.float32, steps, element_shape=[rows, directions])
        loop = (tf.constant(0), first, stretched)
        _, _, stretched = tf.while_loop(lambda k, *_: k < steps, one_back, loop)
        return (stretched.stack(),)

    return graph_of(backward, config, *series_specs(config, rows), tf.TensorSpec([rows, directions, carried]))
