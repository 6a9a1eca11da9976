"""Lyapunov exponents: how fast small differences of the state grow or shrink."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights, loop
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes.past import Past
from echornn.probes.prepared import Prepared
from echornn.probes.series import FEW_ROWS, draw_task
from echornn.progress import Floats
from echornn.readings import STANDARD_ERRORS

# All exponents if they are at most so many, otherwise so many; chosen by eye
ALL_UP_TO, LEADING = 16, 8
# The state needs time to settle at the beginning, and the directions at the end; chosen by eye
STEPS_TO_SETTLE, STEPS_MEASURED = 32, 128
SAMPLES = STEPS_MEASURED * FEW_ROWS  # over which an exponent is averaged


def lyapunov(prepared: Prepared) -> tuple[Floats, Floats]:
    """The exponents of the whole carried state, the largest first, and their spreads: two standard
    errors of the mean over rows.

    By QR decompositions of the step Jacobians (Benettin et al. 1980; for networks: Engelken, Wolf
    and Abbott 2023), here transposed and from the last step to the first, which gives the same
    singular values of the product. Trials follow each other without a new state.
    """
    config = prepared.config
    carried = carried_size(config)
    steps = STEPS_TO_SETTLE + STEPS_MEASURED + STEPS_TO_SETTLE
    x = draw_task(config, steps, FEW_ROWS).x
    before = prepared.run(x, prepared.first_state(FEW_ROWS)).before

    count = carried if carried <= ALL_UP_TO else LEADING
    rng = seeding.stream(config.seed, seeding.PROBES)
    q, _ = np.linalg.qr(rng.standard_normal((FEW_ROWS, carried, count)))
    directions = np.ascontiguousarray(np.swapaxes(q, 1, 2), np.float32)
    x, before = x[STEPS_TO_SETTLE:], before[STEPS_TO_SETTLE:]
    (stretched,) = prepared.compute(_stretching, x, before, directions)
    stretched = stretched[STEPS_TO_SETTLE:]
    # Its logarithm means minus infinity: a direction vanishes in one step
    least = np.finfo(np.float32).tiny
    logs = np.log(np.maximum(stretched, least), dtype=np.float64)

    of_rows = logs.mean(axis=0)
    exponents = of_rows.mean(axis=0)
    spreads = STANDARD_ERRORS * of_rows.std(axis=0, ddof=1) / np.sqrt(FEW_ROWS)
    largest_first = np.argsort(exponents)[::-1]
    exponents, spreads = exponents[largest_first], spreads[largest_first]
    return exponents.astype(np.float32), spreads.astype(np.float32)


def _stretching(
    config: EchoConfig, weights: Weights, x: Tensor, before: Tensor, directions: Tensor
) -> Tensors:
    """How much the transposed step Jacobians stretch directions [rows, directions, carried],
    orthonormal at each step: the absolute diagonal of R, [steps, rows, directions], last step
    first.
    """
    rows, count, carried = directions.shape
    past = Past(config, weights, x, before, targets=1)

    def one_step_back(lag: Tensor, directions: Tensor) -> tuple[Tensor, Tensors]:
        inputs, states = (tf.repeat(series, count, axis=0) for series in past.at_lag(lag))
        with tf.GradientTape() as tape:
            tape.watch(states)
            after = step(config, weights, inputs, states).state
        weighted = tf.reshape(directions, [rows * count, carried])
        moved = tape.gradient(after, states, weighted)
        moved = tf.reshape(moved, [rows, count, carried])
        q, r = tf.linalg.qr(tf.linalg.matrix_transpose(moved))
        return tf.linalg.matrix_transpose(q), (tf.abs(tf.linalg.diag_part(r)),)

    return loop(tf.shape(x)[0], one_step_back, directions, tf.TensorSpec([rows, count]))
