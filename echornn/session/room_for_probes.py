"""Whether enough memory is free for the probes; without this check the kernel could kill the training too."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.probes.series import MOST_LAGS, groups_for, sizes_for, target_sizes_for
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""Of each unit and time step, at most: what an LSTM carries, and its gates."""

NUMBERS_A_SYMBOL = 3
"""Of each symbol and time step: the input, the logits and the predictions."""

NUMBERS_A_WEIGHT = 4 * 8
"""At most: four gates of an LSTM; the weight, its gradient, two sums of that in float64, and some on the way."""

CARRIED_A_UNIT = 2
"""At most: of an LSTM."""

COPIES = 3
"""In float64, of what a read-out is fitted to; in float32, of what each prediction hangs on at each step."""

MOST_UNITS_UNASKED = 256
"""A layer's units up to which the sentence's readings take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """Memory that probes take of a network, estimated within a factor of a few."""
    sizes, targets = sizes_for(config), target_sizes_for(config)
    carried = CARRIED_A_UNIT * config.num_layers * config.state_size
    run = (sizes.steps * sizes.rows + targets.steps * targets.rows) * _numbers_a_step(config)
    followed = targets.targets * targets.rows * targets.steps_back * carried
    weights = groups_for(config) * NUMBERS_A_WEIGHT * config.num_layers * config.state_size**2
    fitted = (sizes.steps - sizes.steps_back) * sizes.rows * config.state_size
    return 4 * (run + followed + weights) + 8 * COPIES * fitted + _bytes_of_the_window(config)


def _bytes_of_the_window(config: EchoConfig) -> int:
    """Of the newest window run again, and of what each prediction of one of its rows hangs on."""
    looked_at = min(MOST_LAGS, config.truncated_backprop_length)
    flipped = looked_at * _numbers_a_step(config)
    run = config.batch_size * config.truncated_backprop_length * _numbers_a_step(config)
    return 4 * (run + flipped + COPIES * looked_at**2)


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
