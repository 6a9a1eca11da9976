"""How errors travel back: the gradient by lag and what a cut leaves out, connectivity, and Lyapunov
exponents."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights, logits_of, loop
from echornn.network.model import embed
from echornn.network.shapes import carried_size, weight_shapes
from echornn.network.step import step
from echornn.probes.prepared import Prepared
from echornn.probes.series import FEW_ROWS, Inputs, Series, draw
from echornn.progress import Bools, Floats
from echornn.readings import (
    BINS_A_DECADE,
    ERRORS,
    Connectivity,
    Doubles,
    Gradient,
    GradientSizes,
)
from echornn.tasks.task import Numbers


def ratios(parts: Doubles, whole: Doubles) -> tuple[Doubles, Doubles]:
    """The lengths of mean vectors relative to the length of the whole's mean vector, and their
    errors, from the inner products between the vectors of groups; NaN and infinity if the whole is
    no larger than its noise.

    The square of a mean contains the square of its noise; products of two different groups do not.
    So a length is the root of the mean product of two different groups, or 0 if that is negative.
    The spread is two standard errors of the ratio of squares, estimated by leaving out each group
    in turn (the jackknife, Efron 1982).
    """
    unknown = np.full(len(parts), np.nan), np.full(len(parts), np.inf)
    if not np.isfinite(whole).all() or not np.isfinite(parts).all():
        return unknown
    unit = np.abs(whole).max() or 1.0
    square, left_out = _squares(whole / unit)
    if square <= ERRORS * _standard_error(left_out):
        return unknown
    squares, squares_left_out = _squares(parts / unit)
    ratio = np.maximum(squares / square, 0)
    sizes = np.sqrt(ratio)
    return sizes, np.sqrt(ratio + ERRORS * _standard_error(squares_left_out / left_out)) - sizes


def _squares(products: Doubles) -> tuple[Doubles, Doubles]:
    """The mean product of two different groups, [...], and the same without each group, from [...,
    groups, groups]."""
    groups = products.shape[-1]
    with_others = products.sum(axis=-1) - np.diagonal(products, axis1=-2, axis2=-1)
    total = with_others.sum(axis=-1)
    left_out = (total[..., np.newaxis] - 2 * with_others) / ((groups - 1) * (groups - 2))
    return total / (groups * (groups - 1)), left_out


def _standard_error(left_out: Doubles) -> Doubles:
    """The jackknife standard error, from the values without each group, [..., groups]."""
    groups = left_out.shape[-1]
    squares = (left_out - left_out.mean(axis=-1, keepdims=True)) ** 2
    return np.asarray(np.sqrt((groups - 1) / groups * squares.sum(axis=-1)))


def at_lag(series: Tensor, lag: Tensor, targets: int) -> Tensor:
    """What is ``lag`` steps before each of the last steps in [steps, rows, ...], as [targets *
    rows, ...]."""
    steps = tf.shape(series)[0] - targets + tf.range(targets) - lag
    chosen = tf.gather(series, tf.maximum(steps, 0))
    return tf.reshape(chosen, [targets * series.shape[1], series.shape[2]])


def size(vectors: Tensor) -> Tensor:
    """The length of each vector, float32 [..., n] to [...], without overflow or underflow of
    squares in float32."""
    largest = tf.reduce_max(tf.abs(vectors), axis=-1, keepdims=True)
    return largest[..., 0] * tf.norm(tf.math.divide_no_nan(vectors, largest), axis=-1)


def _back(
    config: EchoConfig,
    weights: Weights,
    inputs: Tensor,
    before: Tensor,
    d_logits: Tensor,
    lags: Tensor,
    keep: Callable[[Tensor, Tensor], Tensors],
    *kept: tf.TensorSpec,
) -> Tensors:
    """Follow the last predictions' gradients back; at each lag ``keep`` gets those to the state and
    the input."""
    targets, rows, classes = d_logits.shape
    last = step(
        config,
        weights,
        at_lag(inputs, tf.constant(0), targets),
        at_lag(before, tf.constant(0), targets),
    ).state
    with tf.GradientTape() as tape:
        tape.watch(last)
        logits = logits_of(config, weights, last)
    first = tape.gradient(logits, last, tf.reshape(d_logits, [targets * rows, classes]))

    def one(k: Tensor, d_state: Tensor) -> tuple[Tensor, Tensors]:
        x, state = at_lag(inputs, k, targets), at_lag(before, k, targets)
        with tf.GradientTape() as tape:
            tape.watch([x, state])
            after = step(config, weights, x, state).state
        d_before, d_x = tape.gradient(after, [state, x], d_state)
        return d_before, keep(d_state, d_x)

    return loop(lags, one, first, *kept)


def to_logits(config: EchoConfig, outputs: Floats, y: Inputs, scored: Bools | None) -> Floats:
    """The gradient of each loss to its logits, or numbers, [..., outputs]; 0 where no loss
    counts."""
    form = config.the_task.outputs
    if isinstance(form, Numbers):
        d_logits = (outputs - y) * np.float32(2 / form.count)
    else:
        d_logits = outputs - np.eye(form.count, dtype=np.float32)[y]
    if scored is None:
        return d_logits
    return np.where(scored[..., np.newaxis], d_logits, np.float32(0))


def gradient(prepared: Prepared) -> Gradient:
    """Gradients of the last (scored) losses of each row, followed back through all lags; the bias
    is that of tbptt."""
    config, series, ran = prepared.config, prepared.targets, prepared.on_targets
    (targets, rows), lags, length = (
        series.y.shape[:2],
        series.steps_back,
        config.truncated_backprop_length,
    )
    d_logits = to_logits(config, ran.outputs[-targets:], series.y, series.scored)
    windows: tuple[Any, ...] = (np.float32(length),)
    if series.scored is not None:
        windows = _some_of(config, series, series.scored)
    by_group = d_logits.reshape(targets, series.groups, rows // series.groups, -1)
    arrays = (series.x, ran.before, by_group, np.int32(lags), *windows)
    norms, beyond, beyond_windows = prepared.compute(_following, *arrays, any_steps=2)
    sizes, spreads = ratios(np.concatenate([beyond[1:], beyond_windows[np.newaxis]]), beyond[0])
    is_complete = series.of_trials and lags >= len(series.x)
    if length >= lags and not is_complete:
        sizes[-1], spreads[-1] = np.nan, np.inf  # windows reach back as far as the lags, or farther
    bias, spread = sizes.astype(np.float32), spreads.astype(np.float32)
    samples = targets * rows if series.scored is None else int(series.scored.sum())
    of_windows = float(sizes[-1]), float(spreads[-1])
    return Gradient(
        norms, bias[:-1], of_windows[0], spread[:-1], of_windows[1], samples, is_complete
    )


def _some_of(config: EchoConfig, series: Series, scored: Bools) -> tuple[Floats, Floats]:
    """Which errors exist at each lag (of scored targets, not from beyond a trial), 0 or 1, and the
    share that training does not follow back so far, 0 to 1; float32 [lags, targets * rows] each.
    """
    length, lags, targets = (
        config.truncated_backprop_length,
        np.arange(series.steps_back)[:, np.newaxis],
        len(scored),
    )
    there = np.repeat(scored[np.newaxis], len(lags), axis=0)
    if series.of_trials:
        steps = len(series.x) - targets + np.arange(targets)
        there &= (lags <= steps)[..., np.newaxis]
        cut = (lags > (steps if length >= config.window_steps else steps % length)).astype(
            np.float64
        )
    else:
        cut = np.minimum(lags, length) / length * np.ones(targets)
    each = np.repeat(cut[..., np.newaxis], there.shape[2], axis=2)
    return there.reshape(len(lags), -1).astype(np.float32), each.reshape(len(lags), -1).astype(
        np.float32
    )


def _following(
    config: EchoConfig,
    weights: Weights,
    x: Tensor,
    before: Tensor,
    d_logits: Tensor,
    lags: Tensor,
    *windows: Tensor,
) -> Tensors:
    """Follow back the gradients to the logits of some target steps, [targets, groups, rows of a
    group, outputs].

    It returns, by lag: the mean length of the gradient to the whole carried state, float32 [lags];
    the inner products between the groups' gradients of the mean loss to all weights except W2 and
    b2, where entry K has the contribution of lags K and more, float64 [lags + 1, groups, groups];
    and the same for the part that windows of T steps cut off, the share min(k, T) / T of lag k, or
    that of `_some_of`. The weights' part goes from the farthest lag to the nearest, so that it
    needs only one array as large as the groups' weights, of which each group has its own copy.
    """
    (targets, groups, rows_each, outputs), of_some = d_logits.shape, len(windows) > 1
    rows, of_a_group = groups * rows_each, targets * rows_each
    inputs, d_logits = (
        embed(x, config.the_task.inputs),
        tf.reshape(d_logits, [targets, rows, outputs]),
    )

    def grouped(samples: Tensor) -> Tensor:
        apart = tf.reshape(samples, [targets, groups, rows_each, samples.shape[-1]])
        return tf.reshape(tf.transpose(apart, [1, 0, 2, 3]), [targets * rows, samples.shape[-1]])

    def multiply(parts: Sequence[Tensor], w: Tensor, b: Tensor) -> Tensor:
        a = tf.reshape(tf.concat(parts, axis=-1), [groups, of_a_group, w.shape[1]])
        return tf.reshape(tf.matmul(a, w) + b, [targets * rows, w.shape[2]])

    def scaling(vector: Tensor, w: Tensor) -> Tensor:
        return tf.reshape(
            tf.reshape(vector, [groups, of_a_group, w.shape[2]]) * w, [targets * rows, w.shape[2]]
        )

    def one_by_one(x: Tensor, state: Tensor) -> Tensor:
        each = zip(tf.split(x, groups), tf.split(state, groups), strict=True)
        of_each = [{name: one[group] for name, one in of_groups.items()} for group in range(groups)]
        return tf.concat(
            [step(config, own, *some).state for own, some in zip(of_each, each, strict=True)],
            axis=0,
        )

    def keep(d_state: Tensor, _: Tensor) -> Tensors:
        return size(d_state) if of_some else tf.reduce_mean(size(d_state)), d_state

    kept = (
        tf.TensorSpec([targets * rows] if of_some else []),
        tf.TensorSpec([targets * rows, carried_size(config)]),
    )
    norms, to_states = _back(config, weights, inputs, before, d_logits, lags, keep, *kept)
    if of_some:
        there, cut_shares = windows
        total = tf.reduce_sum(tf.where(there > 0, norms, 0.0), axis=1)
        norms = tf.math.divide_no_nan(total, tf.reduce_sum(there, axis=1))
        to_states = tf.where(there[..., tf.newaxis] > 0, to_states, 0.0)
    of_groups = {
        name: tf.stack([one if len(one.shape) == 2 else one[None]] * groups)
        for name, one in weights.items()
    }
    watched = [of_groups[name] for name in weight_shapes(config) if name not in ("W2", "b2")]

    def one_nearer(k: Tensor, products: tf.TensorArray, sums: Tensor, cut: Tensor) -> Any:
        with tf.GradientTape(persistent=of_some) as tape:
            tape.watch(watched)
            state, x = grouped(at_lag(before, k, targets)), grouped(at_lag(inputs, k, targets))
            if config.the_cell.has_any_step:
                after = one_by_one(x, state)
            else:
                after = step(config, of_groups, x, state, multiply, scaling).state
        d_state = grouped(tf.gather(to_states, k)) * (groups / (targets * rows))

        def by_group(d_state: Tensor) -> Tensor:
            gradients = tape.gradient(after, watched, d_state, tf.UnconnectedGradients.ZERO)
            gradient = tf.concat([tf.reshape(one, [groups, -1]) for one in gradients], axis=-1)
            return tf.cast(gradient, tf.float64)  # squares of small numbers need float64

        gradient = by_group(d_state)
        sums += gradient
        if of_some:
            cut += by_group(d_state * grouped(tf.gather(cut_shares, k)[:, tf.newaxis]))
        else:
            (window,) = windows
            cut += (
                tf.cast(tf.minimum(tf.cast(k, tf.float32), window) / window, tf.float64) * gradient
            )
        return k - 1, products.write(k, tf.matmul(sums, sums, transpose_b=True)), sums, cut

    zeros = tf.zeros(
        [groups, sum(one.shape.num_elements() for one in watched) // groups], tf.float64
    )
    products = tf.TensorArray(tf.float64, lags + 1, element_shape=[groups, groups])
    products = products.write(lags, tf.zeros([groups, groups], tf.float64))
    _, products, _, cut = tf.while_loop(
        lambda k, *_: k >= 0, one_nearer, (lags - 1, products, zeros, zeros)
    )
    return norms, products.stack(), tf.matmul(cut, cut, transpose_b=True)


def gradient_sizes(prepared: Prepared) -> GradientSizes | None:
    window = prepared.window
    if window is None:
        return None
    ran = prepared.on_window
    d_logits = to_logits(prepared.config, ran.outputs, window.y, window.scored)
    (d_states,) = prepared.compute(
        _through_window, window.x, ran.before, ran.states, d_logits, any_steps=4
    )
    return counted(np.abs(d_states))


def counted(sizes: Floats) -> GradientSizes:
    """Sizes of 0 or more, counted by their log10, from the decade of the smallest to that of the
    largest."""
    known = sizes[np.isfinite(sizes)]
    positive = known[known > 0]
    zeros, unknown = known.size - positive.size, sizes.size - known.size
    if not positive.size:
        return GradientSizes(0, np.zeros(0, np.int32), zeros, unknown)
    logs = np.log10(positive, dtype=np.float64)
    first, last = math.floor(logs.min()), math.floor(logs.max()) + 1
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
    inputs, last = embed(x, config.the_task.inputs), tf.shape(x)[0] - 1

    def one(k: Tensor, d_later: Tensor) -> tuple[Tensor, Tensors]:
        t = last - k
        with tf.GradientTape() as tape:
            state = tf.gather(after, t)
            tape.watch(state)
            logits = logits_of(config, weights, state)
        d_state = d_later + tape.gradient(logits, state, tf.gather(d_logits, t))
        with tf.GradientTape() as tape:
            state = tf.gather(before, t)
            tape.watch(state)
            next_state = step(config, weights, tf.gather(inputs, t), state).state
        return tape.gradient(next_state, state, d_state), (d_state,)

    zeros = tf.zeros_like(after[0])
    return loop(last + 1, one, zeros, tf.TensorSpec(after.shape[1:]))


def connectivity(prepared: Prepared, row: int | None) -> Connectivity | None:
    """If the outputs are numbers, the derivative is that of their sum."""
    if prepared.window is None:
        return None
    *first, which = prepared.rows_read(row)
    x, y, form = (
        prepared.window.x[which],
        prepared.window.y[which],
        prepared.config.the_task.outputs,
    )
    ran, (steps, rows) = prepared.on_window, x.shape[:2]
    d_logits = (
        np.ones_like(y) if isinstance(form, Numbers) else np.eye(form.count, dtype=np.float32)[y]
    )
    (by_lag,) = prepared.compute(_to_inputs, x, ran.before[which], d_logits)
    strength = np.zeros((rows, steps, steps), np.float32)
    for lag in range(steps):
        targets = np.arange(lag, steps)
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    return Connectivity(strength, ran.outputs[which].swapaxes(0, 1).copy(), *first)


def _to_inputs(
    config: EchoConfig, weights: Weights, x: Tensor, before: Tensor, d_logits: Tensor
) -> Tensors:
    """The length of the gradient of a prediction to the input a lag before, [lags, targets, rows],
    if there is one."""
    targets, rows = d_logits.shape[:2]
    inputs, kept = embed(x, config.the_task.inputs), tf.TensorSpec([targets * rows])
    (sizes,) = _back(
        config,
        weights,
        inputs,
        before,
        d_logits,
        tf.constant(targets),
        lambda _, d_x: (size(d_x),),
        kept,
    )
    return (tf.reshape(sizes, [targets, targets, rows]),)


ALL_UP_TO, LEADING = 16, 8  # all exponents if they are so few, otherwise so many
STEPS_TO_SETTLE, STEPS_MEASURED = 32, 128
SAMPLES = STEPS_MEASURED * FEW_ROWS  # over which an exponent is averaged


def lyapunov(prepared: Prepared) -> tuple[Floats, Floats]:
    """The exponents of the whole carried state, the largest first, and their spreads: two standard
    errors of the mean over rows.

    By QR decompositions of the step Jacobians (Benettin et al. 1980; for networks: Engelken, Wolf
    and Abbott 2023), here transposed and from the last step to the first, which gives the same
    singular values of the product. Trials follow each other without a new state.
    """
    config, carried = prepared.config, carried_size(prepared.config)
    count = carried if carried <= ALL_UP_TO else LEADING
    x = draw(config, 2 * STEPS_TO_SETTLE + STEPS_MEASURED, FEW_ROWS)
    before = prepared.run(x, prepared.first_state(FEW_ROWS)).before
    rng = seeding.stream(config.seed, seeding.PROBES)
    first, _ = np.linalg.qr(rng.standard_normal((FEW_ROWS, carried, count)))
    directions = np.ascontiguousarray(np.swapaxes(first, 1, 2), np.float32)
    # the state needs time to settle at the beginning, and the directions at the end
    (stretched,) = prepared.compute(
        _stretching, x[STEPS_TO_SETTLE:], before[STEPS_TO_SETTLE:], directions
    )
    # Its logarithm means minus infinity: a direction vanishes in one step
    least = np.finfo(np.float32).tiny
    logs = np.log(np.maximum(stretched[STEPS_TO_SETTLE:], least), dtype=np.float64)
    of_rows = logs.mean(axis=0)
    exponents = of_rows.mean(axis=0)
    spreads = ERRORS * of_rows.std(axis=0, ddof=1) / np.sqrt(FEW_ROWS)
    largest_first = np.argsort(exponents)[::-1]
    return (
        exponents[largest_first].astype(np.float32),
        spreads[largest_first].astype(np.float32),
    )


def _stretching(
    config: EchoConfig, weights: Weights, x: Tensor, before: Tensor, directions: Tensor
) -> Tensors:
    """How much the transposed step Jacobians stretch directions [rows, directions, carried],
    orthonormal at each step: the absolute diagonal of R, [steps, rows, directions], last step
    first.
    """
    inputs, (rows, count, carried) = embed(x, config.the_task.inputs), directions.shape

    def one(k: Tensor, along: Tensor) -> tuple[Tensor, Tensors]:
        states = tf.repeat(at_lag(before, k, 1), count, axis=0)
        with tf.GradientTape() as tape:
            tape.watch(states)
            after = step(
                config, weights, tf.repeat(at_lag(inputs, k, 1), count, axis=0), states
            ).state
        moved = tape.gradient(after, states, tf.reshape(along, [rows * count, carried]))
        q, r = tf.linalg.qr(tf.transpose(tf.reshape(moved, [rows, count, carried]), [0, 2, 1]))
        return tf.transpose(q, [0, 2, 1]), (tf.abs(tf.linalg.diag_part(r)),)

    return loop(tf.shape(x)[0], one, directions, tf.TensorSpec([rows, count]))
