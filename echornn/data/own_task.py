"""Checks of a user's own task, with the settings and the windows that are to be trained."""

from __future__ import annotations

from functools import lru_cache

from echornn.config import EchoConfig
from echornn.config_fields import TASK
from echornn.data.epoch_data import batch_of
from echornn.tasks.chosen import values_of
from echornn.tasks.own.own_task import OwnTask


def check_own_task(config: EchoConfig) -> None:
    """Check a user's own task in another process, before anything is drawn with it in this one.

    Raises:
        TaskError: the task cannot be used with these settings.
    """
    task = config.the_task
    if task.own is not None:
        _check(config.value(TASK), tuple(values_of(task).items()), config.batch_size, config.row_length)


def check_own_data(config: EchoConfig) -> None:
    """Check a user's own task, and that each window of its first epoch has a scored step.

    Raises:
        TaskError: the task cannot be trained with this configuration.
    """
    check_own_task(config)
    if config.the_task.own is not None:
        batch_of(config.of(0), 0, 0)


@lru_cache(maxsize=256)
def _check(own: OwnTask, values: tuple[tuple[str, object], ...], rows: int, steps: int) -> None:
    from echornn.tasks.own.check import check  # the first frame does not need it

    check(own, dict(values), rows, steps)
