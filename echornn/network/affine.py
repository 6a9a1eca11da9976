"""The affine map of the cells, ``[a, b, ...] W + b``, with its own backward pass; their
activations; XLA's operations.

With replicas, tensors have an additional last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow import Tensor

# What TensorFlow contains but does not publish
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla

from echornn.cells.cell import LINEAR, RELU, SIGMOID, TANH, Activation

Tensors = Mapping[str, Tensor]


def sum_of_steps(tensor: Tensor) -> Tensor:
    """The sum of float32 [T, ...] over the first axis: halves first, a kernel that XLA fuses with
    nothing before."""
    steps, *others = tensor.shape
    half = math.ceil(steps / 2)
    window = tf.constant([half] + [1] * len(others))
    dense = tf.ones_like(window)
    padding = tf.constant([[0, 2 * half - steps]] + [[0, 0]] * len(others))
    number = tf.TensorSpec([], tf.float32)
    add = tf.function(lambda a, b: a + b).get_concrete_function(number, number)
    halves = xla.xla_reduce_window(
        tensor, tf.constant(0.0), window, window, dense, dense, padding, computation=add
    )
    return tf.reduce_sum(halves, axis=0)


def write_step(whole: Tensor, part: Tensor, step: Tensor) -> Tensor:
    """``whole``, [T, ...], with one step replaced by ``part``, [...]."""
    zero = tf.zeros_like(step)
    begin = tf.stack([step] + [zero] * len(part.shape))
    return xla.xla_dynamic_update_slice(whole, part[tf.newaxis], begin)


def read_steps(series: Tensor, begin: Tensor, steps: int) -> Tensor:
    """``steps`` steps of ``series``, [steps, ...], beginning at ``begin``."""
    _, *others = series.shape
    begins = tf.stack([begin] + [0] * len(others))
    return xla.xla_dynamic_slice(series, begins, tf.constant([steps, *others]))


def kept_apart(index: Tensor) -> Tensor:
    """A loop index (from 0), unchanged, but XLA never compiles a loop that sorts as a single
    kernel."""
    return tf.sort(tf.stack([index, -1]))[1]


def has_replicas(weight: Tensor) -> bool:
    return len(weight.shape) > 2


def materialized(tensor: Tensor) -> Tensor:
    """The same tensor, float32 [batch, features, ...]; with replicas, XLA then computes it only
    once, as it does with expensive operations: it is divided by a 1 that XLA cannot see.
    """
    if not has_replicas(tensor):
        return tensor
    with tf.init_scope():
        one = tf.ones([])
    return tf.custom_gradient(lambda tensor: (tensor / one, lambda d: d))(tensor)


def joined(parts: Sequence[Tensor], axis: int) -> Tensor:
    """The parts with replicas joined along an axis, each written into place."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.shape[axis] for part in parts]

    def forward(*parts: Tensor) -> tuple[Tensor, object]:
        shape = list(parts[0].shape)
        shape[axis] = sum(sizes)
        whole = tf.zeros(shape, parts[0].dtype)
        begin = [0] * len(shape)
        for part, size in zip(parts, sizes, strict=True):
            whole = xla.xla_dynamic_update_slice(whole, part, tf.constant(begin))
            begin[axis] += size
        return whole, lambda d: tf.split(d, sizes, axis=axis)

    return tf.custom_gradient(forward)(*parts)


def join_features(parts: Sequence[Tensor]) -> Tensor:
    if not has_replicas(parts[0]):
        return tf.concat(parts, axis=-1)

    def forward(*parts: Tensor) -> tuple[Tensor, object]:
        return _side_by_side(parts), lambda d: tf.split(d, len(parts), axis=1)

    return tf.custom_gradient(forward)(*parts)


def split_features(tensor: Tensor, count: int) -> list[Tensor]:
    """Float32 [batch, features, ...] divided along the features into ``count`` equal parts."""
    if count == 1:
        return [tensor]
    if not has_replicas(tensor):
        return list(tf.split(tensor, count, axis=-1))

    def gradient(*d_parts: Tensor) -> Tensor:
        return materialized(_side_by_side(d_parts))

    def forward(tensor: Tensor) -> tuple[list[Tensor], object]:
        return tf.split(tensor, count, axis=1), gradient

    return list(tf.custom_gradient(forward)(tensor))


