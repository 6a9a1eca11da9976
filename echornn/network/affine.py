"""The affine map of the cells, ``[a, b, ...] W + b``, with a backward pass of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import tensorflow as tf

from echornn.network.product import product, product_with_transposed, weight_gradient
from echornn.network.replicas import has_replicas

Tensors = Mapping[str, tf.Tensor]


class Affine(Protocol):
    """How a cell multiplies: it names the weight and the bias, and whoever runs it brings them."""

    def __call__(self, parts: Sequence[tf.Tensor], weight: str, bias: str) -> tf.Tensor:
        """``[part, part, ...] W + b``: parts float32 [batch, part size, ...], result float32 [batch, columns, ...]."""


def affine_of(weights: Tensors) -> Affine:
    """The affine map with these weights: W float32 [sum of part sizes, columns, ...], b float32 [1, columns, ...]."""

    def affine(parts: Sequence[tf.Tensor], weight: str, bias: str) -> tf.Tensor:
        return affine_map(parts, weights[weight], weights[bias])

    return affine


def affine_map(parts: Sequence[tf.Tensor], w: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """``[part, part, ...] W + b``: one matrix product, as in the tutorial, instead of one for each part; of replicas,
    whose parts are better not concatenated, one for each."""
    w, b = tf.convert_to_tensor(w), tf.convert_to_tensor(b)
    many = has_replicas(w)
    sizes = [part.shape[1 if many else -1] for part in parts]

    def forward(w: tf.Tensor, b: tf.Tensor, *arrays: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(dz: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_parts = gradient_to_parts(dz, w, sizes)
            return *weight_gradient(arrays, dz), *(d_parts if many else [tf.concat(d_parts, axis=-1)])

        rows = tf.split(w, sizes) if many else [w]
        first, *others = (product(a, part) for a, part in zip(arrays, rows, strict=True))
        return sum(others, first) + b, gradient

    return tf.custom_gradient(forward)(w, b, *(parts if many else [tf.concat(parts, axis=-1)]))


def affine_known(parts: Sequence[tf.Tensor], w: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """``z``, which is `affine_map` of these parts as computed before: only the gradient to the parts is to be done."""
    sizes = [part.shape[-1] for part in parts]

    def forward(a: tf.Tensor, z: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(z), lambda dz: (tf.concat(gradient_to_parts(dz, w, sizes), axis=-1), None)

    return tf.custom_gradient(forward)(tf.concat(parts, axis=-1), z)


def gradient_to_parts(dz: tf.Tensor, w: tf.Tensor, sizes: Sequence[int]) -> list[tf.Tensor]:
    """The gradients to the parts: a product for each, since XLA then drops the ones nobody uses (that to the input of
    the first layer, always)."""
    rows = tf.split(w, sizes, axis=0) if len(sizes) > 1 else [w]
    return [product_with_transposed(dz, part) for part in rows]
