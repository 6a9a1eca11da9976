"""Operations for networks that are computed together: each tensor has the replicas on its last axis.

A tensor of a single network is [batch, features], its weights are [rows, columns]; with many networks, both have a last
axis of replicas. That axis is last so that one vector operation of the processor computes 8 or 16 networks. Cells,
products, scan and model are written once for both cases, with features on axis 1 (2 if time comes first). They use the
functions of this file where XLA needs help with replicas:

- joining tensors becomes a scalar loop, and so does everything that XLA fuses with it; the same holds for writing a
  part into place, and for sums over more than about ten numbers.
- a value that several operations read is computed by each of them, unless it is `materialized`.
- a short loop over fewer than 64 replicas is unrolled, and then is scalar too.

Measured at the tutorial's sizes with 64 replicas on one core, in us per network and window: 1.85 before, 1.2 after
applying the first point to writing and sums, and keeping activations for the backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from echornn.network.private_xla import sums_of_halves, write_into


def has_replicas(weight: tf.Tensor) -> bool:
    """Whether weights, [rows, columns, ...], or another tensor with as many axes, have replicas."""
    return len(weight.shape) > 2


def materialized(tensor: tf.Tensor) -> tf.Tensor:
    """The same tensor, float32 [batch, features, ...]; with replicas, XLA then computes it only once.

    XLA computes expensive operations, such as a division, only once. This one divides by 1 in a way that XLA cannot
    see, and changes no bit.
    """
    if not has_replicas(tensor):
        return tensor
    with tf.init_scope():
        one = tf.ones([])
    return tf.custom_gradient(lambda tensor: (tensor / one, lambda d: d))(tensor)


def joined(parts: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """The parts joined along an axis; parts with replicas are written into place."""
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
    """The tensor, float32 [batch, features, ...], divided along the features into ``count`` equal parts."""
    if not has_replicas(tensor):
        parts: list[tf.Tensor] = tf.split(tensor, count, axis=-1)
        return parts

    def forward(tensor: tf.Tensor) -> tuple[list[tf.Tensor], object]:
        return tf.split(tensor, count, axis=1), lambda *d_parts: materialized(_side_by_side(d_parts))

    return list(tf.custom_gradient(forward)(tensor)) if count > 1 else [tensor]


def sum_of_steps(tensor: tf.Tensor) -> tf.Tensor:
    """The sum of float32 [T, ...] over the first axis.

    It has its own kernel: fused with the operation before it, it would compute one number at a time.
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
