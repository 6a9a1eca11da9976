"""The right to write into a run's folder: one process has it at a time, and loses it when it is gone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from echornn.runs.run_error import RunError

LOCK_FILE = "lock"


def is_held(folder: Path) -> bool:
    """Whether a process writes into the run's folder; nothing is changed.

    Raises:
        OSError: the lock cannot be read.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Lock:
    """The right to write into a run's folder; it ends with the process.

    Raises:
        RunError: another process has it.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = self._take()

    def _take(self) -> int:
        descriptor = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise RunError(f"{self._folder} is being written by another process (its id is {owner})") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def check(self) -> None:
        """Make sure that the folder is still the one that was locked, or lock the one that has come in its place.

        Raises:
            OSError: it is not there, or belongs to another process.
        """
        there, ours = os.stat(self._folder / LOCK_FILE), os.fstat(self._descriptor)
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            try:
                descriptor = self._take()
            except RunError as error:
                raise OSError(str(error)) from error
            os.close(self._descriptor)
            self._descriptor = descriptor

    def release(self) -> None:
        """Let others write."""
        os.close(self._descriptor)
