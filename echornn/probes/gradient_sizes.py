"""How large the errors are that reach the states of the newest window."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights, logits_of, loop
from echornn.network.model import embed
from echornn.network.step import step
from echornn.probes.gradients import to_logits
from echornn.probes.prepared import Prepared
from echornn.progress import Floats
from echornn.readings import BINS_A_DECADE, GradientSizes


def gradient_sizes(prepared: Prepared) -> GradientSizes | None:
    window = prepared.window
    if window is None:
        return None
    run = prepared.on_window
    d_logits = to_logits(prepared.config, run.outputs, window.y, window.scored)
    (d_states,) = prepared.compute(
        _through_window, window.x, run.before, run.states, d_logits, free_axes=[1, 1, 1, 1]
    )
    return counted(np.abs(d_states))


def counted(sizes: Floats) -> GradientSizes:
    """Sizes of 0 or more, counted by their log10, from the decade of the smallest to that of the
    largest."""
    finite = sizes[np.isfinite(sizes)]
    positive = finite[finite > 0]
    zeros = finite.size - positive.size
    unknown = sizes.size - finite.size
    if positive.size == 0:
        return GradientSizes(0, np.zeros(0, np.int32), zeros, unknown)

    logs = np.log10(positive, dtype=np.float64)
    first = math.floor(logs.min())
    last = math.floor(logs.max()) + 1
    bins = np.floor((logs - first) * BINS_A_DECADE).astype(np.int64)
    counts = np.bincount(bins, minlength=(last - first) * BINS_A_DECADE)
    return GradientSizes(first, counts.astype(np.int32), zeros, unknown)


def _through_window(
    config: EchoConfig,
    weights: Weights,
    x: Tensor,
    before: Tensor,
    after: Tensor,
    d_logits: Tensor,
) -> Tensors:
    """The gradient of the sum of each row's losses to the state after each step, the last step
    first: float32 [steps, rows, carried]."""
    inputs = embed(x, config.the_task.inputs)
    last = tf.shape(x)[0] - 1

    def one_step_back(k: Tensor, d_from_later: Tensor) -> tuple[Tensor, Tensors]:
        t = last - k
        with tf.GradientTape() as tape:
            state = tf.gather(after, t)
            tape.watch(state)
            logits = logits_of(config, weights, state)
        d_state = d_from_later + tape.gradient(logits, state, tf.gather(d_logits, t))
        with tf.GradientTape() as tape:
            state = tf.gather(before, t)
            tape.watch(state)
            next_state = step(config, weights, tf.gather(inputs, t), state).state
        return tape.gradient(next_state, state, d_state), (d_state,)

    nothing_later = tf.zeros_like(after[0])
    return loop(last + 1, one_step_back, nothing_later, tf.TensorSpec(after.shape[1:]))
