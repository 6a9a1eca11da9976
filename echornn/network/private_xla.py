"""Operations of XLA that TensorFlow has but does not publish, and slower substitutes if they are missing.

They change no number, only what a compiled program costs: without them networks train right, and slower.
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


def read_steps(series: tf.Tensor, begin: tf.Tensor, steps: int) -> tf.Tensor:
    """So many ``steps`` of ``series``, its first axis, from ``begin`` on; only in compiled programs."""
    if _slice is None:
        return tf.gather(series, begin + tf.range(steps))
    _, *others = series.shape
    return _slice(series, tf.stack([begin, *[0] * len(others)]), tf.constant([steps, *others]))


def write_into(whole: tf.Tensor, part: tf.Tensor, begin: Sequence[int]) -> tf.Tensor:
    """``whole`` with ``part`` from ``begin`` on in place of what stood there; only in compiled programs."""
    if _update_slice is not None:
        return _update_slice(whole, part, tf.constant(begin))
    after = [all_ - first - size for all_, first, size in zip(whole.shape, begin, part.shape, strict=True)]
    around = list(zip(begin, after, strict=True))
    return tf.where(tf.pad(tf.ones_like(part, tf.bool), around), tf.pad(part, around), whole)
