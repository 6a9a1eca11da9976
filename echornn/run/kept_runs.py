"""The runs that a user keeps: where they are, how new ones are named, and which is the newest."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.files.lock import is_held
from echornn.run.folders import RUN_FILE, SLOTS, is_debris
from echornn.runtime.user_folders import state_folder

NEWEST = "newest"  # the name of the newest run

MOST_OF_A_NAME = 200  # characters of a folder's name: file systems allow 255 bytes
MOST_OF_A_PART = 40  # of a task's or a cell's name in it, which the user may have chosen


def runs_folder() -> Path:
    """The folder for runs for which the user named no folder."""
    return state_folder() / "runs"


def new_folder(config: EchoConfig) -> Path:
    """Make a new folder for a run, which no other process gets, named by date and configuration;
    maybe a RunError."""
    name = _name_of_new(config)
    folder = runs_folder() / name
    number = 1
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
            folder = runs_folder() / f"{name}_{number}"
        except OSError as error:
            raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error


def _name_of_new(config: EchoConfig) -> str:
    task = f"{_plain(config.value('task'))}{config.fields().get('echo_step', '')}"
    parts = [f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_{task or 'task'}"]
    if config.cell != EchoConfig.cell:
        parts.append(_plain(getattr(config.cell, "name", config.cell)) or "cell")
    optimizer = f"{config.optimizer}{config.learning_rate:g}"
    parts.append(f"T{config.truncated_backprop_length}-state{config.state_size}-{optimizer}")
    if config.rule != "tbptt":
        parts.append(config.rule)
    parts.append(f"seed{config.seed}")
    if config.replicas > 1:
        parts.append(f"replicas{config.replicas}")
    return "-".join(parts)[:MOST_OF_A_NAME]


def _plain(name: object) -> str:
    words = re.sub(r"\W+", "-", str(name), flags=re.ASCII)
    return words.strip("-")[:MOST_OF_A_PART]


def runs(among: Path | None = None) -> list[Path]:
    """The runs in a folder (by default the state folder), the last saved first, without debris."""
    folder = among or runs_folder()
    try:
        found = [run for run in sorted(folder.iterdir()) if _is_kept(run)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror or error}") from error
    return sorted(found, key=last_saved, reverse=True)


def _is_kept(folder: Path) -> bool:
    """Whether a folder is a run, and not what a killed process left of one."""
    if not os.path.lexists(folder / RUN_FILE):
        return False
    try:
        return not is_debris(folder) or is_held(folder)
    except OSError:  # whoever reads it hears why
        return True


def find(name: str) -> Path:
    """The folder with this name, the user's run with this name, or for ``newest`` the user's newest
    run."""
    if os.path.exists(name):
        return Path(name)
    if name == NEWEST:
        newest_first = runs()
        if not newest_first:
            raise RunError(f"there is no run in {runs_folder()}")
        return newest_first[0]
    kept = runs_folder() / name
    return kept if os.path.exists(kept) else Path(name)


def last_saved(folder: Path) -> float:
    """When the run was last saved, in seconds since 1970; if it never was, when it began."""
    newest = 0.0
    for name in (RUN_FILE, *SLOTS):
        with contextlib.suppress(OSError):
            newest = max(newest, (folder / name).lstat().st_mtime)
    return newest
