"""The tasks and cells that a command line names, found before it is parsed, and the flags for the settings of tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from echornn.cells.own_cell import OwnCell
from echornn.cells.own_cell import check as check_cell
from echornn.cells.table import named as cell_named
from echornn.config import CELL, ECHO, TASK
from echornn.errors import RunError
from echornn.runs.run_dir import Run
from echornn.tasks.own_task import OwnTask, TaskName, check
from echornn.tasks.table import class_of, defaults_of, named, tasks_with
from echornn.tasks.task import Setting, TaskError, settings_of
from tui.commands import record
from tui.commands.flags import ConfigFlags, TrainingFlags

OF_SWEEPS = ("out", "grid", "seeds", "until", "workers", "scheduler", "scheduler_file", "help", "version")
"""Flags besides those of `TrainingFlags` that no setting can have."""


def values_named(arguments: Sequence[str], field: str) -> Iterator[str]:
    """The values that follow ``--FIELD``, and those of an axis ``FIELD=VALUE,VALUE``."""
    newest = ""
    for before, word in zip(("", *arguments), arguments, strict=False):
        flag, equals, value = word.partition("=")
        newest = flag if word.startswith("--") else newest
        if before == f"--{field}":
            yield word
        elif flag == f"--{field}" and equals:
            yield value
        elif newest == "--grid" and (value if flag == "--grid" else word).startswith(f"{field}="):
            yield from filter(None, word.rpartition(f"{field}=")[2].split(","))


def check_cells(arguments: Sequence[str]) -> None:
    """Check the files of cells that a command line names, in another process."""
    for word in values_named(arguments, CELL):
        if ":" in word and isinstance(own := cell_named(word), OwnCell):
            check_cell(own)


def tasks_of(arguments: Sequence[str]) -> dict[str, TaskName]:
    """The tasks that a command line names, by ``--task NAME`` or as an axis ``task=NAME,NAME``.

    A file of the user's own is read and checked in another process.
    """
    found: dict[str, TaskName] = {}
    for word in values_named(arguments, TASK):
        if word not in found:
            found[word] = name = named(word)
            if isinstance(name, OwnTask):
                check(name)
    return found


def task_of_the_run(arguments: Sequence[str]) -> dict[str, TaskName]:
    """The task of the run that a command line resumes; none if it is the echo, or if the run cannot be read."""
    resumed = [word for before, word in pairwise(arguments) if before == "--resume"]
    resumed += [word.removeprefix("--resume=") for word in arguments if word.startswith("--resume=")]
    try:
        names = [Run.read(record.find(name)).config.value(TASK) for name in resumed[:1]]
    except (RunError, OSError):
        return {}
    return {str(name): name for name in names if name != ECHO}


def hint(flag: str) -> str:
    """A sentence on which tasks have a setting for a flag that does not exist; empty if none has."""
    known = tasks_with(flag.strip("-").replace("-", "_"))
    return f"It is {known}: name one with --task." if known else ""


def settings_text(tasks: Mapping[str, TaskName]) -> str:
    """The flags of these tasks, for a message about a flag that does not exist."""
    texts = []
    for name in tasks.values():
        flags = ", ".join(f"--{known.name.replace('_', '-')}" for known in settings_of(class_of(name)))
        texts.append(f" The settings of {name}: {flags or 'none'}.")
    return "".join(texts)


def flags_with(tasks: Mapping[str, TaskName]) -> type[ConfigFlags]:
    """The class of flags with the settings of these tasks, by default the echo's; else those are hidden."""
    fields = {name: (name, Annotated[Any, Parameter(show=False)], None) for name in defaults_of(ECHO)}
    for name in tasks.values() or [ECHO]:
        for known in settings_of(class_of(name)):
            _require_free(known, name)
            fields[known.name] = _field(known)
    space = {"__module__": __name__, "tasks": tasks}
    made = dataclasses.make_dataclass(
        "TaskFlags", fields.values(), bases=(ConfigFlags,), frozen=True, init=False, namespace=space
    )
    assert issubclass(made, ConfigFlags)
    return made


def _field(known: Setting) -> tuple[str, Any, Any]:
    kind: Any = Literal[known.choices] if known.choices else type(known.default)
    ranged = "" if isinstance(known.default, str) else f"{known.allowed}."
    return known.name, Annotated[kind, Parameter(help=f"{known.help} {ranged}".strip())], known.default


def _require_free(known: Setting, name: TaskName) -> None:
    if known.name in {field.name for field in dataclasses.fields(TrainingFlags)} or known.name in OF_SWEEPS:
        raise TaskError(f"{name}: the setting {known.name} needs another name: the program has a flag of this name")
