"""Reads a command line: its subcommand, its flags, and the fields of a configuration, which are
flags too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial, wraps
from importlib import import_module
from importlib.metadata import version
from inspect import signature
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args, get_type_hints

from cyclopts import (
    App,
    CycloptsError,
    Parameter,
    Token,
    UnknownOptionError,
    UnusedCliTokensError,
    convert,
)

from echornn import EchoConfig, RunError, TaskError, read
from echornn.cells.own_cell import OwnCell
from echornn.cells.own_cell import check as check_cell
from echornn.cells.table import named as cell_named
from echornn.config import CELL, ECHO, TASK
from echornn.files.recorded_values import shortened
from echornn.run import kept_runs
from echornn.tasks.own_task import OwnTask, TaskName, check
from echornn.tasks.table import class_of, defaults_of, named, tasks_with
from echornn.tasks.task import settings_of
from tui.cli.train import train
from tui.term.exit_code import UsageError

SUBCOMMANDS = {
    "tour": "tui.cli.do:tour",
    "export": "tui.cli.export:export_run",
    "branches": "tui.cli.lists:show_branches",
    "probe": "tui.cli.probe:probe_run",
    "evaluate": "tui.cli.evaluate:evaluate_run",
    "sample": "tui.cli.evaluate:sample_run",
    "figure": "tui.cli.figure:make_figure",
    "attach": "tui.cli.attach:attach",
    "serve": "tui.cli.attach:serve",
    "do": "tui.cli.do:do",
    "list": "tui.cli.lists:list_runs",
    "tasks": "tui.cli.lists:list_tasks",
    "cells": "tui.cli.lists:list_cells",
    "prune": "tui.cli.lists:prune_runs",
    "map": "tui.cli.sweep:show_map",
    "sweep": "tui.cli.sweep:sweep",
}
"""The functions of the subcommands; each is imported only when its command line is read, or for the
help of all."""

TAKEN = {
    "out",
    "grid",
    "seeds",
    "until",
    "workers",
    "scheduler",
    "scheduler_file",
    "help",
    "version",
}
TAKEN |= {
    "branch",
    "replica",
    "trials",
    "fps",
    "ascii",
    "theme",
    "no_mouse",
    *signature(train).parameters,
}
"""Flags whose names no setting of a task can have."""

Tasks = Mapping[str, TaskName]
"""The tasks that a command line names, by their words; their settings are flags."""


def read_command(arguments: Sequence[str], tasks: Tasks | None = None) -> Callable[[], int | None]:
    name = arguments[0] if arguments[0] in SUBCOMMANDS else ""
    if tasks is None:
        tasks = _tasks_in(arguments) if name in ("", "sweep") else {}
        tasks = _task_of(arguments[1:2], "--trust" in arguments) if name == "evaluate" else tasks
    try:
        return _parsed(name, arguments, tasks)
    except UnknownOptionError as error:
        if not tasks and (of_the_run := _task_of([*_values_of("resume", arguments)][:1])):
            return read_command(arguments, of_the_run)
        flag = (error.token.keyword or error.token.value).partition("=")[0]
        of_tasks = tasks_with(flag.strip("-").replace("-", "_"))
        if of_tasks:
            raise UsageError(f"Unknown option: {flag}. It is {of_tasks}: name one.") from error
        own = [
            f"--{one.name.replace('_', '-')}"
            for task in tasks.values()
            for one in settings_of(class_of(task))
        ]
        raise UsageError(
            f"{error} Settings of the task: {', '.join(own)}" if own else str(error)
        ) from error
    except UnusedCliTokensError as error:
        words = [*(error.unused_tokens or ())]
        near = get_close_matches(words[0], SUBCOMMANDS, 1)
        meant = shortened(" ".join(words)) or "an empty word"
        hint = f"; did you mean echornn-tui {near[0]}, then its flags?" if near else ""
        raise UsageError(f"{meant} is not understood here{hint}") from error
    except CycloptsError as error:
        raise UsageError(str(error)) from error


def _parsed(name: str, arguments: Sequence[str], tasks: Tasks) -> Callable[[], int | None]:
    app = App(
        name="echornn-tui",
        help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
        version=lambda: version("echornn-tui"),
        default_parameter=Parameter(
            negative=(),
            converter=_converted,
            consume_multiple=True,
            show_default=lambda value: str(value) if value or type(value) in (int, float) else None,
        ),
    )
    shows_all = not name and {"--help", "-h"} & {*arguments}
    for each in SUBCOMMANDS if shows_all else [name] * bool(name):
        module, _, function = SUBCOMMANDS[each].partition(":")
        app.command(_readable(getattr(import_module(module), function), tasks), name=each)
    app.default(_readable(train, tasks))
    # a lone --resume means the newest run
    alone = [
        word == "--resume" and after.startswith("-") for word, after in pairwise([*arguments, "-"])
    ]
    words = [
        part
        for word, lone in zip(arguments, alone, strict=True)
        for part in [word, *[kept_runs.NEWEST] * lone]
    ]
    command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    for flags in {"given", "settings"} & bound.arguments.keys():
        given = bound.arguments[flags] = vars(bound.arguments[flags] or Given())
        if TASK in given:
            given[TASK] = tasks.get(given[TASK], given[TASK])
        if CELL in given:
            given[CELL] = cell_named(given[CELL])
    return partial(command, *bound.args, **bound.kwargs)


def _readable(function: Callable[..., Any], tasks: Tasks) -> Callable[..., Any]:
    """The function as cyclopts reads it: fields and flags of the screen spread, and texts in types
    as help."""

    @wraps(function)
    def copy(*values: Any, **by_name: Any) -> Any:
        return function(*values, **by_name)

    hints = get_type_hints(function, include_extras=True)
    if "given" in hints:
        hints["given"] = _field_flags(tasks) | None
    if "settings" in hints:
        hints["settings"] = _flags(_setting_flags(tasks), Given) | None
    spread = {"given", "settings", "screen"} & hints.keys()
    hints |= {name: Annotated[hints[name], Parameter(name="*")] for name in spread}
    for name, hint in hints.items():
        for text in getattr(hint, "__metadata__", ()):
            hints[name] = (
                Annotated[hint, Parameter(help=text)] if isinstance(text, str) else hints[name]
            )
    known = [
        one.replace(annotation=hints[one.name]) for one in signature(function).parameters.values()
    ]
    copy.__annotations__ = hints
    copy.__signature__ = signature(function).replace(parameters=known)  # type: ignore[attr-defined]
    return copy


class Given:
    """Values as flags; it holds only what the user gave."""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)


class FieldFlags(Given, EchoConfig):
    """The fields of `EchoConfig` as flags, with the same help."""


Flags = dict[str, tuple[str, Any, Any]]  # the name, the type with its help, and the default of each


def _field_flags(tasks: Tasks) -> Any:
    """The flags with the settings of these tasks, by default the echo's; else those are hidden."""
    fields: Flags = {
        name: (name, Annotated[Any, Parameter(show=False)], None) for name in defaults_of(ECHO)
    }
    fields |= {TASK: (TASK, str | None, None), CELL: (CELL, str, "rnn")}
    return _flags(fields | _setting_flags(tasks), FieldFlags)


