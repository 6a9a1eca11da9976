"""Spares TensorFlow what no test needs: each operation of a graph remembers the lines of Python
that it comes from, a tenth of the time that tracing takes; and rewriting a graph takes up to half a
second, while most graphs of tests are called once.
"""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.util import tf_stack

_stack = tf_stack.extract_stack()
len(_stack)  # reads its lines: a thread of TensorFlow that was the first to read them has crashed


def make_quick() -> None:
    """Speed up all graphs of this process; their results do not change."""
    tf_stack.extract_stack = lambda stacklevel=1: _stack
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
