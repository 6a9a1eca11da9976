"""The names of the files that a run writes; the program never counts, reads or removes any others."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from echornn.files import own_files
from echornn.files.lock import LOCK_FILE
from echornn.runs.states import checkpoint

RUN_FILE, LOSS_FILE, COMMAND_FILE, TRACEBACK_FILE = "run.json", "losses.bin", "commands.jsonl", "traceback.txt"
KEYFRAME_FILE, NOTE_FILE, SOLVED_FILE = "keyframes.bin", "branches.json", "solved.bin"
EVENT_FOLDER, EVENT_FILES = "tensorboard", "events.out.tfevents.*"
"""The curves that versions up to 0.2 wrote for TensorBoard."""

POINTER_FILE, OUTPUT_FILE, ERROR_FILE = "serving.json", "output.txt", "errors.txt"

NAMES = (
    *checkpoint.SLOTS,
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


def any_stranger(folder: Path) -> bool:
    """Whether a folder has a file that no run writes.

    Raises:
        OSError: the folder cannot be read.
    """
    names = {LOCK_FILE, *NAMES, *(f"{name}.new" for name in NAMES)}
    return any(
        _strange_events(entry) if entry.name == EVENT_FOLDER else entry.name not in names or not _is_file(entry)
        for entry in _entries(folder)
    )


def _strange_events(entry: os.DirEntry[str]) -> bool:
    if not entry.is_dir(follow_symlinks=False):
        return True
    return any(not (Path(one.name).match(EVENT_FILES) and _is_file(one)) for one in _entries(Path(entry.path)))


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries


def size(folder: Path) -> int:
    """The bytes of all files in a folder, without targets of links, and without files that disappear meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            there = file.lstat()
            total += there.st_size if stat.S_ISREG(there.st_mode) else 0
    return total


def remove(folder: Path) -> None:
    """Remove the files of a run, and its folder if nothing else is in it.

    Raises:
        OSError: some files could not be removed. If the folder is read-only, all remain.
    """
    shown = folder / EVENT_FOLDER
    for place in (folder, *([shown] if own_files.is_real_folder(shown) else [])):
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it is read-only", str(place))
    clear(folder)
    (folder / LOCK_FILE).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def clear(folder: Path) -> None:
    """Remove the files of a run except its lock.

    Raises:
        OSError: some files could not be removed.
    """
    for name in NAMES:
        for file in (folder / name, folder / f"{name}.new"):
            if not own_files.is_real_folder(file):
                file.unlink(missing_ok=True)
    shown = folder / EVENT_FOLDER
    if own_files.is_real_folder(shown):
        for file in shown.glob(EVENT_FILES):
            file.unlink()
        with contextlib.suppress(OSError):
            shown.rmdir()
