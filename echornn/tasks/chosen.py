"""Finds the task that a user or a record names: a name in the table of tasks, or a user's own file."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from echornn.config_error import ConfigError
from echornn.tasks.checked_task import form_of
from echornn.tasks.own.own_task import OwnTask, TaskName
from echornn.tasks.own.recorded_task import RecordedTask
from echornn.tasks.settings import Setting, settings_of
from echornn.tasks.table import TASKS
from echornn.tasks.task import Task


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
