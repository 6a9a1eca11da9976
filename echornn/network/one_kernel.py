"""Decides whether XLA compiles a training loop as a single kernel, and prevents it if that is slower.

See `echornn.runtime.small_loops`.

In a single kernel nothing waits for the start of the next kernel; but matrix products are plain loops, and long ones
compile slowly. The table compares many kernels / one kernel: processor time of a window in us, seconds to compile
(TensorFlow 2.21; if not stated otherwise, an rnn of 4 units, batch 5, T = 15)::

    the tutorial's     7.0/4.3   2.0/1.8     gru                18/12    4.4/5.7     batch 20    13.5/13.0  2.2/1.9
    T = 1              1.8/0.6   1.1/0.5     lstm               21/15    3.8/4.6     batch 50      30/40
    T = 32            11.4/11.2  3.4/4.1     gru, T = 32          -       11/19      16 units      15/24
    two layers        10.6/8.3   3.2/4.5     gru, 3 layers        -       10/33
    three layers      14.7/11.3  4.4/7.3     lstm, 3 layers       -        7/28
    16 units, batch 1  7.8/2.9   2.0/2.0     16 units, batch 50  109/383
"""

from __future__ import annotations

import tensorflow as tf

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
