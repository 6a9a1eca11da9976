"""The affine map of the cells, ``[a, b, ...] W + b``, with its own backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf

from echornn.network.product import product, product_with_transposed, weight_gradient
from echornn.network.replicas import has_replicas, joined, materialized, split_features, sum_of_steps

Tensors = Mapping[str, tf.Tensor]


class Activation(NamedTuple):
    """An activation function for the columns of an affine map: a scaled tanh."""

    function: Callable[[tf.Tensor], tf.Tensor]
    gain: float
    """The function is z -> 1 - gain + gain * tanh(gain * z); gain 1 is tanh, gain 0.5 the sigmoid."""


TANH = Activation(tf.tanh, 1.0)
SIGMOID = Activation(tf.sigmoid, 0.5)


class Affine(Protocol):
    """The function with which a cell multiplies: the cell names weight and bias, and the caller supplies their
    values.
    """

    def __call__(self, parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        """``[part, part, ...] W + b`` for parts of shape float32 [batch, part size, ...]. The columns are divided into
        as many equal groups as there are activations. Returns each group after its activation, float32 [batch, columns,
        ...].
        """


def affine_of(weights: Tensors) -> Affine:
    """The affine map with these weights: W float32 [sum of part sizes, columns, ...], b float32 [1, columns, ...]."""

    def affine(parts: Sequence[tf.Tensor], weight: str, bias: str, *activations: Activation) -> list[tf.Tensor]:
        return activated(affine_map(parts, weights[weight], weights[bias]), activations)

    return affine


def activated(z: tf.Tensor, activations: Sequence[Activation]) -> list[tf.Tensor]:
    """The columns of z, float32 [batch, columns, ...], divided into equal groups, each after its activation."""
    if has_replicas(z):
        return split_features(activated_together(z, activations), len(activations))
    first = activations[0]
    if all(one is first for one in activations):
        return split_features(first.function(z), len(activations))
    groups = split_features(z, len(activations))
    return [one.function(group) for one, group in zip(activations, groups, strict=True)]


def activated_together(z: tf.Tensor, activations: Sequence[Activation]) -> tf.Tensor:
    """Like `activated`, but for replicas, float32 [batch, columns, replicas], in one operation: all activations are the
    same function with different gains.
    """
    gain = _gains(z, activations)
    return 1 - gain + gain * tf.tanh(gain * z)


def activated_before(z: tf.Tensor, value: tf.Tensor, activation: Activation) -> tf.Tensor:
    """Return ``value``, the activation of z as computed before; only the gradient to z is computed."""
    gain = activation.gain

    def forward(z: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, object]:
        slope = gain**2 - (value - (1 - gain)) ** 2
        return tf.identity(value), lambda d: (materialized(d * slope), None)

    return tf.custom_gradient(forward)(z, value)


def _gains(z: tf.Tensor, activations: Sequence[Activation]) -> tf.Tensor:
    """The gain of each column, float32 [1, columns, 1]."""
    columns = z.shape[1] // len(activations)
    return tf.constant([one.gain for one in activations for _ in range(columns)], shape=[1, z.shape[1], 1])


def affine_map(parts: Sequence[tf.Tensor], w: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """``[part, part, ...] W + b``. A single network needs one matrix product, as in the tutorial; replicas need one for
    each part, since joining parts of replicas is slow.
    """
    w, b = tf.convert_to_tensor(w), tf.convert_to_tensor(b)
    many = has_replicas(w)
    sizes = _sizes(parts, w)

    def forward(w: tf.Tensor, b: tf.Tensor, *arrays: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(dz: tf.Tensor) -> tuple[tf.Tensor, ...]:
            if many:
                dz = materialized(dz)
                d_weights, d_biases = zip(*(weight_gradient(a, dz) for a in arrays), strict=True)
                of_steps = len(dz.shape) > 3
                sums = [sum_of_steps(d) if of_steps else d for d in (*d_weights, d_biases[0])]
                return joined(sums[:-1], 0), sums[-1], *gradient_to_parts(dz, w, sizes)
            d_parts = gradient_to_parts(dz, w, sizes)
            return *weight_gradient(arrays[0], dz), tf.concat(d_parts, axis=-1)

        rows = tf.split(w, sizes) if many else [w]
        first, *others = (product(a, part) for a, part in zip(arrays, rows, strict=True))
        return sum(others, first) + b, gradient

    return tf.custom_gradient(forward)(w, b, *(parts if many else [tf.concat(parts, axis=-1)]))


def _sizes(parts: Sequence[tf.Tensor], w: tf.Tensor) -> list[int]:
    return [part.shape[-2 if has_replicas(w) else -1] for part in parts]


def affine_known(parts: Sequence[tf.Tensor], w: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """Return ``z``, the `affine_map` of these parts as computed before; only the gradient to the parts is computed."""
    sizes = _sizes(parts, w)

    def forward(z: tf.Tensor, *parts: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(z), lambda dz: (None, *gradient_to_parts(dz, w, sizes))

    return tf.custom_gradient(forward)(z, *parts)


def gradient_to_parts(dz: tf.Tensor, w: tf.Tensor, sizes: Sequence[int]) -> list[tf.Tensor]:
    """The gradients to the parts, one product each, so that XLA can drop unused gradients (the gradient to the
    first layer's input is never used).
    """
    rows = tf.split(w, sizes, axis=0) if len(sizes) > 1 else [w]
    return [product_with_transposed(dz, part) for part in rows]
