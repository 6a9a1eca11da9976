"""Checks of the user's own files, with the settings and the windows that are to be trained."""

from __future__ import annotations

from functools import lru_cache

from echornn.cells.own.own_cell import OwnCell
from echornn.config import EchoConfig
from echornn.config_fields import TASK
from echornn.data.epoch_data import batch_of
from echornn.tasks.chosen import values_of
from echornn.tasks.own.own_task import OwnTask


def check_own_files(config: EchoConfig) -> None:
    """Check the user's own task and cell in another process, before they are used in this one.

    Raises:
        OwnError: the task or the cell cannot be used with these settings.
    """
    task = config.the_task
    if task.own is not None:
        _check_task(config.value(TASK), tuple(values_of(task).items()), config.batch_size, config.row_length)
    if isinstance(config.cell, OwnCell):
        check_cell(config.cell)


def check_own_data(config: EchoConfig) -> None:
    """Check the user's own files, and that each window of the first epoch has a scored step.

    Raises:
        OwnError: the task or the cell cannot be trained with this configuration.
    """
    check_own_files(config)
    if config.the_task.own is not None:
        batch_of(config.of(0), 0, 0)


@lru_cache(maxsize=256)
def _check_task(own: OwnTask, values: tuple[tuple[str, object], ...], rows: int, steps: int) -> None:
    from echornn.tasks.own.check import check  # the first frame does not need it

    check(own, dict(values), rows, steps)


@lru_cache(maxsize=256)
def check_cell(own: OwnCell) -> None:
    """Check the user's own cell in another process.

    Raises:
        CellError: the cell cannot be used.
    """
    from echornn.cells.own.check import check

    check(own)
