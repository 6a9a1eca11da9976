"""The affine map of the cells, ``[a, b, ...] W + b``, with its own backward pass; their
activations; XLA's operations.

With replicas, tensors have an additional last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

# What TensorFlow contains but does not publish
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation

Tensors = Mapping[str, tf.Tensor]


def sum_of_steps(tensor: tf.Tensor) -> tf.Tensor:
    """The sum of float32 [T, ...] over the first axis: halves first, a kernel that XLA fuses with
    nothing before."""
    steps, *others = tensor.shape
    half, ones = -(-steps // 2), [1] * len(others)
    window, each = tf.constant([half, *ones]), tf.ones([1 + len(others)], tf.int32)
    padding = tf.constant([[0, 2 * half - steps], *[[0, 0] for _ in others]])
    number = tf.TensorSpec([], tf.float32)
    add = tf.function(lambda a, b: a + b).get_concrete_function(number, number)
    halves = xla.xla_reduce_window(
        tensor, tf.constant(0.0), window, window, each, each, padding, computation=add
    )
    return tf.reduce_sum(halves, axis=0)


def write_step(whole: tf.Tensor, part: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """``whole``, [T, ...], with one step replaced by ``part``, [...]."""
    begin = tf.stack([step, *[tf.zeros_like(step)] * len(part.shape)])
    return xla.xla_dynamic_update_slice(whole, part[tf.newaxis], begin)


def read_steps(series: tf.Tensor, begin: tf.Tensor, steps: int) -> tf.Tensor:
    """``steps`` steps of ``series``, [steps, ...], beginning at ``begin``."""
    _, *others = series.shape
    return xla.xla_dynamic_slice(
        series, tf.stack([begin, *[0] * len(others)]), tf.constant([steps, *others])
    )


def kept_apart(index: tf.Tensor) -> tf.Tensor:
    """A loop index (from 0), unchanged, but XLA never compiles a loop that sorts as a single
    kernel."""
    return tf.sort(tf.stack([index, -1]))[1]


def has_replicas(weight: tf.Tensor) -> bool:
    return len(weight.shape) > 2


def materialized(tensor: tf.Tensor) -> tf.Tensor:
    """The same tensor, float32 [batch, features, ...]; with replicas, XLA then computes it only
    once, as it does with expensive operations: it is divided by a 1 that XLA cannot see.
    """
    if not has_replicas(tensor):
        return tensor
    with tf.init_scope():
        one = tf.ones([])
    return tf.custom_gradient(lambda tensor: (tensor / one, lambda d: d))(tensor)


def joined(parts: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """The parts with replicas joined along an axis, each written into place."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.shape[axis] for part in parts]

    def forward(*parts: tf.Tensor) -> tuple[tf.Tensor, object]:
        shape = list(parts[0].shape)
        shape[axis] = sum(sizes)
        whole, begin = tf.zeros(shape, parts[0].dtype), [0] * len(shape)
        for part, size in zip(parts, sizes, strict=True):
            whole = xla.xla_dynamic_update_slice(whole, part, tf.constant(begin))
            begin[axis] += size
        return whole, lambda d: tf.split(d, sizes, axis=axis)

    return tf.custom_gradient(forward)(*parts)


def join_features(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    if not has_replicas(parts[0]):
        return tf.concat(parts, axis=-1)
    return tf.custom_gradient(
        lambda *parts: (_side_by_side(parts), lambda d: tf.split(d, len(parts), axis=1))
    )(*parts)


def split_features(tensor: tf.Tensor, count: int) -> list[tf.Tensor]:
    """Float32 [batch, features, ...] divided along the features into ``count`` equal parts."""
    if count == 1:
        return [tensor]
    if not has_replicas(tensor):
        return list(tf.split(tensor, count, axis=-1))

    def forward(tensor: tf.Tensor) -> tuple[list[tf.Tensor], object]:
        return tf.split(tensor, count, axis=1), lambda *d_parts: materialized(
            _side_by_side(d_parts)
        )

    return list(tf.custom_gradient(forward)(tensor))


def _side_by_side(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    batch, size, replicas = parts[0].shape
    parts = [materialized(part) for part in parts]
    number = tf.reshape(tf.range(len(parts)), [1, len(parts), 1, 1])
    whole = tf.broadcast_to(parts[-1][:, tf.newaxis], [batch, len(parts), size, replicas])
    for index, part in enumerate(parts[:-1]):
        whole = tf.where(number == index, part[:, tf.newaxis], whole)
    return tf.reshape(whole, [batch, len(parts) * size, replicas])


PRODUCT_LIMIT, GRADIENT_LIMIT = 6000, 3000
"""The most multiplications of a product, and of a weight's gradient, that are written as multiply
and sum."""

# The largest inner dimension with which multiply and sum wins, whatever the other sizes are
FEW = 2


def is_fused(rows: int, inner: int, columns: int) -> bool:
    return inner <= FEW or rows * inner * columns <= PRODUCT_LIMIT


def product(a: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
    """``a @ w`` for float32 a [..., rows, inner] and w [inner, columns]."""
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -2) * w, axis=-3)
    if is_fused(a.shape[-2], *w.shape[-2:]):
        return tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(w, -3), axis=-2)
    return tf.matmul(a, w)


