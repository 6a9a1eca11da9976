"""The right to write into a run's folder: one process has it at a time, and loses it when it is gone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from echornn.runs import own_files
from echornn.runs.run_error import RunError

LOCK_FILE = "lock"

LONGEST_ID = 20


def is_held(folder: Path) -> bool:
    """Whether a process writes into the run's folder; nothing is changed.

    Raises:
        OSError: the lock cannot be read.
    """
    try:
        descriptor = own_files.opened(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
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
        while True:
            descriptor = own_files.opened(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_there(descriptor):  # else whoever had it has removed the run meanwhile
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return descriptor
            except BlockingIOError:
                owner = os.pread(descriptor, LONGEST_ID, 0).strip()
                os.close(descriptor)
                name = owner.decode() if owner.isdigit() else "unknown"
                raise RunError(f"{self._folder} is being written by another process (its id is {name})") from None
            except OSError:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _is_there(self, descriptor: int) -> bool:
        """Whether the file that is open here has its name still."""
        try:
            there = os.stat(self._folder / LOCK_FILE, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(descriptor))

    def check(self) -> bool:
        """Make sure that the lock is held that is there now, and take it where another has come in its place.

        Returns:
            Whether it is the same as before.

        Raises:
            OSError: it is not there, or belongs to another process.
        """
        if self._is_there(self._descriptor):
            return True
        try:
            descriptor = self._take()
        except RunError as error:
            raise OSError(str(error)) from error
        os.close(self._descriptor)
        self._descriptor = descriptor
        return False

    def release(self) -> None:
        """Let others write."""
        os.close(self._descriptor)
