"""The names of the files that a run writes."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from echornn.files.lock import LOCK_FILE

SLOTS = ("checkpoint-0", "checkpoint-1")
"""The two files, written in turn, so that the previous checkpoint stays intact whatever happens to the newest."""


RUN_FILE, LOSS_FILE, COMMAND_FILE, TRACEBACK_FILE = "run.json", "losses.bin", "commands.jsonl", "traceback.txt"
KEYFRAME_FILE, NOTE_FILE, SOLVED_FILE = "keyframes.bin", "branches.json", "solved.bin"
EVENT_FOLDER = "tensorboard"
"""The folder with curves that versions up to 0.2 wrote."""

POINTER_FILE, OUTPUT_FILE, ERROR_FILE = "serving.json", "output.txt", "errors.txt"

NAMES = (
    *SLOTS,
    COMMAND_FILE,
    KEYFRAME_FILE,
    NOTE_FILE,
    SOLVED_FILE,
    LOSS_FILE,
    TRACEBACK_FILE,
    POINTER_FILE,
    OUTPUT_FILE,
    ERROR_FILE,
    RUN_FILE,
)
"""All files of a run except its lock, in the order of removal: if it stops halfway, a run or debris remains."""


def size(folder: Path) -> int:
    """The bytes of all files in a folder, without files that disappear meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += 0 if file.is_dir() else file.lstat().st_size
    return total


def remove(folder: Path) -> None:
    """Remove the files of a run, and its folder if nothing else is in it."""
    clear(folder)
    (folder / LOCK_FILE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else is in it
        folder.rmdir()


def clear(folder: Path) -> None:
    """Remove the files of a run except its lock."""
    for name in NAMES:
        for file in (folder / name, folder / f"{name}.new"):
            file.unlink(missing_ok=True)
    shutil.rmtree(folder / EVENT_FOLDER, ignore_errors=True)
