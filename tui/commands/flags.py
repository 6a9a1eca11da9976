"""The flags of the command line, as values."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from echornn.cells.table import named
from echornn.config import CELL, TASK, ConfigError, EchoConfig
from echornn.tasks.own_task import OwnTask, TaskName
from echornn.tasks.table import settings_by_name, values_of
from echornn.tasks.task import Task
from tui.app.theme import Theme


@dataclass(frozen=True, init=False)
class ConfigFlags(EchoConfig):
    """The fields of `EchoConfig` as flags, with the same help; it holds only the values that the user gave.

    Args:
        given: the values by field; they may be invalid together.
    """

    task: str | None = None
    """What is learned: echo (the tutorial's), another task that tasks lists, or FILE.py:NAME, a task of your own."""

    cell: str = "rnn"
    """Recurrent cell: rnn (the tutorial's tanh([x, h] W + b)), another that cells lists, or FILE.py:NAME, a cell of
    your own."""

    tasks: ClassVar[Mapping[str, TaskName]] = {}
    """The tasks that the user named, whose settings are flags too."""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    @property
    def given(self) -> dict[str, Any]:
        """The values that the user gave, by name (see `EchoConfig.fields`)."""
        values = dict(vars(self))
        if TASK in values:
            values[TASK] = self.tasks.get(values[TASK], values[TASK])
        if CELL in values:
            values[CELL] = named(values[CELL])
        return values

    def over(self, config: EchoConfig) -> EchoConfig:
        """The configuration with these values in place of its own. If the file of its task has changed, the task keeps
        the settings that the file still has, where it allows their values.
        """
        given, task = self.given, self.given.get(TASK)
        if isinstance(task, OwnTask) and task.is_change_of(config.value(TASK)):
            given = {**_settings_kept(config.the_task, task), **given}
        wanted = config.with_fields(given)
        if given.keys() - {*EchoConfig.names(), TASK}:
            from echornn.data.series import check_own_data

            check_own_data(wanted)
        return wanted


@dataclass(frozen=True)
class TrainingFlags:
    """Flags of the main command besides the fields of the configuration; their docstrings are the help."""

    speed: str | None = None
    """Windows a second, 0.01 to 1,000,000, or max; by default 100 in the app and max with --headless."""

    no_serve: bool = False
    """Let nobody attach to this session (see attach)."""

    paused: bool = False
    """Begin paused; space starts the training, or with --detach a viewer who attaches."""

    detach: bool = False
    """Train in the background, without a terminal: prints the folder, and how to attach."""

    fps: float | None = None
    """Most frames a second that the app draws, 0.1 to 60, by default 10; a slow connection gets fewer."""

    headless: bool = False
    """Print lines instead of opening the app; the default if there is no terminal."""

    json: bool = False
    """Print JSON lines; implies --headless."""

    ascii: bool = False
    """Draw with ASCII characters only."""

    theme: Theme | None = None
    """Background of the app, dark or light. By default the theme chosen last."""

    no_mouse: bool = False
    """Leave the mouse to the terminal, which selects text with it."""

    run: Path | None = None
    """Folder to keep the run in, new or empty; by default a new folder in your state folder."""

    resume: str | None = None
    """Continue the run in this folder exactly where it was saved; without a folder, the newest run."""

    at: int | None = None
    """With --resume: continue at this window of the run's path (0 is the start), as a new branch."""

    trust: bool = False
    """Also run the tasks and cells of your own in the record; they are programs with all your rights."""

    compare: tuple[str, ...] = ()
    """Draw these runs under the curve, in the app: folders, names that list shows, or newest."""


def _settings_kept(task: Task, name: OwnTask) -> dict[str, Any]:
    """The values of a task's settings that another task also has and allows."""
    settings, kept = settings_by_name(name), {}
    for known, value in values_of(task).items():
        with suppress(ConfigError, KeyError):
            kept[known] = settings[known].checked(value)
    return kept
