"""Whether a network can be looked into with the memory that is free: the kernel's kill would take the training too."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.probes.series import series_for, targets_for
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""Of each unit and time step, at most: what an LSTM carries, and its gates."""

CARRIED_A_UNIT = 2
"""At most: of an LSTM."""

COPIES = 3
"""In float64, of what a read-out is fitted to."""

MOST_UNITS_UNASKED = 256
"""A layer's units up to which the sentence's readings take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """Memory that probes take of a network, estimated within a factor of a few."""
    series, targets = series_for(config), targets_for(config)
    steps, rows = map(int, series.x.shape)
    run = steps * rows + targets.x.size + config.batch_size * config.truncated_backprop_length
    followed = targets.y.size * targets.steps_back * CARRIED_A_UNIT
    fitted = (steps - series.steps_back) * rows * config.state_size
    numbers = run * NUMBERS_A_UNIT + followed
    return 4 * numbers * config.num_layers * config.state_size + 8 * fitted * COPIES


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
