"""The affine map of the cells, ``[a, b, ...] W + b``, with its own backward pass, and their activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation
from echornn.network.product import product, product_with_transposed, weight_gradient
from echornn.network.replicas import has_replicas, joined, materialized, split_features, sum_of_steps

Tensors = Mapping[str, tf.Tensor]


FUNCTIONS: Mapping[Activation, Callable[[tf.Tensor], tf.Tensor]] = {
    TANH: tf.tanh,
    SIGMOID: tf.sigmoid,
    RELU: tf.nn.relu,
    LINEAR: tf.identity,
}

GAINS = {TANH: 1.0, SIGMOID: 0.5}
"""Activations that are a scaled tanh, z -> 1 - gain + gain * tanh(gain * z), with their gain."""


def activated(z: tf.Tensor, activations: Sequence[Activation]) -> list[tf.Tensor]:
    """The columns of z, float32 [batch, columns, ...], divided into equal groups, each after its activation."""
    if has_replicas(z) and all(one in GAINS for one in activations):
        return split_features(_scaled_tanhs(z, activations), len(activations))
    first = activations[0]
    if all(one is first for one in activations):
        return split_features(FUNCTIONS[first](z), len(activations))
    groups = split_features(z, len(activations))
    return [FUNCTIONS[one](group) for one, group in zip(activations, groups, strict=True)]


def _scaled_tanhs(z: tf.Tensor, activations: Sequence[Activation]) -> tf.Tensor:
    """All activations of z, float32 [batch, columns, replicas], in one operation: the same function, with a gain for
    each column.
    """
    columns = z.shape[1] // len(activations)
    gain = tf.constant([GAINS[one] for one in activations for _ in range(columns)], shape=[1, z.shape[1], 1])
    return 1 - gain + gain * tf.tanh(gain * z)


def activated_before(z: tf.Tensor, value: tf.Tensor, activation: Activation) -> tf.Tensor:
    """Return ``value``, the activation of z as computed before; only the gradient to z is computed."""

    def forward(z: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(value), lambda d: (materialized(d * _slope(value, activation)), None)

    return tf.custom_gradient(forward)(z, value)


def _slope(value: tf.Tensor, activation: Activation) -> tf.Tensor:
    """The derivative of an activation where it has this value."""
    if activation in GAINS:
        gain = GAINS[activation]
        return gain**2 - (value - (1 - gain)) ** 2
    return tf.cast(value > 0, value.dtype) if activation is RELU else tf.ones_like(value)


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
