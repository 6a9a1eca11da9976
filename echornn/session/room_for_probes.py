"""Whether a network can be looked into with the memory that is free: the kernel's kill would take the training too."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.probes.series import series_for
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""Of each unit and time step, at most: what an LSTM carries, and its gates."""

COPIES = 3
"""In float64, of what a read-out is fitted to."""

MOST_UNITS_UNASKED = 256
"""A layer's units up to which the sentence's readings take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """Memory that probes take of a network, estimated within a factor of a few."""
    series = series_for(config)
    steps, rows = map(int, series.x.shape)
    run = steps * rows + config.batch_size * config.truncated_backprop_length
    fitted = (steps - series.steps_back) * rows * config.state_size
    return 4 * run * NUMBERS_A_UNIT * config.num_layers * config.state_size + 8 * fitted * COPIES


def require_room(config: EchoConfig, free: Callable[[], int | None] = free_bytes) -> None:
    """Refuse what would take more memory than there is.

    Raises:
        MemoryError: with what is needed, and for which network.
    """
    there = free()
    needed = bytes_needed(config)
    if there is not None and needed > there:
        raise MemoryError(
            f"state_size = {config.state_size} needs {needed / 2**30:.1f} GiB, {there / 2**30:.1f} are free"
        )
