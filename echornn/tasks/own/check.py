"""The first check of a user's task, in another process; see `echornn.own.other_process`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from echornn import seeding
from echornn.own.other_process import Limits, answer_of
from echornn.tasks.checked_task import draw_rows, ladder, lags_of_steps, solved_level, trial_length
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import Batch, Task, TaskError
from echornn.tasks.task_errors import blaming_method


def check(
    own: OwnTask,
    values: Mapping[str, object] | None = None,
    rows: int = 5,
    steps: int = 1000,
    limits: Limits | None = None,
) -> Task:
    """The task of a file that was not used before, checked, with these values of its settings.

    Args:
        own: the file.
        values: the settings that differ from their defaults.
        rows, steps: the shape of the data that is drawn as a test, if possible the same as in training; a row has at
            least one trial.
        limits: the limits of the other process.

    Raises:
        TaskError: the task is invalid; the message is one line that names the place in the file.
    """
    values = values or {}
    request = {"own": own.as_record(), "values": dict(values), "rows": rows, "steps": steps}
    digest = answer_of(own, f"{__name__}:examine_request", request, limits or Limits())
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    if digest_of(first_data(task, rows, steps)) != digest:
        with blaming_method(task, "draw"):
            raise TaskError(
                "draw returns different data in another process: it may depend on the order of a set, or on a hash"
            )
    own.note()
    return task


def examine_request(request: Mapping[str, Any]) -> str:
    """Like `examine`, with the arguments in a request."""
    return examine(OwnTask.from_record(request["own"]).by_hand(), request["values"], request["rows"], request["steps"])


def examine(own: OwnTask, values: Mapping[str, object], rows: int, steps: int) -> str:
    """A digest of the data that the task draws first, after all checks that one process can do.

    Raises:
        TaskError: a check has failed.
    """
    task = own.task(values)
    steps = max(steps, trial_length(task) or 1)
    batch = first_data(task, rows, steps)
    digest = digest_of(batch)
    draw_rows(task, seeding.stream(1, seeding.DATA, 0, 1), rows + 1, steps + 1)
    with blaming_method(task, "draw"):
        if digest_of(batch) != digest:
            raise TaskError("draw changes the arrays that it returned before: make new ones each time")
        if digest_of(first_data(task, rows, steps)) != digest:
            raise TaskError("draw returns different data for the same rng: all random numbers must come from that rng")
    ladder(task, rows, steps)
    solved_level(task, rows, steps)
    lags_of_steps(task, 0, trial_length(task) or steps)
    return digest


def first_data(task: Task, rows: int, steps: int) -> Batch:
    """The data that is drawn as a test."""
    return draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps)


def digest_of(batch: Batch) -> str:
    """A hash of the data."""
    return hashlib.sha256(b"".join(a.tobytes() for a in (batch.x, batch.y, batch.scored))).hexdigest()
