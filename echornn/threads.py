"""How many threads TensorFlow has for an operation: one, with which all but large networks train faster.

It has the same number in a whole process, and fixes it with its first operation, so the first network decides. With
another number a large product adds up in another order and gives other last digits, so a run records the number it was
begun with, and is gone on with by that one. `echornn.training.process` sets it.
"""

from __future__ import annotations

import os
import sys

from echornn.config import EchoConfig
from echornn.network.shapes import largest_product

MOST_MULTIPLICATIONS = 4_000_000
"""Of the largest product in a time step of a network that trains about as fast with one thread as with two. Two took
0.94 of the time with 3.3 million (256 units, batch 50), 0.87 with 4.2, 0.63 with 6.6 and 0.58 with 16.8."""

VARIABLE = "TF_NUM_INTRAOP_THREADS"
"""An environment variable of TensorFlow's: the user's own number."""

MOST = 1024
"""So many are asked for."""


def threads_for(config: EchoConfig, is_alone: bool) -> int:
    """The number for a process that begins with this: as many as there are processors for a single large network, one
    for a smaller one, and for networks that are trained beside each other.

    Args:
        is_alone: whether a single network is trained.
    """
    is_large = is_alone and largest_product(config) > MOST_MULTIPLICATIONS
    return usable_processors() if is_large else 1


def threads_if_asked(number: int) -> int:
    """The number that TensorFlow has in this process where it is asked for this: the user's own, if there is one."""
    return _of_tensorflow() or _of_variable() or min(number, MOST)


def usable_processors() -> int:
    """How many this process may use; TensorFlow has as many threads, unless it is told otherwise."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _of_tensorflow() -> int:
    """The number that the program told TensorFlow, or that TensorFlow has begun with; 0 where it can still be told.

    TensorFlow's own function for this looks for devices, and so has XLA read its flags, which may come later.
    """
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    told = getattr(context, "_intra_op_parallelism_threads", None)
    has_begun = getattr(context, "_context_handle", None) is not None
    return told or (_of_variable() or usable_processors() if has_begun else 0)


def _of_variable() -> int:
    given = os.environ.get(VARIABLE, "").strip()
    return int(given) if given.isdecimal() else 0
