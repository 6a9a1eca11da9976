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
from echornn.probes.prepared import (
    GRAPHS_KEPT,
    Prepared,
    call,
    graph_of,
    input_spec,
    logits_of,
    ordered,
    outputs_of,
    rows_read,
    run,
    structure,
)
from echornn.probes.series import MOST_LAGS, Inputs, draw, draw_trials, flip_sizes_for, steps_read_of
from echornn.progress import Floats
from echornn.readings import RAISED, Effects, Flip, Reliance
from echornn.tasks.task import Numbers, Symbols


class Flipped(NamedTuple):
    """Differences from the predictions of the unchanged row; 0 and False if the input comes after the prediction."""

    moved: Floats
    """The total variation distance of the probabilities (0 to 1), or the length of the change of the numbers, float32
    [rows, prediction's step, input's step].
    """
    turned: npt.NDArray[np.bool_]
    """Whether another symbol becomes the likeliest, of the same shape; False for numbers."""


def changed(x: Inputs, form: Symbols | Numbers) -> Inputs:
    """The inputs after the change. Each symbol becomes the next, and the last becomes the first, so two symbols are
    flipped. Numbers are raised by `RAISED`.
    """
    if isinstance(form, Numbers):
        return x + np.float32(RAISED)
    return ((x.astype(np.int64) + 1) % form.count).astype(np.uint8)


def flip_each(config: EchoConfig, weights: Mapping[str, Floats], x: Inputs, init_state: Floats) -> Flipped:
    """The effect of changing each input of each row alone (see `changed`); all in one batch.

    Args:
        x: [steps, rows, ...].
        init_state: the initial state of each row, float32 [rows, carried].
    """
    steps, rows = x.shape[:2]
    variants = np.repeat(x[:, np.newaxis], steps + 1, axis=1)  # the last variant is the unchanged row
    each = np.arange(steps)
    variants[each, each] = changed(x, config.the_task.inputs)
    begun = np.tile(init_state, (steps + 1, 1))
    graph = _flipping(structure(config), steps, rows)
    moved, turned = call(
        graph, variants.reshape(steps, (steps + 1) * rows, *x.shape[2:]), begun, *ordered(config, weights)
    )
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
            predicted = outputs_of(config, logits_of(config, weights, after))
            of_variants = tf.reshape(predicted, [steps + 1, rows, config.output_size])
            flipped, as_it_is = of_variants[:-1], of_variants[-1:]
            if isinstance(config.the_task.outputs, Numbers):
                distance = tf.norm(flipped - as_it_is, axis=-1)
                differs = tf.zeros_like(distance, tf.bool)
            else:
                distance = tf.reduce_sum(tf.abs(flipped - as_it_is), axis=-1) / 2
                differs = tf.argmax(flipped, axis=-1) != tf.argmax(as_it_is, axis=-1)
            return t + 1, after, moved.write(t, distance), turned.write(t, differs)

        arrays = [tf.TensorArray(kind, steps, element_shape=[steps, rows]) for kind in (tf.float32, tf.bool)]
        loop = (tf.constant(0), init_state, *arrays)
        _, _, moved, turned = tf.while_loop(lambda t, *_: t < steps, run_step, loop)
        return moved.stack(), turned.stack()

    first = tf.TensorSpec([count, carried_size(config)])
    return graph_of(forward, config, input_spec(config, steps, count), first)


def effects(prepared: Prepared, row: int | None = None) -> Effects | None:
    """How much each prediction moves if a single input of its row is changed, for each input; None without a window.

    Args:
        row: the row to read; see `rows_read`.
    """
    read = rows_read(prepared, row)
    if read is None:
        return None
    moved, turned = flip_each(prepared.config, prepared.weights, read.x, read.before[0])
    return Effects(moved, read.outputs, read.first_row, read.first_step, turned=turned)


def flip(prepared: Prepared, row: int, step: int) -> Flip | None:
    """The predictions of a row of the newest window, with one input changed (see `changed`) and without the change.

    None without a window, or if the window has no such row or step.
    """
    window, config = prepared.window, prepared.config
    if window is None or not (0 <= row < config.batch_size and 0 <= step < config.window_steps):
        return None
    x = window.x.copy()
    x[step, row] = changed(x[step, row], config.the_task.inputs)
    after = run(config, prepared.weights, x, window.init_state).outputs[:, row]
    return Flip(row, step, x[:, row].copy(), prepared.on_window.outputs[:, row].copy(), after.copy())


def reliance(prepared: Prepared) -> Reliance:
    """The reading, from the last steps of each row of the probes' own data, which have inputs at all lags."""
    sizes = flip_sizes_for(prepared.config)
    if prepared.config.is_stream:
        x, read, lags = draw(prepared.config, sizes.steps, sizes.rows), sizes.targets, sizes.lags
    else:
        (x, _, _), read = draw_trials(prepared.config, sizes.rows, steps_read_of(prepared.config))
        lags = min(MOST_LAGS, len(x) - read + 1)
    moved, turned = flip_each(prepared.config, prepared.weights, x, prepared.first_state(sizes.rows))
    targets = np.arange(len(x) - read, len(x))
    sources = targets[:, np.newaxis] - np.arange(lags)
    of_targets = np.s_[:, targets[:, np.newaxis], sources]
    by_lag = (0, 1)
    return Reliance(
        turned[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        moved[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        samples=len(targets) * sizes.rows,
    )
