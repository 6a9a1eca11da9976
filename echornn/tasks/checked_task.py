"""Calls a task's methods and checks everything that they return; other code gets a task's data only through this
file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.own.errors import blaming
from echornn.tasks.task import Batch, Level, Numbers, Symbols, Task, TaskError

MOST_LOSS = 512.0
"""The highest loss of a ladder; higher losses are not distinguished. Targets can be scaled."""


@contextmanager
def blaming_method(task: Task, method: str) -> Iterator[None]:
    """Like `blaming`, for a call of this method; an error that was raised outside of the file is reported at the
    method's line.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        kind = type(task.as_written())
        code = getattr(getattr(kind, method, None), "__code__", None)
        with blaming(TaskError, code.co_filename if code else kind.__module__, code and code.co_firstlineno):
            raise error


def draw_rows(task: Task, rng: np.random.Generator, rows: int, steps: int) -> Batch:
    """The data of an epoch: rows of a stream, or rows of as many whole trials as fit into ``steps``, one after another.

    Args:
        task: the task.
        rng: a generator that has drawn nothing yet.
        rows: the rows of the batch.
        steps: the most time steps of a row; trials leave out the remainder.

    Returns:
        Symbols as uint8 and numbers as float32.

    Raises:
        TaskError: a row is too short for a trial, or the task returns something unusable.
    """
    length = trial_length(task) or steps
    trials = steps // length
    if trials == 0:
        raise TaskError(f"a row of {steps:,} steps is too short for a trial of {length:,}")
    with blaming_method(task, "draw"), np.errstate(all="ignore"):
        drawn = checked(task, task.draw(rng, rows * trials, length), rows * trials, length)
    if trials == 1:
        return drawn
    return Batch(*(np.reshape(a, (rows, trials * length, *a.shape[2:])) for a in (drawn.x, drawn.y, drawn.scored)))


def trial_length(task: Task) -> int | None:
    """The number of steps of a trial; None for a stream.

    Raises:
        TaskError: the task's length is neither a positive number nor None.
    """
    with blaming_method(task, "draw"):
        length: object = task.length
        if length is not None and (not isinstance(length, int) or length < 1):
            raise TaskError(f"length = {length!r}, but it must be the number of steps of a trial, or None for a stream")
        return length


def form_of(task: Task) -> tuple[Symbols | Numbers, Symbols | Numbers, int | None]:
    """The inputs, outputs and length of a task: tasks of the same form are trained by the same program.

    Raises:
        TaskError: the inputs, the outputs or the length are invalid.
    """
    with blaming_method(task, "draw"):
        for name in ("inputs", "outputs"):
            form: object = getattr(task, name)
            if not isinstance(form, (Symbols, Numbers)):
                raise TaskError(f"{name} = {form!r}, not Symbols(n) nor Numbers(n)")
    return task.inputs, task.outputs, trial_length(task)


def checked(task: Task, drawn: object, rows: int, steps: int) -> Batch:
    """The data that a task has drawn, checked and converted to the types of `Batch`.

    Raises:
        TaskError: a shape, type or value does not fit the task's inputs and outputs, or no step is scored.
    """
    if not isinstance(drawn, Batch):
        raise TaskError(f"draw returns {_kind(drawn)}, not a Batch(x, y, scored)")
    scored = np.asarray(drawn.scored)
    if scored.dtype != np.bool_ or scored.shape != (rows, steps):
        raise TaskError(f"draw returns scored as {_form(scored)}, not bool {[rows, steps]}")
    x, y = (
        _fitting(name, form, np.asarray(values), (rows, steps))
        for name, form, values in (("x", task.inputs, drawn.x), ("y", task.outputs, drawn.y))
    )
    if task.scores_every_step and not scored.all():
        raise TaskError("draw scores only some steps, but the task has scores_every_step")
    if not scored.any():
        raise TaskError(f"draw scores none of {steps:,} steps: a row may be too short for the task's lags")
    return Batch(x, y, scored)


