"""All built-in tasks, by name."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np

from echornn import seeding
from echornn.errors import ConfigError
from echornn.own.worker import try_apart
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.own_task import OwnTask, RecordedTask, Shape, TaskName, Values
from echornn.tasks.parity import Parity
from echornn.tasks.task import (
    Numbers,
    Setting,
    Symbols,
    Task,
    TaskError,
    blaming_method,
    draw_rows,
    form_of,
    ladder,
    lags_of_steps,
    settings_of,
    solved_level,
    trial_length,
)
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins

TASKS: dict[str, type[Task]] = {
    "echo": Echo,
    "two_coins": TwoCoins,
    "delayed_xor": DelayedXor,
    "flip_flop": FlipFlop,
    "temporal_order": TemporalOrder,
    "copy_memory": CopyMemory,
    "adding": Adding,
    "parity": Parity,
}
"""The class of each task, by the name that ``--task`` takes."""


def named(given: object) -> TaskName:
    """The name of the task that a user has written: a name in the table, or FILE.py:NAME.

    Raises:
        ConfigError: there is no such task, or its file cannot be read.
    """
    return OwnTask.named(given, TASKS)


def name_of(task: Task) -> TaskName:
    """The name of a task.

    Raises:
        ConfigError: its class is neither in the table nor from a file.
    """
    if isinstance(task.own, OwnTask):
        return task.own
    for name, kind in TASKS.items():
        if type(task) is kind:
            return name
    raise ConfigError("task", task, "a task of the table, or of a file: OwnTask.read('my_task.py:Mine').task()")


def class_of(name: TaskName) -> type[Task]:
    """The class of a task.

    Raises:
        TaskError: an error in a user's file.
    """
    return TASKS[name] if isinstance(name, str) else name.kind


def values_of(task: Task) -> dict[str, Any]:
    """The values of a task's settings, by name."""
    return {known.name: getattr(task, known.name) for known in settings_of(task)}


def defaults_of(name: TaskName) -> dict[str, Any]:
    """The default values of a task's settings, by name."""
    return {known.name: known.default for known in settings_of(class_of(name))}


def settings_kept(task: Task, name: TaskName) -> dict[str, Any]:
    """The values of a task's settings that another task also has and allows."""
    settings = {known.name: known for known in settings_of(class_of(name))}
    kept = {}
    for known, value in values_of(task).items():
        with contextlib.suppress(ConfigError, KeyError):
            kept[known] = settings[known].checked(value)
    return kept


def tasks_with(setting: str) -> str:
    """The tasks of the table that have a setting of this name, in words: "a setting of the tasks adding, ..."; empty if
    none has.
    """
    names = [name for name, task in TASKS.items() if setting in {known.name for known in settings_of(task)}]
    return f"a setting of the task{'s' * (len(names) > 1)} {', '.join(names)}" if names else ""


def require_known(name: TaskName, values: Mapping[str, object]) -> None:
    """Check that a task has settings of these names, and that they allow these values.

    Raises:
        ConfigError: there is no such setting, or its value is not allowed.
    """
    settings = {known.name: known for known in settings_of(class_of(name))}
    for known, value in values.items():
        if known not in settings:
            there = ", ".join(settings) or "none"
            raise ConfigError(known, value, f"the settings of the task {name} are {there}")
        settings[known].checked(value)


def task_of(name: TaskName, values: Mapping[str, object]) -> Task:
    """The task with these values of its settings; all other settings have their defaults.

    Raises:
        ConfigError: the values are not possible together, or there is an error in a user's file.
    """
    return TASKS[name](**values) if isinstance(name, str) else name.task(values)


def made(given: TaskName | Task, taken: Collection[str]) -> tuple[TaskName, Task]:
    """A task and its name, from the task or from its name.

    Args:
        taken: names that a user's own settings may not have.

    Raises:
        ConfigError: the task cannot be used.
    """
    task = given if isinstance(given, Task) else task_of(given, {})
    name = name_of(task)
    if isinstance(name, OwnTask):
        name.require_free_names(taken)
    form_of(task)
    return name, task


@lru_cache(maxsize=64)
def settings_without_form(task: Task) -> frozenset[str]:
    """The settings that do not seem to change the form of the task; see `form_of`."""
    if isinstance(task, RecordedTask):
        return task.live_settings
    return frozenset(known.name for known in settings_of(task) if not _changes_form(task, known))


def _changes_form(task: Task, known: Setting) -> bool:
    """Whether another value of a setting changes the task's form; True also if no other value could be tried."""
    for value in _others(known, getattr(task, known.name)):
        try:
            known.checked(value)
            other = task_of(name_of(task), {**values_of(task), known.name: value})
            return form_of(other) != form_of(task)
        except ConfigError:
            continue
    return True


def _others(known: Setting, value: Any) -> Iterator[Any]:
    """Some other values of a setting, the nearest first."""
    if isinstance(value, str):
        yield from (word for word in known.choices if word != value)
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    else:
        yield from (value * 0.99, value * 1.01, value + 0.01, value - 0.01)


STEPS, MOST_CHANGES = 1000, 100
"""The number of steps of a stream whose lags are asked for; and the most changes of these that a record keeps."""


def record_of_facts(own: OwnTask, uses: Iterable[tuple[Mapping[str, Any], Shape | None]]) -> dict[str, Any] | None:
    """The facts about a task as JSON values; None if it comes from a record that lacks them.

    Args:
        uses: the values of each configuration with the task, and the shape of its data; None if it is impossible.
    """
    if own.lacks_facts:
        return None
    settings = settings_of(own.kind)
    known: dict[Values, dict[str, Any]] = {}
    for given, shape in uses:
        values = tuple(given.get(one.name, one.default) for one in settings)
        try:
            task = own.task(dict(zip((one.name for one in settings), values, strict=True)))
            one = known.setdefault(values, {"values": list(values), **_form_record(task), "ladders": []})
            rungs = shape and _ladder_record(task, shape)
            if rungs and rungs not in one["ladders"]:
                one["ladders"].append(rungs)
        except TaskError as error:
            known.setdefault(values, {"values": list(values), "impossible": str(error)})
    return {
        "doc": own.kind.__doc__ or "",
        "scores_every_step": own.kind.scores_every_step,
        "settings": [asdict(one) for one in settings],
        "known": list(known.values()),
    }


@lru_cache(maxsize=256)
def _form_record(task: Task) -> dict[str, Any]:
    inputs, outputs, length = form_of(task)
    return {
        "inputs": _record_of(inputs),
        "outputs": _record_of(outputs),
        "length": length,
        "live": sorted(settings_without_form(task)),
        "sources": _lags(task),
    }


def _record_of(form: Symbols | Numbers) -> dict[str, Any]:
    return {"symbols" if isinstance(form, Symbols) else "numbers": form.count, "names": list(form.names)}


def _lags(task: Task) -> list[tuple[int, tuple[int, ...]]]:
    """The lags of the sources, each with its first step; none if they change too often, or if the text has an error."""
    with contextlib.suppress(TaskError):
        lags = lags_of_steps(task, 0, min(trial_length(task) or STEPS, STEPS))
        changes = [(t, some) for t, some in enumerate(lags) if not t or some != lags[t - 1]]
        if len(changes) <= MOST_CHANGES:
            return changes
    return []


@lru_cache(maxsize=256)
def _ladder_record(task: Task, shape: Shape) -> dict[str, Any] | None:
    with contextlib.suppress(TaskError):
        levels = [asdict(level) for level in ladder(task, *shape)]
        return {"rows": shape[0], "steps": shape[1], "levels": levels, "solved": solved_level(task, *shape)}
    return None


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