def _side_by_side(parts: Sequence[Tensor]) -> Tensor:
    batch, size, replicas = parts[0].shape
    number = tf.reshape(tf.range(len(parts)), [1, len(parts), 1, 1])
    *others, last = map(materialized, parts)
    whole = tf.broadcast_to(last[:, tf.newaxis], [batch, len(parts), size, replicas])
    for index, part in enumerate(others):
        whole = tf.where(number == index, part[:, tf.newaxis], whole)
    return tf.reshape(whole, [batch, len(parts) * size, replicas])


# The most multiplications of a product, and of a weight's gradient, that are written as multiply
# and sum
PRODUCT_LIMIT = 6000
GRADIENT_LIMIT = 3000
# The largest inner dimension with which multiply and sum wins, whatever the other sizes are
FEW = 2
# The tutorial's batch, which stands for a graph's number of rows if that may be any
USUAL_ROWS = 5


def is_fused(rows: int | None, inner: int, columns: int) -> bool:
    """Whether a product is written as multiply and sum."""
    if rows is None:
        rows = USUAL_ROWS
    return inner <= FEW or rows * inner * columns <= PRODUCT_LIMIT


def product(a: Tensor, w: Tensor) -> Tensor:
    """``a @ w`` for float32 a [..., rows, inner] and w [inner, columns]."""
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -2) * w, axis=-3)
    if is_fused(a.shape[-2], *w.shape[-2:]):
        return tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(w, -3), axis=-2)
    return tf.matmul(a, w)


def product_with_transposed(a: Tensor, w: Tensor) -> Tensor:
    if has_replicas(w):
        return tf.reduce_sum(tf.expand_dims(a, -3) * w, axis=-2)
    columns, inner = w.shape[-2:]
    if is_fused(a.shape[-2], inner, columns):
        return tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(w, -3), axis=-1)
    return tf.matmul(a, w, transpose_b=True)


def weight_gradients(parts: Sequence[Tensor], dz: Tensor) -> tuple[list[Tensor], Tensor]:
    """The gradients to the rows of W of each part, and to b, of ``z = [part, part, ...] W + b``."""
    d_rows = []
    for part in parts:
        d_part, d_bias = weight_gradient(part, dz)  # the same db for each part
        d_rows.append(d_part)
    return d_rows, d_bias


def weight_gradient(a: Tensor, dz: Tensor) -> tuple[Tensor, Tensor]:
    """``dW = a^T dz`` and db, float32 [..., 1, columns], the sum of dz over rows, for a [..., rows,
    inner] and dz [..., rows, columns]."""
    if has_replicas(dz):
        dw = tf.reduce_sum(tf.expand_dims(a, -2) * tf.expand_dims(dz, -3), axis=-4)
        return dw, tf.reduce_sum(dz, axis=-3, keepdims=True)
    rows, inner = a.shape[-2:]
    if rows is not None and rows * inner * dz.shape[-1] <= GRADIENT_LIMIT:
        dw = tf.reduce_sum(tf.expand_dims(a, -1) * tf.expand_dims(dz, -2), axis=-3)
        return dw, tf.reduce_sum(dz, axis=-2, keepdims=True)
    # One product gives both: db is the row of dW for an additional input of ones
    ones = tf.ones_like(a[..., :1])
    dw_and_db = tf.matmul(tf.concat([a, ones], axis=-1), dz, transpose_a=True)
    return dw_and_db[..., :-1, :], dw_and_db[..., -1:, :]


def affine_map(parts: Sequence[Tensor], w: Tensor, b: Tensor) -> Tensor:
    """``[part, part, ...] W + b``: one matrix product, or with replicas one for each part, since
    joining is slow."""
    w = tf.convert_to_tensor(w)
    b = tf.convert_to_tensor(b)
    if has_replicas(w):
        return _affine_of_replicas(parts, w, b)
    sizes = _sizes(parts, w)

    def forward(w: Tensor, b: Tensor, whole: Tensor) -> tuple[Tensor, object]:
        def gradient(dz: Tensor) -> tuple[Tensor, ...]:
            d_whole = tf.concat(_gradient_to_parts(dz, w, sizes), axis=-1)
            return *weight_gradient(whole, dz), d_whole

        return product(whole, w) + b, gradient

    return tf.custom_gradient(forward)(w, b, tf.concat(parts, axis=-1))


