"""The lags of the inputs that decide targets, and which of them the gradient reaches."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.tasks.task import Task, TaskError, lags_of_steps


def targets_reached(config: EchoConfig) -> tuple[int, int]:
    """The number of targets of a window whose sources are all in reach of the gradient, and the number of targets whose
    sources are known. In trials, a gradient that is cut at T steps reaches back to the last cut.
    """
    reach = config.reach
    _, farthest = _sources(config)
    known = farthest >= 0
    reached = known if reach is None else known & (farthest <= np.arange(farthest.size) % reach)
    return int(reached.sum()), int(known.sum())


def lags_beyond(config: EchoConfig) -> tuple[int, ...]:
    """The lags of sources that no gradient reaches, since no part of a window between two cuts is that long."""
    return tuple(lag for lag in source_lags(config) if config.reach is not None and lag >= config.reach)


def source_lags(config: EchoConfig) -> tuple[int, ...]:
    """The lags that targets depend on, in increasing order; empty if they are not known or depend on the data."""
    return _sources(config)[0]


def _sources(config: EchoConfig) -> tuple[tuple[int, ...], npt.NDArray[np.int64]]:
    """Of the targets of an epoch's last window, or of a trial: all lags of their sources that occur, in increasing
    order; and the lag of each step's farthest source, int64 [steps], -1 if it is not known.
    """
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    return _sources_of(config.the_task, first, config.window_steps)


@lru_cache(maxsize=256)
def _sources_of(task: Task, first: int, steps: int) -> tuple[tuple[int, ...], npt.NDArray[np.int64]]:
    try:
        known = lags_of_steps(task, first, steps)
    except TaskError:  # in a user's own task
        known = [()] * steps
    lags = sorted({lag for one in set(known) for lag in one})
    return tuple(lags), np.array([max(one, default=-1) for one in known], np.int64)
