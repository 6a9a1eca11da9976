"""Says which loops XLA may compile as one kernel each (see `echornn.small_loops`), and keeps it from the others.

In one kernel nothing waits for the next kernel to start, but matrix products are plain loops. Processor time of a
window, us, as many kernels and as one (TensorFlow 2.21, S state, B batch, T = 15, an rnn where nothing is said):

    S4 B5 7.4/4.8   S8 B5 8.6/7.6   S16 B5 15/24   S4 B50 30/40   S8 B25 23/47   S16 B50 109/383
    gru S4 B5 20/15   lstm S4 B5 21/16   three layers S4 B5 15/12   S4 B5 T50 25/19
"""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from echornn import small_loops

KERNEL_LIMIT = 500
"""Most multiplications of the largest product in a time step of a network whose loop is faster as one kernel."""


def is_faster_as_one(products: Iterable[int]) -> bool:
    """Whether the loop of a lone network is faster as one kernel, by the multiplications of its products in a step."""
    return max(products) <= KERNEL_LIMIT


def can_be_one(variable: tf.Variable) -> bool:
    """Whether XLA makes one kernel of a small loop where this variable is: on the CPU, if this process asked for it."""
    asked = small_loops.threshold_if_asked(small_loops.DEFAULT_THRESHOLD)
    return "CPU" in variable.device and asked > small_loops.DEFAULT_THRESHOLD


def kept_apart(index: tf.Tensor) -> tf.Tensor:
    """The same index of a loop's turn, from 0; the loop that computes it is never compiled as one kernel.

    XLA leaves out every loop that holds a sort, also in a branch that is never taken.
    """
    return tf.cond(index < -1, lambda: tf.sort(index - tf.range(1 << 17))[3], lambda: index)