def _affine_of_replicas(parts: Sequence[Tensor], w: Tensor, b: Tensor) -> Tensor:
    sizes = _sizes(parts, w)

    def forward(w: Tensor, b: Tensor, *parts: Tensor) -> tuple[Tensor, object]:
        def gradient(dz: Tensor) -> tuple[Tensor, ...]:
            dz = materialized(dz)
            d_rows, d_bias = weight_gradients(parts, dz)
            if len(dz.shape) > 3:  # of all steps
                d_rows = list(map(sum_of_steps, d_rows))
                d_bias = sum_of_steps(d_bias)
            return joined(d_rows, 0), d_bias, *_gradient_to_parts(dz, w, sizes)

        first, *others = map(product, parts, tf.split(w, sizes))
        return sum(others, first) + b, gradient

    return tf.custom_gradient(forward)(w, b, *parts)


def affine_known(parts: Sequence[Tensor], w: Tensor, z: Tensor) -> Tensor:
    """``z``, the `affine_map` of these parts as computed before; it has only the gradient to the
    parts."""
    sizes = _sizes(parts, w)

    def gradient(dz: Tensor) -> tuple[Tensor | None, ...]:
        return None, *_gradient_to_parts(dz, w, sizes)

    def forward(z: Tensor, *parts: Tensor) -> tuple[Tensor, object]:
        return tf.identity(z), gradient

    return tf.custom_gradient(forward)(z, *parts)


def _sizes(parts: Sequence[Tensor], w: Tensor) -> list[int]:
    features = -2 if has_replicas(w) else -1
    return [part.shape[features] for part in parts]


def _gradient_to_parts(dz: Tensor, w: Tensor, sizes: Sequence[int]) -> list[Tensor]:
    """The gradients to the parts, one product each, so that XLA can drop the unused one to the
    first layer's input."""
    rows = tf.split(w, sizes, axis=0) if len(sizes) > 1 else [w]
    return [product_with_transposed(dz, part) for part in rows]


FUNCTIONS: Mapping[Activation, Callable[[Tensor], Tensor]] = {
    TANH: tf.tanh,
    SIGMOID: tf.sigmoid,
    RELU: tf.nn.relu,
    LINEAR: tf.identity,
}

GAINS = {TANH: 1.0, SIGMOID: 0.5}
"""Activations that are a scaled tanh, z -> 1 - gain + gain * tanh(gain * z), with their gain."""


def activated(z: Tensor, activations: Sequence[Activation]) -> list[Tensor]:
    """The columns of z, float32 [batch, columns, ...], in equal groups, each after its
    activation."""
    count = len(activations)
    if has_replicas(z) and GAINS.keys() >= set(activations):
        # All in one operation, with a gain for each column
        gains = np.repeat(list(map(GAINS.get, activations)), z.shape[1] // count)
        gain = tf.constant(gains, tf.float32, [1, z.shape[1], 1])
        return split_features(1 - gain + gain * tf.tanh(gain * z), count)
    if len(set(activations)) == 1:
        return split_features(FUNCTIONS[activations[0]](z), count)
    groups = zip(split_features(z, count), activations, strict=True)
    return [FUNCTIONS[activation](group) for group, activation in groups]


def activated_before(z: Tensor, value: Tensor, activation: Activation) -> Tensor:
    """``value``, the activation of z as computed before; it has only the gradient to z."""

    def gradient(d_value: Tensor) -> tuple[Tensor, None]:
        return materialized(d_value * _slope(value, activation)), None

    def forward(z: Tensor, value: Tensor) -> tuple[Tensor, object]:
        return tf.identity(value), gradient

    return tf.custom_gradient(forward)(z, value)


def _slope(value: Tensor, activation: Activation) -> Tensor:
    if activation in GAINS:
        gain = GAINS[activation]
        return gain**2 - (value - (1 - gain)) ** 2
    if activation is RELU:
        return tf.cast(value > 0, value.dtype)
    return tf.ones_like(value)
