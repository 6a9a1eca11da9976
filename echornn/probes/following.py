"""Gradients followed back through time, a lag at a time, through as many steps as asked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.model import carried_size, embed
from echornn.network.step import step
from echornn.probes.graphs import GRAPHS_KEPT, call, graph_of, ordered, series_specs, structure
from echornn.probes.running import logits_of
from echornn.progress import Floats, Symbols


class Tails(NamedTuple):
    """Gradients of losses at some target steps, by how far they travel."""

    norms: Floats
    """Size of the gradient to all that is carried after step t-k, a mean over the targets and rows; float32 [lags]."""
    beyond: Floats
    """Of the gradient to the recurrent weights, a mean over targets and rows: entry K is the size of what lags K and
    more bring, so entry 0 that of the whole; float32 [lags + 1]."""
    beyond_windows: float
    """Of what windows of T steps cut off from it: of lag k, the share min(k, T) / T."""


def to_inputs(
    config: EchoConfig, weights: Mapping[str, Floats], x: Symbols, before: Floats, d_logits: Floats, lags: int
) -> Floats:
    """Follow gradients back from the last target steps of ``x``, all at once.

    Args:
        x: uint8 [steps, rows].
        before: the state before each step, float32 [steps, rows, carried].
        d_logits: the gradient to the logits at each of the last steps, float32 [targets, rows, classes].
        lags: how many.

    Returns:
        Size of the gradient to the input at step t-k, float32 [lags, targets, rows]; what lies before the first step is
        no number of meaning.
    """
    graph = _to_inputs(structure(config), x.shape[1], len(d_logits))
    (sizes,) = call(graph, x, before, d_logits, np.int32(lags), *ordered(config, weights))
    return np.asarray(sizes)


def tails(
    config: EchoConfig, weights: Mapping[str, Floats], x: Symbols, before: Floats, d_logits: Floats, lags: int
) -> Tails:
    """Follow gradients back as `to_inputs` does, to what is carried and to the recurrent weights."""
    graph = _cutting(structure(config), x.shape[1], len(d_logits))
    window = np.float32(config.truncated_backprop_length)
    norms, beyond, beyond_windows = call(graph, x, before, d_logits, np.int32(lags), window, *ordered(config, weights))
    return Tails(norms, beyond, float(beyond_windows))


def at_lag(series: tf.Tensor, lag: tf.Tensor, targets: int) -> tf.Tensor:
    """What lies that lag behind each of the last steps of [steps, rows, ...], as [targets * rows, ...]."""
    steps = tf.shape(series)[0] - targets + tf.range(targets) - lag
    chosen = tf.gather(series, tf.maximum(steps, 0))
    return tf.reshape(chosen, [targets * series.shape[1], series.shape[2]])


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
    """What is kept at each lag, of the gradients to what is carried, [targets * rows, carried], and to the input."""
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


@functools.lru_cache(GRAPHS_KEPT)
def _to_inputs(config: EchoConfig, rows: int, targets: int) -> Any:
    def backward(
        x: tf.Tensor, before: tf.Tensor, d_logits: tf.Tensor, lags: tf.Tensor, weights: Mapping[str, tf.Tensor]
    ) -> Any:
        inputs = embed(x, config.num_classes)
        (sizes,) = _back(
            config, weights, inputs, before, d_logits, lags, lambda _, d_x: (tf.norm(d_x, axis=-1),), [[targets * rows]]
        )
        return (tf.reshape(sizes, [lags, targets, rows]),)

    d_logits = tf.TensorSpec([targets, rows, config.num_classes])
    return graph_of(backward, config, *series_specs(config, rows), d_logits, tf.TensorSpec([], tf.int32))


@functools.lru_cache(GRAPHS_KEPT)
def _cutting(config: EchoConfig, rows: int, targets: int) -> Any:
    """From the farthest lag to the nearest, so that only one sum as large as the weights is held."""

    def backward(
        x: tf.Tensor,
        before: tf.Tensor,
        d_logits: tf.Tensor,
        lags: tf.Tensor,
        window: tf.Tensor,
        weights: Mapping[str, tf.Tensor],
    ) -> Any:
        inputs = embed(x, config.num_classes)
        norms, to_states = _back(
            config,
            weights,
            inputs,
            before,
            d_logits,
            lags,
            lambda d_state, _: (tf.reduce_mean(tf.norm(d_state, axis=-1)), d_state),
            [[], [targets * rows, carried_size(config)]],
        )
        recurrent = [name for name in weights if name not in ("W2", "b2")]

        def one_nearer(k: tf.Tensor, sizes: tf.TensorArray, sums: Any, cut: Any) -> Any:
            bound = {name: tf.identity(weights[name]) for name in weights}
            watched = [bound[name] for name in recurrent]
            with tf.GradientTape() as tape:
                tape.watch(watched)
                after = step(config, bound, at_lag(inputs, k, targets), at_lag(before, k, targets)).state
            gradients = tape.gradient(after, watched, tf.gather(to_states, k) / (targets * rows))
            share = tf.minimum(tf.cast(k, tf.float32), window) / window
            sums = [one + gradient for one, gradient in zip(sums, gradients, strict=True)]
            cut = [one + share * gradient for one, gradient in zip(cut, gradients, strict=True)]
            return k - 1, sizes.write(k, tf.linalg.global_norm(sums)), sums, cut

        zeros = [tf.zeros_like(weights[name]) for name in recurrent]
        sizes = tf.TensorArray(tf.float32, lags + 1, element_shape=[]).write(lags, 0.0)
        loop = (lags - 1, sizes, zeros, zeros)
        _, sizes, _, cut = tf.while_loop(lambda k, *_: k >= 0, one_nearer, loop)
        return norms, sizes.stack(), tf.linalg.global_norm(cut)

    d_logits = tf.TensorSpec([targets, rows, config.num_classes])
    numbers = (tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float32))
    return graph_of(backward, config, *series_specs(config, rows), d_logits, *numbers)
