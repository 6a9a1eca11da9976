"""The check of a user's task: it draws data once in another process; see `echornn.own.worker`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from echornn import seeding
from echornn.own.worker import try_apart
from echornn.tasks.checked_task import blaming_method, draw_rows, ladder, lags_of_steps, solved_level, trial_length
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import Task, TaskError


def check(own: OwnTask, values: Mapping[str, object] | None = None, rows: int = 5, steps: int = 1000) -> Task:
    """The task of a file that was not used before, checked, with these values of its settings.

    Args:
        own: the file.
        values: the settings that differ from their defaults.
        rows, steps: the shape of the data that is drawn as a test, if possible the same as in training; a row has at
            least one trial.

    Raises:
        TaskError: the task is invalid; the message is one line that names the place in the file.
    """
    try_apart(own, f"{__name__}:draw_once", values=dict(values or {}), rows=rows, steps=steps)
    task = own.task(values)
    own.note()
    return task


def draw_once(file: str, name: str, text: str, values: Mapping[str, Any], rows: int, steps: int) -> None:
    """Draw the same data twice, and ask for all that a task says beforehand.

    Raises:
        TaskError: a check has failed.
    """
    task = OwnTask(file, name, text).task(values)
    steps = max(steps, trial_length(task) or 1)
    one, two = (draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps) for _ in range(2))
    if not all(np.array_equal(getattr(one, part), getattr(two, part)) for part in ("x", "y", "scored")):
        with blaming_method(task, "draw"):
            raise TaskError("draw returns different data for the same rng: all random numbers must come from that rng")
    ladder(task, rows, steps)
    solved_level(task, rows, steps)
    lags_of_steps(task, 0, trial_length(task) or steps)
