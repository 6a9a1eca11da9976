"""Reads a command line: its subcommand, its flags, and the fields of a configuration, which are
flags too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise, zip_longest
from typing import Annotated, Any, Literal, get_args

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
from echornn.tasks.task import Setting, settings_of
from tui.cli.flags import GROUPS, TAKEN
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
    "serve": "tui.cli.serve:serve",
    "do": "tui.cli.do:do",
    "list": "tui.cli.lists:list_runs",
    "tasks": "tui.cli.lists:list_tasks",
    "cells": "tui.cli.lists:list_cells",
    "prune": "tui.cli.lists:prune_runs",
    "map": "tui.cli.map:show_map",
    "sweep": "tui.cli.sweep:sweep",
    "classics": "tui.cli.classics:classics",
}
"""The functions of the subcommands; each is imported only when its command line is read, or for the
help of all."""

SPREAD = Parameter(name="*")  # the fields of a group are flags of their own
for group in GROUPS:
    SPREAD(group)

Tasks = Mapping[str, TaskName]
"""The tasks that a command line names, by their words; their settings are flags."""


def read_command(arguments: Sequence[str], tasks: Tasks | None = None) -> Callable[[], int | None]:
    """The function of a command line, with its values; a UsageError if it cannot be read."""
    name = arguments[0] if arguments[0] in SUBCOMMANDS else ""
    if tasks is None:
        tasks = _tasks_for(name, arguments)
    try:
        return _parsed(name, arguments, tasks)
    except UnknownOptionError as error:
        resumed = list(_values_of("resume", arguments))
        if resumed and not tasks:
            of_the_run = _task_of(resumed[0])
            if of_the_run:
                return read_command(arguments, of_the_run)
        raise UsageError(_unknown(error, tasks)) from error
    except UnusedCliTokensError as error:
        raise UsageError(_not_understood(error.unused_tokens or [""])) from error
    except CycloptsError as error:
        raise UsageError(str(error)) from error


def _unknown(error: UnknownOptionError, tasks: Tasks) -> str:
    flag, _, _ = (error.token.keyword or error.token.value).partition("=")
    of_tasks = tasks_with(flag.strip("-").replace("-", "_"))
    if of_tasks:
        return f"Unknown option: {flag}. It is {of_tasks}: name one."
    settings = [setting.name for task in tasks.values() for setting in settings_of(class_of(task))]
    if not settings:
        return str(error)
    flags = [f"--{name.replace('_', '-')}" for name in settings]
    return f"{error} Settings of the task: {', '.join(flags)}"


def _not_understood(words: Sequence[str]) -> str:
    text = f"{shortened(' '.join(words)) or 'an empty word'} is not understood here"
    near = get_close_matches(words[0], SUBCOMMANDS, 1)
    if near:
        text += f"; did you mean echornn-tui {near[0]}, then its flags?"
    return text


def _parsed(name: str, arguments: Sequence[str], tasks: Tasks) -> Callable[[], int | None]:
    app = App(
        name="echornn-tui",
        help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
        version=lambda: version("echornn-tui"),
        default_parameter=Parameter(
            negative=(), converter=_converted, consume_multiple=True, show_default=_default_text
        ),
    )
    subcommands = [name] if name else []
    if not name and {"--help", "-h"} & {*arguments}:  # which lists all of them
        subcommands = [*SUBCOMMANDS]
    for subcommand in subcommands:
        module, _, function = SUBCOMMANDS[subcommand].partition(":")
        app.command(_with_fields(getattr(import_module(module), function), tasks), name=subcommand)
    app.default(_with_fields(train, tasks))

    words = _with_newest(arguments)
    command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    for name in FIELDS & bound.arguments.keys():
        given = vars(bound.arguments[name] or Given())
        if TASK in given:
            given[TASK] = tasks.get(given[TASK], given[TASK])
        if CELL in given:
            given[CELL] = cell_named(given[CELL])
        bound.arguments[name] = given
    return partial(command, *bound.args, **bound.kwargs)


def _with_newest(arguments: Sequence[str]) -> list[str]:
    """The words of a command line; ``--resume`` without a run is followed by the newest."""
    words: list[str] = []
    for word, following in zip_longest(arguments, arguments[1:]):
        words.append(word)
        if word == "--resume" and (following is None or following.startswith("-")):
            words.append(kept_runs.NEWEST)
    return words


def _default_text(value: object) -> str | None:
    says_something = value or type(value) in (int, float)
    return str(value) if says_something else None


def _converted(kind: Any, words: Sequence[Token]) -> Any:
    """The value of a flag; cyclopts takes 5.0 for a whole number."""
    if int in (kind, *get_args(kind)):
        for word in words:
            if "." in word.value:
                raise ValueError(f"{shortened(word.value)!r} is not a whole number")
    return convert(kind, words)


# ---- the fields of a configuration as flags

FIELDS = {"given", "settings"}
"""The parameters of commands that take fields of a configuration, or only settings of its task."""


class Given:
    """Values as flags; it holds only what the user gave."""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)


class FieldFlags(Given, EchoConfig):
    """The fields of `EchoConfig` as flags, with the same help."""


Flags = dict[str, tuple[str, Any, Any]]  # the name, the type with its help, and the default of each


def _with_fields(command: Callable[..., Any], tasks: Tasks) -> Callable[..., Any]:
    """The command, whose fields are flags with the settings of these tasks: cyclopts reads flags
    from annotations alone."""
    types = command.__annotations__
    if "given" in types:
        types["given"] = _group(_field_flags(tasks), FieldFlags)
    if "settings" in types:
        types["settings"] = _group(_setting_flags(tasks), Given)
    return command


def _group(flags: Flags, base: type[Given]) -> Any:
    group = dataclasses.make_dataclass(
        "TaskFlags",
        flags.values(),
        bases=(base,),
        frozen=True,
        init=False,
        namespace={"__module__": __name__},
    )
    return Annotated[group | None, SPREAD]


def _field_flags(tasks: Tasks) -> Flags:
    """The flags with the settings of these tasks, by default the echo's; else those are hidden."""
    hidden = Annotated[Any, Parameter(show=False)]
    flags: Flags = {name: (name, hidden, None) for name in defaults_of(ECHO)}
    flags[TASK] = (TASK, str | None, None)
    flags[CELL] = (CELL, str, "rnn")
    return flags | _setting_flags(tasks)


