"""The table of tasks, and how one is found by its name.

To add one, write its file, and add its entry here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from echornn.errors import ConfigError
from echornn.tasks.adding import Adding
from echornn.tasks.anbn import AnBn
from echornn.tasks.binary_addition import BinaryAddition
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.cycle_navigation import CycleNavigation
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.dyck_1 import Dyck1
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.group import Group
from echornn.tasks.npz import Npz
from echornn.tasks.own_task import OwnTask, TaskName
from echornn.tasks.parity import Parity
from echornn.tasks.reber import Reber
from echornn.tasks.task import Setting, Task, TaskError, form_of, settings_of
from echornn.tasks.task import values_of as values_of
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.text import Text
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
    "reber": Reber,
    "dyck_1": Dyck1,
    "anbn": AnBn,
    "binary_addition": BinaryAddition,
    "cycle_navigation": CycleNavigation,
    "group": Group,
    "text": Text,
    "npz": Npz,
}
"""The class of each task, by the name that ``--task`` takes. The first is the default."""

ECHO = "echo"


def named(given: object) -> TaskName:
    return OwnTask.named(given, TASKS)


def name_of(task: Task) -> TaskName:
    """A TaskError if it is of a class of the user's own that cannot be used."""
    kind = type(task)
    # Not that of a class from which the task's is derived
    own: OwnTask | None = vars(task).get("own") or vars(kind).get("own")
    if own is not None:
        return own
    for name, task_class in TASKS.items():
        if task_class is kind:
            return name
    return OwnTask.of(kind, kind.__name__, kind.__module__)


def class_of(name: TaskName) -> type[Task]:
    return TASKS[name] if isinstance(name, str) else name.kind


def settings_by_name(name: TaskName) -> dict[str, Setting]:
    return {setting.name: setting for setting in settings_of(class_of(name))}


def defaults_of(name: TaskName) -> dict[str, Any]:
    return {setting.name: setting.default for setting in settings_of(class_of(name))}


def tasks_with(setting: str) -> str:
    """The tasks of the table that have a setting of this name: "a setting of the tasks adding,
    ..."; empty if none."""
    names = [name for name in TASKS if setting in defaults_of(name)]
    if not names:
        return ""
    noun = "task" if len(names) == 1 else "tasks"
    return f"a setting of the {noun} {', '.join(names)}"


def made(given: object, values: Mapping[str, object], taken: Collection[str], steps: int) -> Task:
    """The task of a name, or the given one, with these values of some settings in rows of so many
    steps; a ConfigError if that cannot be. A user's own settings may not have the names that are
    taken.
    """
    name = name_of(given) if isinstance(given, Task) else named(given)
    if isinstance(name, OwnTask):
        _require_own_names(name, taken)
    checked = _checked(name, values, steps) if values else {}
    if isinstance(given, Task):
        task = given.with_values(checked) if checked else given
    elif isinstance(name, OwnTask):
        task = name.task(checked)
    else:
        task = TASKS[name](**checked)
    form_of(task)
    return task


def _require_own_names(name: OwnTask, taken: Collection[str]) -> None:
    with name.blaming():
        for setting in defaults_of(name).keys() & taken:
            has = "the network has this setting"
            raise TaskError(f"the setting {setting} needs another name: {has}")


def _checked(name: TaskName, values: Mapping[str, object], steps: int) -> dict[str, object]:
    settings = settings_by_name(name)
    for setting, value in values.items():
        if setting not in settings:
            allowed = f"the settings of the task {name} are {', '.join(settings) or 'none'}"
            raise ConfigError(setting, value, allowed)
    try:
        return {setting: settings[setting].checked(value) for setting, value in values.items()}
    except ConfigError as error:
        raise class_of(name).misfit(values, steps) or error from None
