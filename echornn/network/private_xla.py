"""An operation of XLA that TensorFlow has but does not publish, and a slower substitute if it is missing.

It changes no number, only what a compiled program costs: without it a population trains right, and slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

try:
    from tensorflow.compiler.tf2xla.ops import gen_xla_ops as _xla
except ImportError:
    _xla = None

_update_slice: Any = getattr(_xla, "xla_dynamic_update_slice", None)


def write_into(whole: tf.Tensor, part: tf.Tensor, begin: Sequence[int]) -> tf.Tensor:
    """``whole`` with ``part`` from ``begin`` on in place of what stood there; only in compiled programs."""
    if _update_slice is not None:
        return _update_slice(whole, part, tf.constant(begin))
    after = [all_ - first - size for all_, first, size in zip(whole.shape, begin, part.shape, strict=True)]
    around = list(zip(begin, after, strict=True))
    return tf.where(tf.pad(tf.ones_like(part, tf.bool), around), tf.pad(part, around), whole)
