"""How errors travel back: the gradient by lag, and how much of the gradient to the weights a cut
leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights
from echornn.network.shapes import carried_size, weight_shapes
from echornn.network.step import step
from echornn.probes.past import Past, size
from echornn.probes.prepared import Prepared
from echornn.probes.series import Inputs, Series
from echornn.progress import Bools, Floats, Scores
from echornn.readings import STANDARD_ERRORS, Doubles, Gradient
from echornn.tasks.task import Numbers


def gradient(prepared: Prepared) -> Gradient:
    """Gradients of the last (scored) losses of each row, followed back through all lags; the bias
    is that of tbptt."""
    config, series = prepared.config, prepared.targets
    targets, rows = series.y.shape[:2]
    lags = series.steps_back

    run = prepared.on_targets
    d_logits = to_logits(config, run.outputs[-targets:], series.y, series.scored)
    d_logits = d_logits.reshape(targets, series.groups, rows // series.groups, -1)
    arrays = [series.x, run.before, _cut_shares(config, series), d_logits]
    samples = targets * rows
    if series.scored is not None:
        is_scored = series.scored.astype(np.bool_)
        arrays.append(_existing(series, is_scored))
        samples = int(is_scored.sum())
    sizes, beyond, cut = prepared.compute(_following, *arrays, free_axes=[1, 1, 1])

    whole = beyond[0]
    parts = np.concatenate([beyond[1:], cut[np.newaxis]])
    bias, spread = ratios(parts, whole)
    is_complete = series.of_trials and lags >= len(series.x)
    if config.truncated_backprop_length >= lags and not is_complete:
        # Windows reach back as far as the lags, or farther
        bias[-1] = np.nan
        spread[-1] = np.inf
    return Gradient(
        by_lag=sizes,
        bias=bias[:-1].astype(np.float32),
        bias_of_windows=float(bias[-1]),
        bias_spread=spread[:-1].astype(np.float32),
        bias_of_windows_spread=float(spread[-1]),
        samples=samples,
        complete=is_complete,
    )


def to_logits(config: EchoConfig, outputs: Floats, y: Inputs, scored: Scores | None) -> Floats:
    """The gradient of each loss to its logits, or numbers, [..., outputs]; 0 where no loss counts,
    and times its weight, relative to their mean."""
    form = config.the_task.outputs
    if isinstance(form, Numbers):
        d_logits = (outputs - y) * np.float32(2 / form.count)
    else:
        d_logits = outputs - np.eye(form.count, dtype=np.float32)[y]
    if scored is None:
        return d_logits
    if scored.dtype != np.bool_:
        d_logits *= (scored / scored[scored > 0].mean())[..., np.newaxis]
    return np.where(scored[..., np.newaxis], d_logits, np.float32(0))


def _existing(series: Series, scored: Bools) -> Bools:
    """Which errors exist at each lag: those of scored targets, not from beyond a trial; [lags,
    samples]."""
    lags = series.steps_back
    existing = np.repeat(scored[np.newaxis], lags, axis=0)
    if series.of_trials:
        is_within = np.arange(lags)[:, np.newaxis] <= _steps_of_targets(series)
        existing &= is_within[..., np.newaxis]
    return existing.reshape(lags, -1)


def _cut_shares(config: EchoConfig, series: Series) -> Floats:
    """The share of each error that training does not follow back so far, 0 to 1, float32 [lags,
    targets].

    In a stream, windows of T steps begin anywhere, and cut off the share min(k, T) / T at lag k. In
    trials they begin with the trial.
    """
    length = config.truncated_backprop_length
    lags = np.arange(series.steps_back)[:, np.newaxis]
    steps = _steps_of_targets(series)
    shares: Doubles | Bools
    if not series.of_trials:
        shares = np.minimum(lags, length) / length * np.ones(len(steps))
    elif length >= config.window_steps:
        shares = lags > steps
    else:
        shares = lags > steps % length
    return shares.astype(np.float32)


def _steps_of_targets(series: Series) -> Inputs:
    return np.arange(len(series.x))[-len(series.y) :]


def _following(
    config: EchoConfig,
    weights: Weights,
    x: Tensor,
    before: Tensor,
    cut_shares: Tensor,
    d_logits: Tensor,
    existing: Tensor | None = None,
) -> Tensors:
    """Follow back the gradients to the logits of some target steps, [targets, groups, rows of a
    group, outputs]; only those that exist, bool [lags, samples], if not all do.

    It returns, by lag: the mean length of the gradient to the whole carried state, float32 [lags];
    and those of `GradientsOfGroups.products`.
    """
    targets, groups, rows, _ = d_logits.shape
    samples = targets * groups * rows
    lags = tf.shape(cut_shares)[0]
    past = Past(config, weights, x, before, targets)

    def keep(d_state: Tensor, _: Tensor) -> Tensors:
        sizes = size(d_state)
        if existing is None:
            sizes = tf.reduce_mean(sizes)
        return sizes, d_state

    of_sizes = tf.TensorSpec([] if existing is None else [samples])
    of_states = tf.TensorSpec([samples, carried_size(config)])
    sizes, d_states = past.follow_back(d_logits, lags, keep, of_sizes, of_states)
    if existing is not None:
        total = tf.reduce_sum(tf.where(existing, sizes, 0.0), axis=1)
        count = tf.reduce_sum(tf.cast(existing, tf.float32), axis=1)
        sizes = tf.math.divide_no_nan(total, count)
        d_states = tf.where(existing[..., tf.newaxis], d_states, 0.0)

    gradients = GradientsOfGroups(config, weights, past, targets, groups)
    are_targets_alike = existing is None
    return sizes, *gradients.products(d_states, cut_shares, are_targets_alike)


class GradientsOfGroups:
    """The gradients of the groups' mean losses to all weights except W2 and b2, from the errors
    e_k at the states k steps before the losses.

    Each group has a copy of the weights, so that one pass gives every group's own gradient. Samples
    are [targets * rows], or by group [groups * targets * rows of a group].
    """

    def __init__(
        self, config: EchoConfig, weights: Weights, past: Past, targets: int, groups: int
    ) -> None:
        self._config = config
        self._past = past
        self._targets = targets
        self._groups = groups
        self._copies = {name: tf.stack([weight] * groups) for name, weight in weights.items()}
        followed = [name for name in weight_shapes(config) if name not in ("W2", "b2")]
        self._followed = [self._copies[name] for name in followed]

    def products(
        self, d_states: Tensor, cut_shares: Tensor, are_targets_alike: bool
    ) -> tuple[Tensor, Tensor]:
        """The inner products between the groups' vectors, float64: [lags + 1, groups, groups] of
        what is beyond each lag, and [groups, groups] of what windows cut off.

        With the errors e_k, float32 [lags, samples, carried], and the shares c_k that are cut off,
        float32 [lags, targets], these vectors are, for the state s_k after the step at lag k:

            g_k      = sum over samples of  (d s_k / d weights)' e_k
            beyond_k = g_k + g_(k+1) + ... + g_(lags-1)
            cut      = sum over k of  c_k g_k

        Lags go from the farthest to the nearest, so that only one array is needed that is as large
        as the groups' weights.
        """
        samples = d_states.shape[1]
        lags = tf.shape(d_states)[0]
        mean = self._groups / samples

        def add_lag(k: Tensor, products: tf.TensorArray, beyond: Tensor, cut: Tensor) -> Tensors:
            gradient = self._gradient_at(k)
            errors = self._by_group(d_states[k]) * mean
            g = gradient(errors)
            beyond += g
            if are_targets_alike:  # then there is no need for a second pass
                cut += tf.cast(cut_shares[k, 0], tf.float64) * g
            else:
                shares = tf.repeat(cut_shares[k], samples // self._targets)
                cut += gradient(errors * self._by_group(shares[:, tf.newaxis]))
            return k - 1, products.write(k, _inner_products(beyond)), beyond, cut

        numbers = sum(copies.shape.num_elements() for copies in self._followed)
        zeros = tf.zeros([self._groups, numbers // self._groups], tf.float64)
        products = tf.TensorArray(
            tf.float64, lags + 1, element_shape=[self._groups, self._groups]
        ).write(lags, _inner_products(zeros))
        _, products, _, cut = tf.while_loop(
            lambda k, *_: k >= 0, add_lag, (lags - 1, products, zeros, zeros)
        )
        return products.stack(), _inner_products(cut)

    def _gradient_at(self, lag: Tensor) -> Callable[[Tensor], Tensor]:
        """From errors by group, [samples, carried], to gradients, float64 [groups, weights]."""
        x, before = self._past.at_lag(lag)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(self._followed)
            after = self._step(self._by_group(x), self._by_group(before))

        def gradient(errors: Tensor) -> Tensor:
            parts = tape.gradient(after, self._followed, errors, tf.UnconnectedGradients.ZERO)
            flat = [tf.reshape(part, [self._groups, -1]) for part in parts]
            # Squares of small numbers need float64
            return tf.cast(tf.concat(flat, axis=-1), tf.float64)

        return gradient

    def _by_group(self, samples: Tensor) -> Tensor:
        count, numbers = samples.shape
        apart = tf.reshape(samples, [self._targets, self._groups, -1, numbers])
        return tf.reshape(tf.transpose(apart, [1, 0, 2, 3]), [count, numbers])

    def _step(self, x: Tensor, before: Tensor) -> Tensor:
        config, groups = self._config, self._groups
        if not config.the_cell.has_any_step:
            return step(config, self._copies, x, before, self._multiply, self._scale).state

        # Such a step may compute with the weights as it likes, so each group takes its own
        xs = tf.split(x, groups)
        befores = tf.split(before, groups)
        after = []
        for group in range(groups):
            weights = {name: copies[group] for name, copies in self._copies.items()}
            after.append(step(config, weights, xs[group], befores[group]).state)
        return tf.concat(after, axis=0)

    def _multiply(self, parts: Sequence[Tensor], w: Tensor, b: Tensor) -> Tensor:
        a = self._apart(tf.concat(parts, axis=-1))
        return self._together(tf.matmul(a, w) + b)

    def _scale(self, vector: Tensor, w: Tensor) -> Tensor:
        return self._together(self._apart(vector) * w)

    def _apart(self, samples: Tensor) -> Tensor:
        return tf.reshape(samples, [self._groups, -1, samples.shape[-1]])

    def _together(self, samples: Tensor) -> Tensor:
        return tf.reshape(samples, [-1, samples.shape[-1]])


def _inner_products(vectors: Tensor) -> Tensor:
    return tf.matmul(vectors, vectors, transpose_b=True)


def ratios(parts: Doubles, whole: Doubles) -> tuple[Doubles, Doubles]:
    """The lengths of mean vectors relative to the length of the whole's mean vector, and their
    errors, from the inner products between the vectors of groups, [parts, groups, groups] and
    [groups, groups]; NaN and infinity if the whole is no larger than its noise.

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
    if square <= STANDARD_ERRORS * _standard_error(left_out):
        return unknown
    squares, squares_left_out = _squares(parts / unit)
    ratio = np.maximum(squares / square, 0)
    error = _standard_error(squares_left_out / left_out)
    sizes = np.sqrt(ratio)
    return sizes, np.sqrt(ratio + STANDARD_ERRORS * error) - sizes


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
