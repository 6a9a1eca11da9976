"""Changes each input of rows in turn: how much the predictions move, and which ones change."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights, logits_of, loop, outputs_of
from echornn.network.model import embed
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.probes import series
from echornn.probes.prepared import STEPS_TO_SETTLE, Prepared
from echornn.progress import Bools, Floats
from echornn.readings import RAISED, Effects, Flip, Reliance
from echornn.tasks.task import Numbers, Symbols

# Multiplications, for rows that run again for each of their inputs; by eye
MOST_ROWS, MOST_WORK = 64, 2.5e8


def effects(prepared: Prepared, row: int | None) -> Effects | None:
    window = prepared.window
    if window is None:
        return None
    first_row, first_step, which = prepared.rows_read(row)
    run = prepared.on_window
    moved, turned = change_each(prepared, window.x[which], run.before[which][0])
    predictions = run.outputs[which].swapaxes(0, 1).copy()
    return Effects(moved, predictions, first_row, first_step, turned=turned)


def flip(prepared: Prepared, row: int, step: int) -> Flip | None:
    window = prepared.window
    config = prepared.config
    is_there = 0 <= row < config.batch_size and 0 <= step < config.window_steps
    if window is None or not is_there:
        return None
    x = window.x.copy()
    x[step, row] = changed(x[step, row], config.the_task.inputs)
    before = prepared.on_window.outputs[:, row]
    after = prepared.run(x, window.init_state).outputs[:, row]
    return Flip(row, step, x[:, row].copy(), before.copy(), after.copy())


def reliance(prepared: Prepared) -> Reliance:
    """Read at the last steps of each row of the probes' own data: the same predictions at all lags.

    In a stream, all changed inputs are far into the rows. Near their start the effect depends on
    the state there, and with it a lag would be mixed with the distance to the start.
    """
    config = prepared.config
    if config.is_stream:
        lags = series.lags_of_flips(config)
        read = max(series.LEAST_STEPS_READ, lags // 4)
        steps = lags + read - 1
        rows = _affordable_rows(config, steps)
        x = series.draw_task(config, STEPS_TO_SETTLE + steps, rows).x
        settling = prepared.run(x[:STEPS_TO_SETTLE], prepared.first_state(rows))
        state = settling.states[-1]
        x = x[STEPS_TO_SETTLE:]
    else:
        rows = _affordable_rows(config, config.window_steps)
        trials, read = series.draw_trials(config, rows, series.most_steps_read(config))
        x = trials.x
        state = prepared.first_state(rows)
        lags = min(series.MOST_LAGS, len(x) - read + 1)

    moved, turned = change_each(prepared, x, state)
    targets = np.arange(len(x) - read, len(x))[:, np.newaxis]
    by_lag = np.s_[:, targets, targets - np.arange(lags)]
    return Reliance(
        turned[by_lag].mean(axis=(0, 1), dtype=np.float64).astype(np.float32),
        moved[by_lag].mean(axis=(0, 1), dtype=np.float64).astype(np.float32),
        samples=read * rows,
    )


def _affordable_rows(config: EchoConfig, steps: int) -> int:
    work_of_a_row = steps**2 * series.multiplications_of_a_step(config)
    rows = min(MOST_ROWS, max(1, MOST_WORK / work_of_a_row))
    return series.power_of_two_below(rows)


def changed(x: series.Inputs, form: Symbols | Numbers) -> series.Inputs:
    if isinstance(form, Numbers):
        return x + np.float32(RAISED)
    return ((x.astype(np.int64) + 1) % form.count).astype(np.uint8)


def change_each(prepared: Prepared, x: series.Inputs, init_state: Floats) -> tuple[Floats, Bools]:
    """`Effects.strength` and `Effects.turned` of some rows, [rows, prediction's step, input's step]
    each."""
    steps = len(x)
    # Each variant has one changed step; the last is the unchanged row
    variants = np.repeat(x[:, np.newaxis], steps + 1, axis=1)
    step = np.arange(steps)
    variants[step, step] = changed(x, prepared.config.the_task.inputs)
    states = np.repeat(init_state[np.newaxis], steps + 1, axis=0)
    moved, turned = prepared.compute(_changing, variants, states)

    is_before = np.tri(steps, dtype=np.bool_)  # later inputs change only rounding errors
    by_row = (2, 0, 1)
    return moved.transpose(by_row) * is_before, turned.transpose(by_row) & is_before


def _changing(config: EchoConfig, weights: Weights, x: Tensor, init_state: Tensor) -> Tensors:
    """How far each variant [steps, variants, rows, ...] is from the last at each step, and whether
    it says another."""
    steps, variants, rows, *shape = x.shape
    task = config.the_task

    def one_step(t: Tensor, state: Tensor) -> tuple[Tensor, Tensors]:
        x_t = tf.reshape(x[t], [1, variants * rows, *shape])
        after = step(config, weights, embed(x_t, task.inputs)[0], state).state
        predicted = outputs_of(config, logits_of(config, weights, after))
        predicted = tf.reshape(predicted, [variants, rows, config.output_size])
        flipped, unchanged = predicted[:-1], predicted[-1:]
        if isinstance(task.outputs, Numbers):
            distance = tf.norm(flipped - unchanged, axis=-1)
            return after, (distance, tf.zeros_like(distance, tf.bool))
        distance = tf.reduce_sum(tf.abs(flipped - unchanged), axis=-1) / 2
        is_turned = tf.argmax(flipped, axis=-1) != tf.argmax(unchanged, axis=-1)
        return after, (distance, is_turned)

    first = tf.reshape(init_state, [variants * rows, carried_size(config)])
    kept = [tf.TensorSpec([variants - 1, rows], kind) for kind in (tf.float32, tf.bool)]
    return loop(tf.constant(steps), one_step, first, *kept)
