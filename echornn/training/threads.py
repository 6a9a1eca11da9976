"""The number of threads per TensorFlow operation: one, with which all networks except large ones train faster.

The number holds for a whole process, and TensorFlow fixes it with its first operation, so the first network decides.
With another number, large products are summed in another order, which changes the last digits. So a run records its
number, and keeps it when it is continued. `echornn.training.process` sets it.
"""

from __future__ import annotations

import os
import sys

import numpy as np

from echornn.config import EchoConfig
from echornn.network.shapes import largest_product
from echornn.tasks.task import Numbers, Symbols

MOST_MULTIPLICATIONS = 4_000_000
"""The most multiplications of the largest product in a time step with which one thread is about as fast as two. Two
threads took 0.94 of the time with 3.3 million (256 units, batch 50), 0.87 with 4.2, 0.63 with 6.6 and 0.58 with 16.8.
"""

VARIABLE = "TF_NUM_INTRAOP_THREADS"
"""TensorFlow's environment variable with which the user sets the number."""

MOST = 1024
"""The largest number of threads that is requested."""


def threads_for(config: EchoConfig, is_alone: bool) -> int:
    """The number of threads for a process whose first network is this one: all processors for a single large network;
    one for a smaller network, or for several side by side.

    Args:
        is_alone: whether a single network is trained.
    """
    is_large = is_alone and largest_product(config) > MOST_MULTIPLICATIONS
    return usable_processors() if is_large else 1


def threads_if_asked(number: int) -> int:
    """The number of threads that TensorFlow will use in this process if ``number`` is requested; the user's own number
    takes precedence.
    """
    return _of_tensorflow() or _of_variable() or min(number, MOST)


def usable_processors() -> int:
    """The number of processors that this process may use, which is TensorFlow's default number of threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _of_tensorflow() -> int:
    """The number set in TensorFlow by the program, or fixed because TensorFlow has begun; 0 if it can still be set.

    TensorFlow's own function for this looks for devices, with which XLA would read its flags too early.
    """
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    chosen = getattr(context, "_intra_op_parallelism_threads", None)
    has_begun = getattr(context, "_context_handle", None) is not None
    return chosen or (_of_variable() or usable_processors() if has_begun else 0)


def _of_variable() -> int:
    given = os.environ.get(VARIABLE, "").strip()
    return int(given) if given.isdecimal() else 0


MAX_WINDOWS_PER_CALL = 4096
"""The most windows that a call trains in each network; the size of the buffers that return the losses."""

MAX_BLOCK_BYTES = 1 << 24
"""The most bytes of inputs in a block with more than one epoch."""


def epochs_in_a_block(config: EchoConfig, replicas: int) -> int:
    """How many epochs of all replicas are copied to the device at once; if epochs are short, a call trains several.

    Each number of epochs needs its own compiled program. So the number that fits is rounded down to a power of two, and
    a few programs serve any number of replicas.
    """
    by_windows = MAX_WINDOWS_PER_CALL // config.windows_per_epoch
    by_size = MAX_BLOCK_BYTES // (bytes_of_a_step(config.the_task.inputs) * config.total_series_length * replicas)
    return max(1, min(by_windows, 1 << by_size.bit_length() >> 1))


def bytes_of_a_step(form: Symbols | Numbers) -> int:
    """The bytes of a time step's inputs or targets."""
    return np.dtype(np.float32).itemsize * form.count if isinstance(form, Numbers) else 1
