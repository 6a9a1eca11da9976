"""The lock on a run's folder: one process at a time may write, and a process that ends loses the lock.

The lock covers the whole file (`flock`). Nobody can ask whether it is held without taking it, and while an asker had
it, a run could not start. So the holder also locks a byte of the file (`F_OFD_SETLK`), about which others can ask.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from pathlib import Path

from echornn.files import own_files
from echornn.files.run_error import RunError

LOCK_FILE = "lock"

LONGEST_ID = 20

WAITS = (0.0, 0.001, 0.004, 0.016, 0.064)
"""Seconds between tries to take the lock if no writer is known: earlier versions take the lock just to look at it."""

_SIGN = struct.Struct("@hhqqi0q")
"""The layout of ``struct flock``: kind, reference point, start, length, process."""


def is_held(folder: Path) -> bool:
    """Whether a process writes into the run's folder; asking changes nothing and prevents no start.

    A process of an earlier version is not seen.

    Raises:
        OSError: the lock cannot be read.
    """
    try:
        descriptor = own_files.opened(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return _has_sign(descriptor)
    finally:
        os.close(descriptor)


def _has_sign(descriptor: int) -> bool:
    """Whether another descriptor than this one holds the lock on the byte."""
    found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _SIGN.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
    return bool(_SIGN.unpack(found)[0] != fcntl.F_UNLCK)


def _put_up_sign(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # on a disk without such locks, the lock itself is as good
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _SIGN.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))


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
                self._lock(descriptor)
                if self._is_there(descriptor):  # else the previous holder has removed the run meanwhile
                    _put_up_sign(descriptor)
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return descriptor
            except (RunError, OSError):
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        for seconds in WAITS:
            time.sleep(seconds)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                with contextlib.suppress(OSError):
                    if _has_sign(descriptor):
                        break
        owner = os.pread(descriptor, LONGEST_ID, 0).strip()
        name = owner.decode() if owner.isdigit() else "unknown"
        raise RunError(f"{self._folder} is being written by another process (its id is {name})")

    def _is_there(self, descriptor: int) -> bool:
        """Whether the open file still has its name."""
        try:
            there = os.stat(self._folder / LOCK_FILE, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(descriptor))

    def check(self) -> bool:
        """Make sure that the lock file that is there now is held; take it if another one has replaced it.

        Returns:
            Whether the file is the same as before.

        Raises:
            OSError: there is no lock file, or it belongs to another process.
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
        """Release the lock, so that others can write."""
        os.close(self._descriptor)
