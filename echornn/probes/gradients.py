"""Estimates the ratio of the lengths of two mean vectors from noisy samples in independent groups."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
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
    logits_of,
    ordered,
    rows_read,
    series_specs,
    states_before,
    structure,
)
from echornn.probes.series import Inputs, TargetSeries, d_loss
from echornn.progress import Floats
from echornn.readings import Connectivity, Gradient
from echornn.tasks.task import Numbers

Doubles = npt.NDArray[np.float64]

ERRORS = 2.0
"""The number of standard errors in a spread."""


def ratios(parts: Doubles, whole: Doubles) -> tuple[Doubles, Doubles]:
    """The lengths of mean vectors relative to the length of the whole's mean vector, and the errors of these ratios.

    The square of a mean contains the square of its noise; products of two different groups do not. So a length is the
    root of the mean product of two different groups, or 0 if that is negative. The spread is two standard errors of the
    ratio of squares, estimated by leaving out each group in turn (the jackknife, Efron 1982).

    Args:
        parts: for each part, the inner products between the vectors of its groups, float64 [parts, groups, groups].
        whole: the same for the whole, [groups, groups].

    Returns:
        Ratios and spreads, float64 [parts] each; NaN and infinity if the whole is no larger than its noise.
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
    error = _standard_error(squares_left_out / left_out)
    sizes = np.sqrt(ratio)
    return sizes, np.sqrt(ratio + ERRORS * error) - sizes


def _squares(products: Doubles) -> tuple[Doubles, Doubles]:
    """The mean product of two different groups, [...] from [..., groups, groups]; and the same without each group,
    [..., groups].
    """
    groups = products.shape[-1]
    own = np.diagonal(products, axis1=-2, axis2=-1)
    with_others = products.sum(axis=-1) - own
    total = with_others.sum(axis=-1)
    left_out = (total[..., np.newaxis] - 2 * with_others) / ((groups - 1) * (groups - 2))
    return total / (groups * (groups - 1)), left_out


def _standard_error(left_out: Doubles) -> Doubles:
    """The jackknife standard error, from the values without each group, [..., groups]."""
    groups = left_out.shape[-1]
    squares = (left_out - left_out.mean(axis=-1, keepdims=True)) ** 2
    error: Doubles = np.sqrt((groups - 1) / groups * squares.sum(axis=-1))
    return error


class Tails(NamedTuple):
    """The gradients of the losses at some target steps, by the number of steps that they are followed back."""

    norms: Floats
    """The length of the gradient to the whole carried state after step t-k, averaged over targets and rows; float32
    [lags].
    """
    beyond: Doubles
    """For gradients of the mean loss to all weights except W2 and b2: inner products between the gradients of different
    groups of rows. Entry K has the contribution of lags K and more, so entry 0 has the whole gradient; float64 [lags +
    1, groups, groups].
    """
    beyond_windows: Doubles
    """Like `beyond`, for the part that windows of T steps cut off, which is the share min(k, T) / T of lag k, or that
    of `Some`; float64 [groups, groups].
    """


class Some(NamedTuple):
    """The errors that exist at each lag, [lags, targets * rows] each."""

    there: Floats
    """1 if the target is scored and the lag does not go back beyond its trial, else 0."""
    cut: Floats
    """The share that training does not follow back so far, 0 to 1."""


def to_inputs(
    config: EchoConfig, weights: Mapping[str, Floats], x: Inputs, before: Floats, d_logits: Floats, lags: int
) -> Floats:
    """Follow the gradients of predictions back to the inputs, for all predictions at once.

    The predictions are those of the last steps of ``x``, one for each entry of ``d_logits``.

    Args:
        x: [steps, rows, ...].
        before: the state before each step, float32 [steps, rows, carried].
        d_logits: the gradients to the logits of the last steps, float32 [targets, rows, outputs].
        lags: the number of lags.

    Returns:
        The length of the gradient of the prediction at step t to the input at step t - lag, float32 [lags, targets,
        rows]; entries before the first step have no meaning.
    """
    graph = _to_inputs(structure(config), x.shape[1], len(d_logits))
    (sizes,) = call(graph, x, before, d_logits, np.int32(lags), *ordered(config, weights))
    return np.asarray(sizes)