def product_with_transposed(a: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -3) * w, axis=-2)
    columns, inner = w.shape[-2:]
    if is_fused(a.shape[-2], inner, columns):
        return tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(w, -3), axis=-1)
    return tf.matmul(a, w, transpose_b=True)


def weight_gradient(a: tf.Tensor, dz: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The gradients to W and b, float32 [..., 1, columns], of ``z = a W + b``, from a, [..., rows,
    inner], and dz."""
    if has_replicas(dz):
        d_weight = tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(dz, -3), axis=-4)
        return d_weight, tf.reduce_sum(dz, axis=-3, keepdims=True)
    rows, inner, columns = a.shape[-2], a.shape[-1], dz.shape[-1]
    if rows * inner * columns <= GRADIENT_LIMIT:
        d_weight = tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(dz, -2), axis=-3)
        return d_weight, tf.reduce_sum(dz, axis=-2, keepdims=True)
    # one product gives both: db is the row of dW for an additional input of ones
    both = tf.matmul(tf.concat([a, tf.ones_like(a[..., :1])], axis=-1), dz, transpose_a=True)
    return both[..., :-1, :], both[..., -1:, :]


def affine_map(parts: Sequence[tf.Tensor], w: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """``[part, part, ...] W + b``: one matrix product, or with replicas one for each part, since
    joining is slow."""
    w, b = tf.convert_to_tensor(w), tf.convert_to_tensor(b)
    many, sizes = has_replicas(w), _sizes(parts, w)

    def forward(w: tf.Tensor, b: tf.Tensor, *arrays: tf.Tensor) -> tuple[tf.Tensor, object]:
        def gradient(dz: tf.Tensor) -> tuple[tf.Tensor, ...]:
            if many:
                dz = materialized(dz)
                d_weights, d_biases = zip(*(weight_gradient(a, dz) for a in arrays), strict=True)
                of_steps = len(dz.shape) > 3
                sums = [sum_of_steps(d) if of_steps else d for d in (*d_weights, d_biases[0])]
                return joined(sums[:-1], 0), sums[-1], *_gradient_to_parts(dz, w, sizes)
            d_parts = _gradient_to_parts(dz, w, sizes)
            return *weight_gradient(arrays[0], dz), tf.concat(d_parts, axis=-1)

        rows = tf.split(w, sizes) if many else [w]
        first, *others = (product(a, part) for a, part in zip(arrays, rows, strict=True))
        return sum(others, first) + b, gradient

    return tf.custom_gradient(forward)(w, b, *(parts if many else [tf.concat(parts, axis=-1)]))


def affine_known(parts: Sequence[tf.Tensor], w: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """``z``, the `affine_map` of these parts as computed before; it has only the gradient to the
    parts."""
    sizes = _sizes(parts, w)

    def forward(z: tf.Tensor, *parts: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(z), lambda dz: (None, *_gradient_to_parts(dz, w, sizes))

    return tf.custom_gradient(forward)(z, *parts)


def _sizes(parts: Sequence[tf.Tensor], w: tf.Tensor) -> list[int]:
    return [part.shape[-2 if has_replicas(w) else -1] for part in parts]


def _gradient_to_parts(dz: tf.Tensor, w: tf.Tensor, sizes: Sequence[int]) -> list[tf.Tensor]:
    """The gradients to the parts, one product each, so that XLA can drop the unused one to the
    first layer's input."""
    rows = tf.split(w, sizes, axis=0) if len(sizes) > 1 else [w]
    return [product_with_transposed(dz, part) for part in rows]


FUNCTIONS: Mapping[Activation, Callable[[tf.Tensor], tf.Tensor]] = {
    TANH: tf.tanh,
    SIGMOID: tf.sigmoid,
    RELU: tf.nn.relu,
    LINEAR: tf.identity,
}

GAINS = {TANH: 1.0, SIGMOID: 0.5}
"""Activations that are a scaled tanh, z -> 1 - gain + gain * tanh(gain * z), with their gain."""


def activated(z: tf.Tensor, activations: Sequence[Activation]) -> list[tf.Tensor]:
    """The columns of z, float32 [batch, columns, ...], in equal groups, each after its
    activation."""
    count, first = len(activations), activations[0]
    # All in one operation, a gain for each column
    if has_replicas(z) and all(one in GAINS for one in activations):
        gain = [GAINS[one] for one in activations for _ in range(z.shape[1] // count)]
        gain = tf.constant(gain, shape=[1, z.shape[1], 1])
        return split_features(1 - gain + gain * tf.tanh(gain * z), count)
    if all(one is first for one in activations):
        return split_features(FUNCTIONS[first](z), count)
    return [
        FUNCTIONS[one](group)
        for one, group in zip(activations, split_features(z, count), strict=True)
    ]


def activated_before(z: tf.Tensor, value: tf.Tensor, activation: Activation) -> tf.Tensor:
    """``value``, the activation of z as computed before; it has only the gradient to z."""

    def forward(z: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, object]:
        return tf.identity(value), lambda d: (materialized(d * _slope(value, activation)), None)

    return tf.custom_gradient(forward)(z, value)


def _slope(value: tf.Tensor, activation: Activation) -> tf.Tensor:
    if activation in GAINS:
        gain = GAINS[activation]
        return gain**2 - (value - (1 - gain)) ** 2
    return tf.cast(value > 0, value.dtype) if activation is RELU else tf.ones_like(value)
