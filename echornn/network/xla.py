"""XLA operations that TensorFlow contains but does not publish, for compiled programs, which run faster by them."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla


def sums_of_halves(tensor: tf.Tensor) -> tf.Tensor:
    """The sums over the first and second half of the first axis, float32 [2, ...]."""
    steps, *others = tensor.shape
    half, ones = -(-steps // 2), [1] * len(others)
    window, each = tf.constant([half, *ones]), tf.ones([1 + len(others)], tf.int32)
    padding = tf.constant([[0, 2 * half - steps], *[[0, 0] for _ in others]])
    number = tf.TensorSpec([], tf.float32)
    add = tf.function(lambda a, b: a + b).get_concrete_function(number, number)
    return xla.xla_reduce_window(tensor, tf.constant(0.0), window, window, each, each, padding, computation=add)


def write_step(whole: tf.Tensor, part: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """``whole``, [T, ...], with one step replaced by ``part``, [...]."""
    begin = tf.stack([step, *[tf.zeros_like(step)] * len(part.shape)])
    return xla.xla_dynamic_update_slice(whole, part[tf.newaxis], begin)


def read_steps(series: tf.Tensor, begin: tf.Tensor, steps: int) -> tf.Tensor:
    """``steps`` steps of ``series`` (first axis), beginning at ``begin``."""
    _, *others = series.shape
    return xla.xla_dynamic_slice(series, tf.stack([begin, *[0] * len(others)]), tf.constant([steps, *others]))


def write_into(whole: tf.Tensor, part: tf.Tensor, begin: Sequence[int]) -> tf.Tensor:
    """``whole`` with ``part`` written into it at ``begin``."""
    return xla.xla_dynamic_update_slice(whole, part, tf.constant(begin))


MOST_MULTIPLICATIONS = 400
"""The most multiplications of the largest product in a time step with which a single kernel is faster."""

MOST_STEPS = 32
"""The most unrolled steps of all layers with which a single kernel compiles about as fast; with gates they count
twice.
"""


def is_faster_as_one(largest: int, steps: int) -> bool:
    """Whether the loop over windows of a single network runs faster as a single kernel.

    Args:
        largest: the number of multiplications of the largest product in a time step.
        steps: the time steps, over all layers, that are unrolled together; counted twice if the cell has gates.
    """
    return largest <= MOST_MULTIPLICATIONS and steps <= MOST_STEPS


def kept_apart(index: tf.Tensor) -> tf.Tensor:
    """Return a loop index (from 0) unchanged, in such a way that XLA never compiles the loop as a single kernel.

    XLA never does so for a loop that sorts. Sorting two numbers takes no measurable time.
    """
    return tf.sort(tf.stack([index, -1]))[1]
