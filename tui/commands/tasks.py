"""The subcommand ``tasks``: prints the tasks that can be trained, with their settings and the known losses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from echornn.config import EchoConfig
from echornn.tasks.checked_task import known_lags, ladder, solved_level, trial_length
from echornn.tasks.chosen import named
from echornn.tasks.own.check import check
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.settings import Setting, settings_of
from echornn.tasks.table import TASKS
from echornn.tasks.task import Numbers, Symbols, Task
from tui.commands.printed.of_choices import INDENT, print_template, wrapped
from tui.term import printed
from tui.term.exit_code import ExitCode

MOST_NAMES = 12
"""The most names of symbols or channels that are listed."""


def print_tasks(wanted: str | None, as_json_lines: bool, template: bool) -> int:
    """Print all tasks, or one, or a file to write a task from; returns the exit code.

    Args:
        wanted: the name of a task, or FILE.py:NAME of the user's own, which is checked.

    Raises:
        ConfigError: there is no such task, or the file cannot be used.
    """
    if template:
        print_template("echornn.tasks.own")
        return ExitCode.DONE
    tasks = _tasks(wanted)
    printed.lines((json.dumps(record_of(name, task)) for name, task in tasks) if as_json_lines else lines(tasks))
    return ExitCode.DONE


def _tasks(wanted: str | None) -> list[tuple[str, Task]]:
    if wanted is None:
        return [(name, kind()) for name, kind in TASKS.items()]
    name = named(wanted)
    return [(str(name), check(name) if isinstance(name, OwnTask) else TASKS[name]())]


def record_of(name: str, task: Task) -> dict[str, Any]:
    """The facts that are known about a task with the default data, as JSON values."""
    config = EchoConfig(task=task)
    size = config.batch_size, config.row_length
    return {
        "task": name,
        "help": help_of(task),
        "inputs": _form_record(task.inputs),
        "outputs": _form_record(task.outputs),
        "length": trial_length(task),
        "loss": task.outputs.loss,
        "levels": [{"name": one.name, "loss": one.loss, "knows": one.knows} for one in ladder(task, *size)],
        "solved": solved_level(task, *size),
        "sources": list(lags_of(task)),
        "settings": [_setting_record(known) for known in settings_of(task)],
    }


def lags_of(task: Task) -> tuple[int, ...]:
    """The lags of the inputs that decide the last target of a trial, or of a long stream; empty if not known."""
    return known_lags(task, (trial_length(task) or EchoConfig().row_length) - 1)


def help_of(task: Task) -> str:
    """The first sentences of the description of a task: the first paragraph of its docstring."""
    own = type(task).__doc__ or ""
    paragraph = " ".join(own.strip().partition("\n\n")[0].replace("`", "").split())
    return "" if paragraph.startswith(f"{type(task).__name__}(") else paragraph  # as dataclass writes it


def _form_record(form: Symbols | Numbers) -> dict[str, Any]:
    return {"symbols" if isinstance(form, Symbols) else "numbers": form.count, "names": list(form.names)}


def _setting_record(known: Setting) -> dict[str, Any]:
    allowed: dict[str, Any] = {"least": known.least, "most": known.most}
    if isinstance(known.default, str):
        allowed = {"choices": list(known.choices)}
    return {"name": known.name, "default": known.default, **allowed, "help": known.help}


def lines(tasks: list[tuple[str, Task]]) -> Iterator[str]:
    """The tasks for people: a block of lines for each."""
    for number, (name, task) in enumerate(tasks):
        if number:
            yield ""
        yield from _lines_of(name, task)


def _lines_of(name: str, task: Task) -> Iterator[str]:
    length = trial_length(task)
    kind = "a stream" if length is None else f"trials of {length:,} steps"
    yield f"{name}: {_form_text(task.inputs)} to {_form_text(task.outputs)}, {kind}"
    yield from wrapped(help_of(task))
    if names := [f"{kind} {_names_text(form.names)}" for kind, form in _forms(task) if form.names]:
        yield from wrapped("; ".join(names))
    yield from wrapped(_ladder_text(task))
    lags = ", ".join(f"t-{lag}" if lag else "t" for lag in lags_of(task))
    yield f"{INDENT}sources: {lags or 'not known beforehand'}"
    settings = settings_of(task)
    flags = [f"--{known.name.replace('_', '-')} {known.default}" for known in settings]
    width = max(map(len, flags), default=0)
    for flag, known in zip(flags, settings, strict=True):
        yield from wrapped(f"{known.help} {allowed_text(known)}", f"{INDENT}{flag:<{width}}  ")


def _ladder_text(task: Task) -> str:
    config = EchoConfig(task=task)
    size = config.batch_size, config.row_length
    rungs = ", ".join(f"{one.name} {one.loss:.4g}" for one in ladder(task, *size))
    solved = solved_level(task, *size)
    unit = " in nats" if task.outputs.unit else ""
    until = "" if solved is None else f"; solved below {solved:.4g}"
    return f"{task.outputs.loss}{unit}: {rungs or 'no ladder is known'}{until}"


def _form_text(form: Symbols | Numbers) -> str:
    kind = "symbol" if isinstance(form, Symbols) else "number"
    return f"{form.count} {kind}{'s' if form.count != 1 else ''}"


def _forms(task: Task) -> tuple[tuple[str, Symbols | Numbers], ...]:
    return ("inputs", task.inputs), ("outputs", task.outputs)


def _names_text(names: Sequence[str]) -> str:
    return ", ".join(names if len(names) <= MOST_NAMES else (*names[: MOST_NAMES - 2], "...", names[-1]))


def allowed_text(known: Setting) -> str:
    """The values that a setting allows, as text."""
    if isinstance(known.default, str):
        return f"One of {', '.join(known.choices)}."
    return f"{known.least:,} to {known.most:,}."
