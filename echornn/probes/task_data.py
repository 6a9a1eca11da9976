"""Data of the run's own task for the probes: the same at every position of a run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.progress import Bools, Floats
from echornn.tasks.checked_task import draw_rows
from echornn.tasks.task import Numbers

Inputs = npt.NDArray[Any]
"""Data with time on the first axis: symbols, uint8 [steps, rows], or numbers, float32 [steps, rows, count]."""


class TaskData(NamedTuple):
    """Inputs, targets and scored steps, time first."""

    x: Inputs
    y: Inputs
    scored: Bools
    """bool [steps, rows], the steps that count in the loss."""


def draw_task(config: EchoConfig, steps: int, rows: int) -> TaskData:
    """Rows of the task; trials follow each other in a row.

    Raises:
        TaskError: an error in a user's task.
    """
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    length = config.trial_length or steps
    drawn = draw_rows(config.the_task, rng, rows, -(-steps // length) * length)
    arrays = (drawn.x, drawn.y, drawn.scored)
    return TaskData(*(np.ascontiguousarray(np.swapaxes(one, 0, 1)[:steps]) for one in arrays))


def draw(config: EchoConfig, steps: int, rows: int) -> Inputs:
    """Only the inputs; for the echo, uniformly random symbols."""
    if config.task is not None:
        return draw_task(config, steps, rows).x
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    return rng.integers(0, config.num_classes, (steps, rows), dtype=np.uint8)


class TrialEnds(NamedTuple):
    """Trials, each up to the last scored step, one in each row."""

    data: TaskData
    read: int
    """The number of steps at the end that are read; at each of them some rows are scored."""


def draw_trials(config: EchoConfig, rows: int, most_read: int) -> TrialEnds:
    """Trials, of which at most ``most_read`` of the last scored steps are read.

    Raises:
        TaskError: an error in a user's task.
    """
    drawn = draw_task(config, config.window_steps, rows)
    counts: Bools = np.any(drawn.scored, axis=1)
    end = int(np.flatnonzero(counts)[-1]) + 1
    unscored = np.flatnonzero(~counts[:end])
    run = end - (int(unscored[-1]) + 1 if unscored.size else 0)
    return TrialEnds(TaskData(*(one[:end] for one in drawn)), min(run, most_read))


def d_loss(config: EchoConfig, outputs: Floats, y: Inputs, scored: Bools | None) -> Floats:
    """The gradient of each step's loss by the logits or numbers, float32 [steps, rows, outputs]; 0 if not scored."""
    form = config.the_task.outputs
    if isinstance(form, Numbers):
        gradient: Floats = (outputs - y) * np.float32(2 / form.count)
    else:
        gradient = outputs - np.eye(form.count, dtype=np.float32)[y]
    return gradient if scored is None else np.where(scored[..., np.newaxis], gradient, np.float32(0))
