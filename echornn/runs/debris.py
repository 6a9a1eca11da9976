"""Debris: files of a process that was killed before it first saved its run. A folder with only these counts as
empty.
"""

from __future__ import annotations

import os
from pathlib import Path

from echornn.files.lock import is_held
from echornn.files.run_error import RunError
from echornn.runs import about
from echornn.runs.run_files import RUN_FILE, any_stranger
from echornn.runs.states import checkpoint


def is_debris(folder: Path) -> bool:
    """Whether a folder is empty, or has only a run's files without a checkpoint.

    Raises:
        OSError: the folder cannot be read.
    """
    if any(os.path.lexists(folder / name) for name in checkpoint.SLOTS) or any_stranger(folder):
        return False
    if not os.path.lexists(folder / RUN_FILE):
        return True
    try:
        about.read(folder)
    except RunError:  # another version may store checkpoints elsewhere
        return False
    return True


def is_abandoned(folder: Path) -> bool:
    """Whether a folder has only debris, and no process writes there; False if that cannot be found out."""
    try:
        return is_debris(folder) and not is_held(folder)
    except OSError:
        return False
