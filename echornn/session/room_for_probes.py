"""Whether a network can be looked into with the memory that is free: the kernel's kill would take the training too."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.probes.series import MOST_LAGS, sizes_for
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""Of each unit and time step, at most: what an LSTM carries, and its gates."""

NUMBERS_A_SYMBOL = 3
"""Of each symbol and time step: the input, the logits and the predictions."""

CARRIED_A_UNIT = 2
"""At most: of an LSTM."""

COPIES = 3
"""In float64, of what a read-out is fitted to; in float32, of what each prediction hangs on at each step."""

MOST_UNITS_UNASKED = 256
"""A layer's units up to which the sentence's readings take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """Memory that probes take of a network, estimated within a factor of a few."""
    sizes = sizes_for(config)
    run = sizes.steps * sizes.rows * _numbers_a_step(config)
    followed = sizes.targets * sizes.steps_back * sizes.rows * CARRIED_A_UNIT * config.num_layers * config.state_size
    fitted = (sizes.steps - sizes.steps_back) * sizes.rows * config.state_size
    return 4 * (run + followed) + 8 * COPIES * fitted + _bytes_of_the_window(config)


def _bytes_of_the_window(config: EchoConfig) -> int:
    """Of the newest window run again, and of what each prediction of one of its rows hangs on."""
    connected = COPIES * min(MOST_LAGS, config.truncated_backprop_length) ** 2
    return 4 * (config.batch_size * config.truncated_backprop_length * _numbers_a_step(config) + connected)


def _numbers_a_step(config: EchoConfig) -> int:
    return NUMBERS_A_UNIT * config.num_layers * config.state_size + NUMBERS_A_SYMBOL * config.num_classes


def require_room(config: EchoConfig, free: Callable[[], int | None] = free_bytes) -> None:
    """Refuse what would take more memory than there is.

    Raises:
        MemoryError: with what is needed, and for which network.
    """
    there = free()
    needed = bytes_needed(config)
    if there is not None and needed > there:
        what = f"state_size = {config.state_size}"
        if 2 * _bytes_of_the_window(config) > needed:
            what = f"a window of batch_size = {config.batch_size} x T = {config.truncated_backprop_length}"
        raise MemoryError(f"{what} needs {needed / 2**30:.1f} GiB, {there / 2**30:.1f} are free")
