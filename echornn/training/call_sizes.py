"""How much a compiled call trains, and how much data is copied for it; no TensorFlow is needed."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.tasks.task import Numbers, Symbols

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
