"""The subcommand ``tasks``: prints the tasks that can be trained, with their settings and the known losses."""

from __future__ import annotations

from typing import Any

from echornn.config import EchoConfig
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import TASKS, check, named
from echornn.tasks.task import (
    Numbers,
    Setting,
    Symbols,
    Task,
    known_lags,
    ladder,
    settings_of,
    solved_level,
    trial_length,
)
from tui.commands.printed.of_choices import print_records, print_template
from tui.term.exit_code import ExitCode


def print_tasks(wanted: str | None, as_json_lines: bool, template: bool) -> int:
    """Print all tasks, or one, or a file to write a task from; returns the exit code.

    Args:
        wanted: the name of a task, or FILE.py:NAME of the user's own, which is checked.
    """
    if template:
        print_template("echornn.tasks")
        return ExitCode.DONE
    print_records((record_of(name, task) for name, task in _tasks(wanted)), as_json_lines)
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