def ladder(task: Task, rows: int, steps: int) -> tuple[Level, ...]:
    """The levels of a task, checked.

    Raises:
        TaskError: a level is invalid, or losses do not decrease from knowing nothing to knowing everything.
    """
    with blaming_method(task, "levels"):
        return checked_levels(task.levels(rows, steps))


def checked_levels(given: Iterable[Level]) -> tuple[Level, ...]:
    """The levels of a ladder, checked; see `ladder`."""
    levels = tuple(given)
    for level in levels:
        if not isinstance(level, Level) or not 0 <= level.loss <= MOST_LOSS:
            raise TaskError(f"levels returns {level!r}, not a Level with a loss from 0 to {MOST_LOSS:g}")
        if not level.name or not f"{level.name}{level.knows}".isprintable():
            raise TaskError(f"levels returns {level!r}, but name and knows must be printable, on one line")
    losses = [float(level.loss) for level in levels]
    if losses != sorted(losses, reverse=True):
        raise TaskError(
            f"levels returns losses {losses}, which must decrease from knowing nothing to knowing everything"
        )
    return tuple(_plain(level, loss) for level, loss in zip(levels, losses, strict=True))


def _plain(level: Level, loss: float) -> Level:
    """The level with Python's types; NumPy values are converted."""
    lags = None if level.lags is None else tuple(map(int, level.lags))
    wrong = None if level.wrong is None else float(level.wrong)
    return Level(str(level.name), loss, str(level.knows), lags, wrong)


def solved_level(task: Task, rows: int, steps: int) -> float | None:
    """The mean loss below which a task counts as solved, checked; None if the task has no such level.

    Raises:
        TaskError: the level is NaN or infinite.
    """
    with blaming_method(task, "solved"):
        level = task.solved(rows, steps)
        if level is None:
            return None
        if not math.isfinite(level):
            raise TaskError(f"solved returns {level!r}, but it must return a finite loss or None")
        return float(level)


def known_lags(task: Task, t: int) -> tuple[int, ...]:
    """The lags of the inputs that decide the target of step ``t`` of a stream or trial, checked.

    Raises:
        TaskError: a lag is not a whole number from 0 to ``t``.
    """
    return lags_of_steps(task, t, 1)[0]


def lags_of_steps(task: Task, first: int, steps: int) -> list[tuple[int, ...]]:
    """The `known_lags` of consecutive steps from ``first`` on; equal neighbours are the same tuple, checked once.

    Raises:
        TaskError: a lag of step t is not a whole number from 0 to t.
    """
    found: list[tuple[int, ...]] = []
    before: tuple[int, ...] = ()
    with blaming_method(task, "sources"):
        for t in range(first, first + steps):
            lags = tuple(task.sources(t))
            if lags != before:
                if not all(isinstance(lag, int) and 0 <= lag <= t for lag in lags):
                    raise TaskError(f"sources({t}) returns {lags}, not lags from 0 to {t}")
                before = lags
            found.append(before)
    return found


def _fitting(name: str, form: Symbols | Numbers, values: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
    if isinstance(form, Symbols):
        if values.dtype.kind not in "iub" or values.shape != shape:
            raise TaskError(f"draw returns {name} as {_form(values)}, but {form} needs whole numbers {list(shape)}")
        if values.min() < 0 or values.max() >= form.count:
            found = f"symbols from {values.min()} to {values.max()}"
            raise TaskError(f"draw returns {name} with {found}, but {form} has 0 to {form.count - 1}")
        return values.astype(np.uint8, copy=False)
    wanted = *shape, form.count
    if values.dtype.kind not in "iubf" or values.shape != wanted:
        raise TaskError(f"draw returns {name} as {_form(values)}, but {form} needs numbers {list(wanted)}")
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32, copy=False)
    wrong = np.argwhere(~np.isfinite(numbers))
    if wrong.size:
        place = wrong[0].tolist()
        raise TaskError(f"draw returns {name} with {numbers[tuple(place)]} at {place}, but all numbers must be finite")
    return numbers


def _form(values: npt.NDArray[Any]) -> str:
    return f"{values.dtype} {list(values.shape)}"


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
