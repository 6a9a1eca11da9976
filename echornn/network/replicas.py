"""Helpers for networks that are computed together: each tensor has the replicas on its last axis.

A tensor of a single network is [batch, features], its weights are [rows, columns]; for many networks these are [batch,
features, replicas] and [rows, columns, replicas]. Replicas come last since a processor's vector then holds them: one
operation for 8 or 16 networks. Cells, products, scan and model are written once for both, with features on axis 1 (2 if
time comes first), and use the functions of this file where XLA needs more help with many networks than with one:

- a concatenation becomes a scalar loop, and so does all that XLA fuses with it, or with a part that is written into
  place, or with a sum over more than some ten numbers.
- a value that several operations read is computed again by each, inside their loops, unless it is `materialized`.
- a loop over fewer than 64 replicas that does little is unrolled, and then is scalar too.

Measured at the tutorial's sizes, 64 replicas, one core, us a network and window: 1.85 before the second half of the
first point was known, and the activations were kept for the backward pass; 1.2 with both.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from echornn.network.private_xla import sums_of_halves, write_into


def has_replicas(weight: tf.Tensor) -> bool:
    """Whether weights, [rows, columns, ...], or another tensor with as many axes, have replicas."""
    return len(weight.shape) > 2


def materialized(tensor: tf.Tensor) -> tf.Tensor:
    """The same tensor, float32 [batch, features, ...]; with replicas XLA computes it only once, whatever reads it.

    XLA does so for expensive operations, such as a division; this one divides by one, which XLA cannot know, and
    changes no bit.
    """
    if not has_replicas(tensor):
        return tensor
    with tf.init_scope():
        one = tf.ones([])
    return tf.custom_gradient(lambda tensor: (tensor / one, lambda d: d))(tensor)


def joined(parts: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """The parts joined along an axis; those of replicas are written into place."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.shape[axis] for part in parts]

    def forward(*parts: tf.Tensor) -> tuple[tf.Tensor, object]:
        return _written(parts, axis), lambda d: tf.split(d, sizes, axis=axis)

    return tf.custom_gradient(forward)(*parts)


def join_features(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """The parts, float32 [batch, features, ...], side by side along their features."""
    if not has_replicas(parts[0]):
        return tf.concat(parts, axis=-1)

    def forward(*parts: tf.Tensor) -> tuple[tf.Tensor, object]:
        return _side_by_side(parts), lambda d: tf.split(d, len(parts), axis=1)

    return tf.custom_gradient(forward)(*parts)


def split_features(tensor: tf.Tensor, count: int) -> list[tf.Tensor]:
    """The tensor, float32 [batch, features, ...], divided into so many equal parts along the features."""
    if not has_replicas(tensor):
        parts: list[tf.Tensor] = tf.split(tensor, count, axis=-1)
        return parts

    def forward(tensor: tf.Tensor) -> tuple[list[tf.Tensor], object]:
        return tf.split(tensor, count, axis=1), lambda *d_parts: materialized(_side_by_side(d_parts))

    return list(tf.custom_gradient(forward)(tensor)) if count > 1 else [tensor]


def sum_of_steps(tensor: tf.Tensor) -> tf.Tensor:
    """The sum over the first axis of float32 [T, ...].

    It has its own kernel: fused with the operation that it sums, that would be computed one number at a time.
    """
    return tf.reduce_sum(sums_of_halves(tensor), axis=0)


def _side_by_side(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Parts of one size, [batch, features, replicas], side by side along their features."""
    batch, size, replicas = parts[0].shape
    parts = [materialized(part) for part in parts]
    number = tf.reshape(tf.range(len(parts)), [1, len(parts), 1, 1])
    whole = tf.broadcast_to(parts[-1][:, tf.newaxis], [batch, len(parts), size, replicas])
    for index, part in enumerate(parts[:-1]):
        whole = tf.where(number == index, part[:, tf.newaxis], whole)
    return tf.reshape(whole, [batch, len(parts) * size, replicas])


def _written(parts: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """The parts joined along an axis, each written into place."""
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    whole, begin = tf.zeros(shape, parts[0].dtype), 0
    for part in parts:
        whole = write_into(whole, part, [begin if at == axis else 0 for at in range(len(shape))])
        begin += part.shape[axis]
    return whole