def tails(
    config: EchoConfig,
    weights: Mapping[str, Floats],
    x: Inputs,
    before: Floats,
    d_logits: Floats,
    lags: int,
    groups: int,
    some: Some | None = None,
) -> Tails:
    """Follow gradients back like `to_inputs`, but to the carried state and to the recurrent weights.

    Args:
        groups: the number of groups of rows; all have the same size.
        some: the errors that exist at each lag; None if all errors go back through all lags.
    """
    graph = _cutting(structure(config), x.shape[1], len(d_logits), groups, some is not None)
    windows = (np.float32(config.truncated_backprop_length),) if some is None else some
    return Tails(*call(graph, x, before, d_logits, np.int32(lags), *windows, *ordered(config, weights)))


def at_lag(series: tf.Tensor, lag: tf.Tensor, targets: int) -> tf.Tensor:
    """The values of [steps, rows, ...] that are ``lag`` steps before each of the last steps, as [targets * rows,
    ...].
    """
    steps = tf.shape(series)[0] - targets + tf.range(targets) - lag
    chosen = tf.gather(series, tf.maximum(steps, 0))
    return tf.reshape(chosen, [targets * series.shape[1], series.shape[2]])


def size(vectors: tf.Tensor) -> tf.Tensor:
    """The length of each vector, float32 [..., n] to [...], without overflow or underflow of squares in float32."""
    largest = tf.reduce_max(tf.abs(vectors), axis=-1, keepdims=True)
    return largest[..., 0] * tf.norm(tf.math.divide_no_nan(vectors, largest), axis=-1)


def _back(
    config: EchoConfig,
    weights: Mapping[str, tf.Tensor],
    inputs: tf.Tensor,
    before: tf.Tensor,
    d_logits: tf.Tensor,
    lags: tf.Tensor,
    keep: Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, ...]],
    shapes: Sequence[Sequence[int]],
) -> tuple[tf.Tensor, ...]:
    """At each lag, the results of ``keep`` for the gradients to the carried state, [targets * rows, carried], and to
    the input.
    """
    targets, rows, classes = d_logits.shape
    last = step(config, weights, at_lag(inputs, tf.constant(0), targets), at_lag(before, tf.constant(0), targets)).state
    with tf.GradientTape() as tape:
        tape.watch(last)
        logits = logits_of(config, weights, last)
    first = tape.gradient(logits, last, tf.reshape(d_logits, [targets * rows, classes]))

    def one_back(k: tf.Tensor, d_state: tf.Tensor, *arrays: tf.TensorArray) -> Any:
        x, state = at_lag(inputs, k, targets), at_lag(before, k, targets)
        with tf.GradientTape() as tape:
            tape.watch([x, state])
            after = step(config, weights, x, state).state
        d_before, d_x = tape.gradient(after, [state, x], d_state)
        kept = keep(d_state, d_x)
        return k + 1, d_before, *(array.write(k, value) for array, value in zip(arrays, kept, strict=True))

    empty = [tf.TensorArray(tf.float32, lags, element_shape=shape) for shape in shapes]
    _, _, *filled = tf.while_loop(lambda k, *_: k < lags, one_back, (tf.constant(0), first, *empty))
    return tuple(array.stack() for array in filled)


def _sum_of(sizes: tf.Tensor, there: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.where(there > 0, sizes, 0.0), axis=1)


@functools.lru_cache(GRAPHS_KEPT)
def _to_inputs(config: EchoConfig, rows: int, targets: int) -> Any:
    def backward(
        x: tf.Tensor, before: tf.Tensor, d_logits: tf.Tensor, lags: tf.Tensor, weights: Mapping[str, tf.Tensor]
    ) -> Any:
        inputs = embed(x, config.the_task.inputs)
        (sizes,) = _back(
            config, weights, inputs, before, d_logits, lags, lambda _, d_x: (size(d_x),), [[targets * rows]]
        )
        return (tf.reshape(sizes, [lags, targets, rows]),)

    d_logits = tf.TensorSpec([targets, rows, config.output_size])
    return graph_of(backward, config, *series_specs(config, rows), d_logits, tf.TensorSpec([], tf.int32))


