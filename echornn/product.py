"""The matrix product of the cells, in the form that XLA makes the fastest for its size."""

from __future__ import annotations

import tensorflow as tf


def product(a: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
    """``a @ w`` for a float32 [..., rows, inner] and w float32 [..., inner, columns].

    Tiny products are written as multiply and sum: XLA then fuses them with what stands around them into one
    loop, where a product of its own costs a call. Large ones go to the matrix library.
    """
    inner, columns = w.shape[-2:]
    if inner * columns <= MULTIPLY_AND_SUM_UP_TO:
        return tf.reduce_sum(a[..., :, tf.newaxis] * w[..., tf.newaxis, :, :], axis=-2)
    return tf.matmul(a, w)


MULTIPLY_AND_SUM_UP_TO = 160
"""Largest inner * columns that is multiplied and summed."""
