"""The lock of a run's folder: only one process at a time may write; the lock ends with the process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from echornn.errors import RunError
from echornn.files import own_files

LOCK_FILE = "lock"

LONGEST_ID = 20

WAITS = (0.0, 0.001, 0.004, 0.016, 0.064)
"""Seconds between attempts to take the lock, which others take for a moment to test it."""


def is_held(folder: Path) -> bool:
    """Whether a process is writing to the run's folder."""
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
    """The right to write to a run's folder; it ends with the process.

    Raises:
        RunError: another process has the right.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = own_files.opened(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT)
        try:
            self._take(folder)
        except (RunError, OSError):
            os.close(self._descriptor)
            raise
        with contextlib.suppress(OSError):  # the disk may be full
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _take(self, folder: Path) -> None:
        for seconds in WAITS:
            time.sleep(seconds)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
        owner = os.pread(self._descriptor, LONGEST_ID, 0).strip()
        name = owner.decode() if owner.isdigit() else "unknown"
        raise RunError(f"{folder} is being written by another process (its id is {name})")

    def release(self) -> None:
        """Release the lock, so that others can write."""
        os.close(self._descriptor)
