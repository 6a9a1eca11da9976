"""Begins a new run in a folder, if the folder can be used."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.lock import Lock
from echornn.files.run_error import RunError
from echornn.runs import about, debris, run_files
from echornn.runs.run_files import COMMAND_FILE, LOSS_FILE, RUN_FILE


def create(folder: Path, config: EchoConfig) -> Lock:
    """Begin a run in a folder that does not exist, is empty or has only debris; returns its lock.

    Raises:
        RunError: the folder is not empty, another process writes there, or it cannot be created or written to.
    """
    was_there = os.path.lexists(folder)
    try:
        if was_there:
            _require_room(folder)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = Lock(folder)
        except OSError:
            if not was_there:
                with contextlib.suppress(OSError):
                    folder.rmdir()
            raise
        try:
            _require_room(folder)  # the previous holder of the lock may have begun a run meanwhile
            _fill(folder, config)
        except (RunError, OSError):
            lock.release()
            raise
    except OSError as error:
        raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error
    return lock


def _fill(folder: Path, config: EchoConfig) -> None:
    """Write the files of a new run, and remove debris; if a file cannot be written, none is left."""
    try:
        run_files.clear(folder)
        for name in (LOSS_FILE, COMMAND_FILE):
            own_files.create(folder / name)
        about.write(folder, config)
    except OSError:
        with contextlib.suppress(OSError):
            run_files.remove(folder)
        raise


def _require_room(folder: Path) -> None:
    if not folder.is_dir() or not debris.is_debris(folder):
        if (folder / RUN_FILE).exists():
            raise RunError(f"{folder} holds a run already: continue it with --resume, or name another folder")
        raise RunError(f"{folder} is not empty: name another folder")
