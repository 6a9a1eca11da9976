"""The ladder of a configuration's task: losses of learners that know more and more."""

from __future__ import annotations

from functools import lru_cache

from echornn.config import EchoConfig
from echornn.tasks.door import ladder, solved_level
from echornn.tasks.task import Level, TaskError


@lru_cache(maxsize=8)
def ladder_of(config: EchoConfig) -> tuple[Level, ...]:
    """The rungs for the data of an epoch, from knowing nothing to knowing everything; empty if they are not known."""
    try:
        return ladder(config.the_task, config.batch_size, _steps(config))
    except TaskError:  # of a user's own file; training says so
        return ()


@lru_cache(maxsize=8)
def solved_level_of(config: EchoConfig) -> float | None:
    """The mean loss below which the task counts as solved; None if there is no such level."""
    try:
        return solved_level(config.the_task, config.batch_size, _steps(config))
    except TaskError:
        return None


def _steps(config: EchoConfig) -> int:
    """Steps of a row that are trained, or of a trial."""
    return config.trial_length or (config.windows_per_epoch - 1) * config.window_stride + config.window_steps
