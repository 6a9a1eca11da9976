"""How many threads TensorFlow uses for an operation: one, with which all networks except large ones train faster.

The number holds for a whole process, and TensorFlow fixes it with its first operation, so the first network decides.
With another number a large product is summed in another order and gives other last digits, so a run records the number
that it was begun with, and keeps it when it is continued. `echornn.training.process` sets it.
"""

from __future__ import annotations

import os
import sys

from echornn.config import EchoConfig
from echornn.network.shapes import largest_product

MOST_MULTIPLICATIONS = 4_000_000
"""Multiplications of the largest product in a time step up to which one thread is about as fast as two. Two threads
took 0.94 of the time with 3.3 million (256 units, batch 50), 0.87 with 4.2, 0.63 with 6.6 and 0.58 with 16.8.
"""

VARIABLE = "TF_NUM_INTRAOP_THREADS"
"""TensorFlow's environment variable for the user's own number."""

MOST = 1024
"""The most threads that are requested."""


def threads_for(config: EchoConfig, is_alone: bool) -> int:
    """The number for a process whose first network is this one: the number of processors for a single large network,
    one for a smaller one, and one for networks that are trained side by side.

    Args:
        is_alone: whether a single network is trained.
    """
    is_large = is_alone and largest_product(config) > MOST_MULTIPLICATIONS
    return usable_processors() if is_large else 1


def threads_if_asked(number: int) -> int:
    """The number that TensorFlow uses in this process if this one is requested: the user's own, if there is one."""
    return _of_tensorflow() or _of_variable() or min(number, MOST)


def usable_processors() -> int:
    """The number of processors that this process may use; TensorFlow uses as many threads by default."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _of_tensorflow() -> int:
    """The number that the program set in TensorFlow, or with which TensorFlow has begun; 0 if it can still be set.

    TensorFlow's own function for this looks for devices, which makes XLA read its flags too early.
    """
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    told = getattr(context, "_intra_op_parallelism_threads", None)
    has_begun = getattr(context, "_context_handle", None) is not None
    return told or (_of_variable() or usable_processors() if has_begun else 0)


def _of_variable() -> int:
    given = os.environ.get(VARIABLE, "").strip()
    return int(given) if given.isdecimal() else 0
