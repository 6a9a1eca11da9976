"""Checks that there is enough memory for the probes; otherwise the kernel could kill the whole process."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.fixed_point_readings import MOST_CARRIED
from echornn.network.shapes import carried_size
from echornn.probes.series import MOST_LAGS, groups_for, sizes_for, target_sizes_for
from echornn.probes.states.search_starts import starts_of
from echornn.training.free_memory import free_bytes

NUMBERS_A_UNIT = 6
"""The most numbers per unit and time step: the carried state of an LSTM, and its gates."""

NUMBERS_A_SYMBOL = 3
"""The numbers per symbol and time step: input, logits and predictions."""

NUMBERS_A_WEIGHT = 4 * 8
"""The most bytes per weight: four gates of an LSTM; for each the weight, its gradient, two float64 sums, and
temporaries.
"""

CARRIED_A_UNIT = 2
"""The most carried numbers per unit: those of an LSTM."""

COPIES = 3
"""The number of copies of a read-out's data, and of the dependence of each prediction on each step."""

JACOBIANS = 6
"""The number of matrices as large as the Jacobian for each search for fixed points."""

BYTES_OF_A_STEP = 2**28
"""The most memory for computing Jacobians; only as many as fit are computed at once."""

MOST_UNITS_UNASKED = 256
"""The most units of a layer with which the readings for the diagnosis take less than a second."""


def bytes_needed(config: EchoConfig) -> int:
    """The memory in bytes that the probes need for a network, correct within a small factor."""
    sizes, targets = sizes_for(config), target_sizes_for(config)
    carried = CARRIED_A_UNIT * config.num_layers * config.state_size
    run = (sizes.steps * sizes.rows + targets.steps * targets.rows) * _numbers_a_step(config)
    followed = targets.targets * targets.rows * targets.steps_back * carried
    weights = groups_for(config) * NUMBERS_A_WEIGHT * config.num_layers * config.state_size**2
    fitted = (sizes.steps - sizes.steps_back) * sizes.rows * config.state_size
    others = 4 * (run + followed + weights) + 8 * COPIES * fitted + _bytes_of_the_window(config)
    return max(others, _bytes_of_fixed_points(config))


def _bytes_of_fixed_points(config: EchoConfig) -> int:
    """The bytes for the Jacobians of all searches for fixed points, and for computing them."""
    carried = carried_size(config)
    kept = 8 * JACOBIANS * starts_of(config) * carried**2
    return kept + min(4 * kept, BYTES_OF_A_STEP) if carried <= MOST_CARRIED else 0


def _bytes_of_the_window(config: EchoConfig) -> int:
    """The bytes for running the newest window again, and for the dependence of a row's predictions on its inputs."""
    looked_at = min(MOST_LAGS, config.window_steps)
    flipped = looked_at * _numbers_a_step(config)
    run = config.batch_size * config.window_steps * _numbers_a_step(config)
    return 4 * (run + flipped + COPIES * looked_at**2)


def _numbers_a_step(config: EchoConfig) -> int:
    widest = max(config.input_size, config.output_size, 2)
    return NUMBERS_A_UNIT * config.num_layers * config.state_size + NUMBERS_A_SYMBOL * widest


def require_room(config: EchoConfig, free: Callable[[], int | None] = free_bytes) -> None:
    """Check that there is enough free memory for the probes.

    Raises:
        MemoryError: there is too little memory; the message says how much is needed, and for which network.
    """
    there = free()
    needed = bytes_needed(config)
    if there is not None and needed > there:
        what = f"state_size = {config.state_size}"
        if 2 * _bytes_of_the_window(config) > needed:
            what = f"a window of batch_size = {config.batch_size} x T = {config.window_steps}"
        raise MemoryError(f"{what} needs {needed / 2**30:.1f} GiB, but only {there / 2**30:.1f} GiB are free")