def _setting_flags(tasks: Tasks) -> Flags:
    flags: Flags = {}
    for task in tasks.values() or [ECHO]:
        for setting in settings_of(class_of(task)):
            if setting.name in TAKEN:
                raise TaskError(
                    f"{task}: the setting {setting.name} needs another name: the program has a "
                    "flag of this name"
                )
            flags[setting.name] = (setting.name, _type_of(setting), setting.default)
    return flags


def _type_of(setting: Setting) -> Any:
    kind: Any = type(setting.default)
    text = setting.help
    if setting.choices:
        kind = Literal[setting.choices]
    if not isinstance(setting.default, str):
        text = f"{text} {setting.allowed}."
    return Annotated[kind, Parameter(help=text.strip())]


# ---- the tasks of a command line


def _tasks_for(name: str, arguments: Sequence[str]) -> Tasks:
    if name in ("", "sweep"):
        return _tasks_in(arguments)
    if name == "evaluate" and len(arguments) > 1:
        return _task_of(arguments[1], "--trust" in arguments)
    return {}


def _tasks_in(arguments: Sequence[str]) -> Tasks:
    """The tasks that a command line names; files of the user's own are first checked in another
    process."""
    for word in _values_of(CELL, arguments):
        cell = cell_named(word) if ":" in word else word
        if isinstance(cell, OwnCell):
            check_cell(cell)
    tasks = {word: named(word) for word in _values_of(TASK, arguments)}
    for task in tasks.values():
        if isinstance(task, OwnTask):
            check(task)
    return tasks


def _values_of(field: str, arguments: Sequence[str]) -> Iterator[str]:
    """The values after ``--FIELD``, and those of an axis ``FIELD=VALUE,VALUE``."""
    for before, word in pairwise(("", *arguments)):
        axis = word.removeprefix("--grid=")
        if before == f"--{field}":
            yield word
        elif word.startswith(f"--{field}="):
            yield word.partition("=")[2]
        elif axis.startswith(f"{field}="):
            yield from filter(None, axis.partition("=")[2].split(","))


def _task_of(run: str, trust: bool = False) -> Tasks:
    """The task of the run of this name; none if it is the echo, or if the run cannot be read."""
    try:
        task = read(run, trust).config.value(TASK)
    except (RunError, OSError):
        return {}
    if task == ECHO:
        return {}
    return {str(task): task}
