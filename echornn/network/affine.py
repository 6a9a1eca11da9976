"""The affine map of the cells, ``[a, b, ...] W + b``, with its own backward pass, and their activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation
from echornn.network.xla import sums_of_halves, write_into


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
