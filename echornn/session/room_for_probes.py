"""Whether enough memory is free for the probes; without this check the kernel could kill the training too."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.probes.series import MOST_LAGS, groups_for, sizes_for, target_sizes_for
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""Numbers for each unit and time step, at most: what an LSTM carries, and its gates."""

NUMBERS_A_SYMBOL = 3
"""Numbers for each symbol and time step: the input, the logits and the predictions."""

NUMBERS_A_WEIGHT = 4 * 8
"""Bytes for each weight, at most: four gates of an LSTM; the weight, its gradient, two float64 sums, and
temporaries.
"""

CARRIED_A_UNIT = 2
"""Numbers carried for each unit, at most: those of an LSTM."""

COPIES = 3
"""Copies of the data that a read-out is fitted to, in float64, and of each prediction's dependence on each step, in
float32.
"""

MOST_UNITS_UNASKED = 256
"""Up to this many units in a layer, the readings for the sentence take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """Memory that the probes need for a network, estimated within a factor of a few."""
    sizes, targets = sizes_for(config), target_sizes_for(config)
    carried = CARRIED_A_UNIT * config.num_layers * config.state_size
    run = (sizes.steps * sizes.rows + targets.steps * targets.rows) * _numbers_a_step(config)
    followed = targets.targets * targets.rows * targets.steps_back * carried
    weights = groups_for(config) * NUMBERS_A_WEIGHT * config.num_layers * config.state_size**2
    fitted = (sizes.steps - sizes.steps_back) * sizes.rows * config.state_size
    return 4 * (run + followed + weights) + 8 * COPIES * fitted + _bytes_of_the_window(config)


def _bytes_of_the_window(config: EchoConfig) -> int:
    """Bytes for running the newest window again, and for what each prediction of one of its rows depends on."""
    looked_at = min(MOST_LAGS, config.truncated_backprop_length)
    flipped = looked_at * _numbers_a_step(config)
    run = config.batch_size * config.truncated_backprop_length * _numbers_a_step(config)
    return 4 * (run + flipped + COPIES * looked_at**2)


def _numbers_a_step(config: EchoConfig) -> int:
    return NUMBERS_A_UNIT * config.num_layers * config.state_size + NUMBERS_A_SYMBOL * config.num_classes


def require_room(config: EchoConfig, free: Callable[[], int | None] = free_bytes) -> None:
    """Raise an error if the probes need more memory than there is.

    Raises:
        MemoryError: its text says how much is needed, and for which network.
    """
    there = free()
    needed = bytes_needed(config)
    if there is not None and needed > there:
        what = f"state_size = {config.state_size}"
        if 2 * _bytes_of_the_window(config) > needed:
            what = f"a window of batch_size = {config.batch_size} x T = {config.truncated_backprop_length}"
        raise MemoryError(f"{what} needs {needed / 2**30:.1f} GiB, {there / 2**30:.1f} are free")
