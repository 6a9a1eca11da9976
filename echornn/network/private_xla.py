"""XLA operations that TensorFlow contains but does not publish, with slower substitutes if they are missing.

They affect only the speed: without them, networks train with the same numbers, but slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

try:
    from tensorflow.compiler.tf2xla.ops import gen_xla_ops as _xla
except ImportError:
    _xla = None

_slice: Any = getattr(_xla, "xla_dynamic_slice", None)
_update_slice: Any = getattr(_xla, "xla_dynamic_update_slice", None)
_reduce_window: Any = getattr(_xla, "xla_reduce_window", None)


def sums_of_halves(tensor: tf.Tensor) -> tf.Tensor:
    """The sums over the first and second half of the first axis, float32 [2, ...]; only for compiled programs."""
    steps, *others = tensor.shape
    half, ones = -(-steps // 2), [1] * len(others)
    if _reduce_window is None:
        return tf.stack([tf.reduce_sum(tensor[:half], axis=0), tf.reduce_sum(tensor[half:], axis=0)])
    window, each = tf.constant([half, *ones]), tf.ones([1 + len(others)], tf.int32)
    padding = tf.constant([[0, 2 * half - steps], *[[0, 0] for _ in others]])
    number = tf.TensorSpec([], tf.float32)
    add = tf.function(lambda a, b: a + b).get_concrete_function(number, number)
    return _reduce_window(tensor, tf.constant(0.0), window, window, each, each, padding, computation=add)


def write_step(whole: tf.Tensor, part: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """``whole``, [T, ...], with one step replaced by ``part``, [...]; only for compiled programs."""
    if _update_slice is None:
        return tf.tensor_scatter_nd_update(whole, [[step]], [part])
    return _update_slice(whole, part[tf.newaxis], tf.stack([step, *[tf.zeros_like(step)] * len(part.shape)]))


def read_steps(series: tf.Tensor, begin: tf.Tensor, steps: int) -> tf.Tensor:
    """``steps`` steps of ``series`` (first axis), beginning at ``begin``; only for compiled programs."""
    if _slice is None:
        return tf.gather(series, begin + tf.range(steps))
    _, *others = series.shape
    return _slice(series, tf.stack([begin, *[0] * len(others)]), tf.constant([steps, *others]))


def write_into(whole: tf.Tensor, part: tf.Tensor, begin: Sequence[int]) -> tf.Tensor:
    """``whole`` with ``part`` written into it at ``begin``; only for compiled programs."""
    if _update_slice is not None:
        return _update_slice(whole, part, tf.constant(begin))
    after = [all_ - first - size for all_, first, size in zip(whole.shape, begin, part.shape, strict=True)]
    around = list(zip(begin, after, strict=True))
    return tf.where(tf.pad(tf.ones_like(part, tf.bool), around), tf.pad(part, around), whole)
