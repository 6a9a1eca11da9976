"""The ladder of a configuration's task: losses of learners that know more and more."""

from __future__ import annotations

from functools import lru_cache

from echornn.config import EchoConfig
from echornn.tasks.door import ladder
from echornn.tasks.task import Level, TaskError


@lru_cache(maxsize=8)
def ladder_of(config: EchoConfig) -> tuple[Level, ...]:
    """The rungs for the data of an epoch, from knowing nothing to knowing everything; empty if they are not known."""
    steps = config.trial_length or (config.windows_per_epoch - 1) * config.window_stride + config.window_steps
    try:
        return ladder(config.the_task, config.batch_size, steps)
    except TaskError:  # of a user's own file; training says so
        return ()
