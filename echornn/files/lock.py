"""The lock of a folder, so that one process writes to it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from echornn.errors import RunError
from echornn.files.safe_files import opened, reader

LOCK_FILE = "lock"
# Before each further try, since others take the lock for a moment to test it: chosen by eye
WAITS = (0.001, 0.004, 0.016, 0.064)


def is_held(folder: Path) -> bool:
    """Whether a process is writing to the folder."""
    try:
        with reader(folder / LOCK_FILE) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class Lock:
    """The right to write to a folder, until the process ends; a RunError if another process has
    it."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = opened(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT)
        if not self._try():
            owner = os.pread(self._descriptor, 20, 0).strip()
            self.release()
            name = owner.decode() if owner.isdigit() else "unknown"
            raise RunError(f"{folder} is being written by another process (its id is {name})")
        with contextlib.suppress(OSError):  # the disk may be full
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _try(self) -> bool:
        """Take the lock, if it can be; returns whether it was."""
        for seconds in (0.0, *WAITS):
            time.sleep(seconds)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
        return False

    def release(self) -> None:
        os.close(self._descriptor)
