"""The runs in the user's state folder: where they are, how they are named, and their order."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from pathlib import Path

import platformdirs

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.runs.about import is_abandoned
from echornn.runs.run_files import RUN_FILE, SLOTS

NEWEST = "newest"
"""The name of the newest run."""

LONGEST_NAME = 200
"""The most characters of a folder's name; file systems allow 255 bytes."""

MOST_CHARACTERS = 40
"""The most characters of a task's or a cell's name in the name of a folder."""


def state_folder() -> Path:
    """The folder for runs for which the user named no folder."""
    return platformdirs.user_state_path("echornn-tui") / "runs"


def new_folder(config: EchoConfig) -> Path:
    """Make a new, empty folder for a run, named by date and configuration; no other process gets the same folder.

    Raises:
        RunError: the folder cannot be made.
    """
    name = (
        f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_{_task_name(config)}{_cell_name(config)}"
        f"-T{config.truncated_backprop_length}-state{config.state_size}-{config.optimizer}{config.learning_rate:g}"
        f"{'' if config.rule == 'tbptt' else f'-{config.rule}'}-seed{config.seed}"
        f"{'' if config.replicas == 1 else f'-replicas{config.replicas}'}"
    )[:LONGEST_NAME]
    for number in itertools.count(1):
        folder = state_folder() / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error
        break
    return folder


def _task_name(config: EchoConfig) -> str:
    """The task in the name of a run's folder: echo3, or two_coins."""
    if config.the_task.echoed_lag is not None:
        return f"echo{config.the_task.echoed_lag}"
    return _shortened(str(config.value("task"))) or "task"


def _cell_name(config: EchoConfig) -> str:
    """The cell in the name of a run's folder: -gru, or -Mine for a file mine.py:Mine; nothing for the default."""
    if config.cell == EchoConfig.cell:
        return ""
    name = config.cell if isinstance(config.cell, str) else config.cell.name
    return f"-{_shortened(name) or 'cell'}"


def _shortened(name: str) -> str:
    """The letters, digits and _ of a name, with a - for all others between them."""
    return re.sub(r"\W+", "-", name, flags=re.ASCII).strip("-")[:MOST_CHARACTERS]


def runs(among: Path | None = None) -> list[Path]:
    """The runs in a folder (by default the state folder), the last saved first.

    Folders with only debris are left out.

    Raises:
        RunError: the folder cannot be read.
    """
    folders = [folder for folder in _folders(among) if os.path.lexists(folder / RUN_FILE) and not is_abandoned(folder)]
    return sorted(folders, key=last_saved, reverse=True)


def find(name: str) -> Path:
    """The folder with this name, the user's run with this name, or for ``newest`` the user's newest run.

    Raises:
        RunError: the name is ``newest`` but there is no run, or the name is not possible for a folder.
    """
    if name == NEWEST and not os.path.exists(name):
        newest = runs()[:1]
        if not newest:
            raise RunError(f"there is no run in {state_folder()}")
        return newest[0]
    kept = state_folder() / name
    return kept if not os.path.exists(name) and os.path.exists(kept) else Path(name)


def abandoned() -> list[Path]:
    """The folders in the state folder that have only debris of a killed process.

    Raises:
        RunError: the state folder cannot be read.
    """
    return [folder for folder in _folders() if not folder.is_symlink() and is_abandoned(folder)]


def _folders(among: Path | None = None) -> list[Path]:
    folder = among or state_folder()
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror or error}") from error


def last_saved(folder: Path) -> float:
    """When the run was last saved, in seconds since 1970; if it never was, when it began."""
    newest = 0.0
    for name in (RUN_FILE, *SLOTS):
        with contextlib.suppress(OSError):
            newest = max(newest, (folder / name).lstat().st_mtime)
    return newest
