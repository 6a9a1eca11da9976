"""Matrix products in the form that XLA computes fastest for their size.

A product written as multiply and sum is fused with the operations around it into one kernel. A separate matrix product
costs a call, but is blocked and vectorised if large. Time of a window in us, with all products as matrix products / as
multiply and sum (two cores, TensorFlow 2.21; S state, B batch, T = 15):

    S4 B5 28.7/5.4   S4 B256 142/100   S8 B50 68/30   S10 B50 89/85   S12 B50 74/123   S16 B5 41/13   S16 B50 69/94

The number of multiplications decides. The gradient of a weight sums over all rows and time steps, and has a lower
limit: 5.1/5.8 with 1 500 multiplications (multiply and sum wins), 27.0/23.2 with 20 400.
"""

from __future__ import annotations

import tensorflow as tf

from echornn.network.replicas import has_replicas

PRODUCT_LIMIT = 6000
"""The most multiplications (rows * inner * columns) of a product that is written as multiply and sum."""

GRADIENT_LIMIT = 3000
"""The most multiplications of a weight's gradient that is written as multiply and sum; see `PRODUCT_LIMIT`."""

FEW = 2
"""The largest inner dimension with which multiply and sum wins, whatever the other sizes are."""


def is_fused(rows: int, inner: int, columns: int) -> bool:
    """Whether a product of these sizes is written as multiply and sum."""
    return inner <= FEW or rows * inner * columns <= PRODUCT_LIMIT


def product(a: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
    """``a @ w`` for float32 a [..., rows, inner] and w [inner, columns]; with replicas, an additional last axis of
    both.
    """
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -2) * w, axis=-3)
    inner, columns = w.shape[-2:]
    if is_fused(a.shape[-2], inner, columns):
        return tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(w, -3), axis=-2)
    return tf.matmul(a, w)


def product_with_transposed(a: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
    """``a @ w^T`` for float32 a [..., rows, inner] and w [columns, inner]; with replicas, an additional last axis of
    both.
    """
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -3) * w, axis=-2)
    columns, inner = w.shape[-2:]
    if is_fused(a.shape[-2], inner, columns):
        return tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(w, -3), axis=-1)
    return tf.matmul(a, w, transpose_b=True)


def weight_gradient(a: tf.Tensor, dz: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The gradients to W and b of ``z = a W + b``, from the gradient to z.

    Args:
        a: float32 [rows, inner], with the rows of all time steps; with replicas [..., rows, inner, replicas].
        dz: float32 [rows, columns]; with replicas [..., rows, columns, replicas].

    Returns:
        dW, float32 [inner, columns], and db, float32 [1, columns]. One product gives both: db is the row of dW for an
        additional input of ones. With replicas [..., inner, columns, replicas] and [..., 1, columns, replicas].
    """
    if has_replicas(dz):
        d_weight = tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(dz, -3), axis=-4)
        return d_weight, tf.reduce_sum(dz, axis=-3, keepdims=True)
    rows, inner, columns = a.shape[-2], a.shape[-1], dz.shape[-1]
    if rows * inner * columns <= GRADIENT_LIMIT:
        d_weight = tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(dz, -2), axis=-3)
        return d_weight, tf.reduce_sum(dz, axis=-2, keepdims=True)
    both = tf.matmul(tf.concat([a, tf.ones_like(a[..., :1])], axis=-1), dz, transpose_a=True)
    return both[..., :-1, :], both[..., -1:, :]