def _setting_flags(tasks: Tasks) -> Flags:
    fields: Flags = {}
    for task in tasks.values() or [ECHO]:
        for known in settings_of(class_of(task)):
            if known.name in TAKEN:
                what = (
                    f"the setting {known.name} needs another name: the program has a flag of this "
                    "name"
                )
                raise TaskError(f"{task}: {what}")
            kind: Any = Literal[known.choices] if known.choices else type(known.default)
            ranged = "" if isinstance(known.default, str) else f"{known.allowed}."
            about = Parameter(help=f"{known.help} {ranged}".strip())
            fields[known.name] = (known.name, Annotated[kind, about], known.default)
    return fields


def _flags(fields: Flags, base: type[Given]) -> Any:
    how: dict[str, Any] = {
        "bases": (base,),
        "frozen": True,
        "init": False,
        "namespace": {"__module__": __name__},
    }
    return dataclasses.make_dataclass("TaskFlags", fields.values(), **how)


def _converted(kind: Any, words: Sequence[Token]) -> Any:
    """The value of a flag; cyclopts takes 5.0 for a whole number."""
    for word in words if int in (kind, *get_args(kind)) else ():
        if "." in word.value:
            raise ValueError(f"{shortened(word.value)!r} is not a whole number")
    return convert(kind, words)


def _tasks_in(arguments: Sequence[str]) -> Tasks:
    """The tasks that a command line names; files of the user's own are first checked in another
    process."""
    for word in _values_of(CELL, arguments):
        if ":" in word and isinstance(cell := cell_named(word), OwnCell):
            check_cell(cell)
    tasks = {word: named(word) for word in _values_of(TASK, arguments)}
    for task in tasks.values():
        if isinstance(task, OwnTask):
            check(task)
    return tasks


def _values_of(field: str, arguments: Sequence[str]) -> Iterator[str]:
    """The values after ``--FIELD``, and those of an axis ``FIELD=VALUE,VALUE``."""
    for before, word in pairwise(("", *arguments)):
        if before == f"--{field}":
            yield word
        elif word.startswith(f"--{field}="):
            yield word.partition("=")[2]
        elif (axis := word.removeprefix("--grid=")).startswith(f"{field}="):
            yield from filter(None, axis.partition("=")[2].split(","))


def _task_of(run: Sequence[str], trust: bool = False) -> Tasks:
    """The task of the run of this name, or of no run; none if it is the echo, or if the run cannot
    be read."""
    try:
        names = [read(name, trust).config.value(TASK) for name in run]
    except (RunError, OSError):
        return {}
    return {str(name): name for name in names if name != ECHO}