@functools.lru_cache(GRAPHS_KEPT)
def _cutting(config: EchoConfig, rows: int, targets: int, groups: int, of_some: bool) -> Any:
    """A graph from the farthest lag to the nearest, so that it needs only one array as large as the groups' weights.

    Each group multiplies with its own copy of the weights, so each gets its own gradient.
    """

    def grouped(samples: tf.Tensor) -> tf.Tensor:
        """The samples sorted by group, [targets * rows, n]."""
        apart = tf.reshape(samples, [targets, groups, rows // groups, samples.shape[-1]])
        return tf.reshape(tf.transpose(apart, [1, 0, 2, 3]), [targets * rows, samples.shape[-1]])

    def multiply(parts: Sequence[tf.Tensor], w: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        """Multiply by w [groups, inner, columns] and add b [groups, 1, columns]."""
        a = tf.reshape(tf.concat(parts, axis=-1), [groups, targets * rows // groups, w.shape[1]])
        return tf.reshape(tf.matmul(a, w) + b, [targets * rows, w.shape[2]])

    def scaling(vector: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        """Multiply each unit's number with its weight in w [groups, 1, units]."""
        apart = tf.reshape(vector, [groups, targets * rows // groups, w.shape[2]])
        return tf.reshape(apart * w, [targets * rows, w.shape[2]])

    def backward(
        x: tf.Tensor,
        before: tf.Tensor,
        d_logits: tf.Tensor,
        lags: tf.Tensor,
        *rest: Any,
    ) -> Any:
        *windows, weights = rest
        inputs = embed(x, config.the_task.inputs)
        norms, to_states = _back(
            config,
            weights,
            inputs,
            before,
            d_logits,
            lags,
            lambda d_state, _: (size(d_state) if of_some else tf.reduce_mean(size(d_state)), d_state),
            [[targets * rows] if of_some else [], [targets * rows, carried_size(config)]],
        )
        if of_some:
            there = windows[0]
            norms = tf.math.divide_no_nan(_sum_of(norms, there), tf.reduce_sum(there, axis=1))
            to_states = tf.where(there[..., tf.newaxis] > 0, to_states, 0.0)
        of_groups = {
            name: tf.stack([one if len(one.shape) == 2 else one[None]] * groups) for name, one in weights.items()
        }
        watched = [of_groups[name] for name in weights if name not in ("W2", "b2")]

        def one_nearer(k: tf.Tensor, products: tf.TensorArray, sums: tf.Tensor, cut: tf.Tensor) -> Any:
            with tf.GradientTape(persistent=of_some) as tape:
                tape.watch(watched)
                state = grouped(at_lag(before, k, targets))
                after = step(config, of_groups, grouped(at_lag(inputs, k, targets)), state, multiply, scaling).state
            d_state = grouped(tf.gather(to_states, k)) * (groups / (targets * rows))

            def by_group(d_state: tf.Tensor) -> tf.Tensor:
                gradients = tape.gradient(after, watched, d_state)
                gradient = tf.concat([tf.reshape(one, [groups, -1]) for one in gradients], axis=-1)
                return tf.cast(gradient, tf.float64)  # squares of small numbers need float64

            gradient = by_group(d_state)
            sums += gradient
            if of_some:
                cut += by_group(d_state * grouped(tf.gather(windows[1], k)[:, tf.newaxis]))
            else:
                (window,) = windows
                share = tf.minimum(tf.cast(k, tf.float32), window) / window
                cut += tf.cast(share, tf.float64) * gradient
            return k - 1, products.write(k, tf.matmul(sums, sums, transpose_b=True)), sums, cut

        count = sum(one.shape.num_elements() for one in watched) // groups
        zeros = tf.zeros([groups, count], tf.float64)
        products = tf.TensorArray(tf.float64, lags + 1, element_shape=[groups, groups])
        products = products.write(lags, tf.zeros([groups, groups], tf.float64))
        loop = (lags - 1, products, zeros, zeros)
        _, products, _, cut = tf.while_loop(lambda k, *_: k >= 0, one_nearer, loop)
        return norms, products.stack(), tf.matmul(cut, cut, transpose_b=True)

    d_logits = tf.TensorSpec([targets, rows, config.output_size])
    of_lags = [tf.TensorSpec([None, targets * rows])] * 2 if of_some else [tf.TensorSpec([])]
    numbers = (tf.TensorSpec([], tf.int32), *of_lags)
    return graph_of(backward, config, *series_specs(config, rows), d_logits, *numbers)


def gradient(prepared: Prepared) -> Gradient:
    """The reading: gradients of the last losses of each row in the target series, followed back through all lags.

    The bias is defined in "Adaptively truncating backpropagation through time to control gradient bias" (Aicher, Foti
    and Fox 2019), relative to the gradient through all measured lags. It is that of tbptt, whatever the learning rule.
    There is no dropout. In trials, the losses of the last scored steps are followed back, at most to the trial's first
    step.
    """
    series, ran = prepared.targets, prepared.on_targets
    targets, rows = series.y.shape[:2]
    d_logits = d_loss(prepared.config, ran.outputs[-targets:], series.y, series.scored)
    some = _some_of(prepared.config, series)
    before = states_before(prepared.first_state(rows), ran.states)
    cut = tails(prepared.config, prepared.weights, series.x, before, d_logits, series.steps_back, series.groups, some)
    sizes, spreads = ratios(np.concatenate([cut.beyond[1:], cut.beyond_windows[np.newaxis]]), cut.beyond[0])
    if prepared.config.truncated_backprop_length >= series.steps_back and not series.is_complete:
        sizes[-1], spreads[-1] = np.nan, np.inf  # windows reach back as far as the lags, or farther
    bias, spread = sizes.astype(np.float32), spreads.astype(np.float32)
    samples = targets * rows if series.scored is None else int(series.scored.sum())
    ends = (float(sizes[-1]), spread[:-1], float(spreads[-1]))
    return Gradient(cut.norms, bias[:-1], *ends, samples, series.is_complete)


def _some_of(config: EchoConfig, series: TargetSeries) -> Some | None:
    """The errors that exist at each lag; None if all targets of a stream are scored."""
    if series.scored is None:
        return None
    length, lags = config.truncated_backprop_length, np.arange(series.steps_back)[:, np.newaxis]
    there = np.repeat(series.scored[np.newaxis], len(lags), axis=0)
    if series.of_trials:
        steps = len(series.x) - len(series.y) + np.arange(len(series.y))
        there &= (lags <= steps)[..., np.newaxis]
        cut = (lags > (steps if length >= config.window_steps else steps % length)).astype(np.float64)
    else:
        cut = np.minimum(lags, length) / length * np.ones(len(series.y))
    each = np.repeat(cut[..., np.newaxis], there.shape[2], axis=2)
    return Some(*(one.reshape(len(lags), -1).astype(np.float32) for one in (there, each)))


def connectivity(prepared: Prepared, row: int | None = None) -> Connectivity | None:
    """``||d logit(target at t) / d x[s]||`` ("Visualizing memorization in RNNs", Madsen 2019); None without a window.

    If the outputs are numbers, the derivative is that of their sum.

    Args:
        row: the row to read; see `rows_read`.
    """
    read = rows_read(prepared, row)
    if read is None:
        return None
    steps, rows = read.x.shape[:2]
    form = prepared.config.the_task.outputs
    if isinstance(form, Numbers):
        d_logits = np.ones((steps, rows, form.count), np.float32)
    else:
        d_logits = np.eye(form.count, dtype=np.float32)[read.y]
    by_lag = to_inputs(prepared.config, prepared.weights, read.x, read.before, d_logits, steps)
    strength = np.zeros((rows, steps, steps), np.float32)
    for lag in range(steps):
        targets = np.arange(lag, steps)
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    return Connectivity(strength, read.outputs, read.first_row, read.first_step)
