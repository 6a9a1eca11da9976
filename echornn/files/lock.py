"""The lock of a run's folder: only one process at a time may write; the lock ends with the process.

The lock is on the whole file (`flock`), and can only be tested by taking it, which would prevent a run from starting.
So the holder also locks one byte of the file (`F_OFD_SETLK`), which others can test.
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
"""Seconds between attempts to take the lock when no writer is known: earlier versions take the lock to test it."""

_SIGN = struct.Struct("@hhqqi0q")
"""The layout of ``struct flock``: type, whence, start, length, process id."""


def is_held(folder: Path) -> bool:
    """Whether a process is writing to the run's folder. The test changes nothing, and does not prevent a run from
    starting.

    A process of an earlier version is not noticed.

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
    """Whether another descriptor holds the lock on the byte."""
    found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _SIGN.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
    return bool(_SIGN.unpack(found)[0] != fcntl.F_UNLCK)


def _put_up_sign(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # on disks without such locks, the whole-file lock is enough
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _SIGN.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))


class Lock:
    """The right to write to a run's folder; it ends with the process.

    Raises:
        RunError: another process has the right.
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
                if self._is_there(descriptor):  # otherwise the previous holder has removed the run meanwhile
                    _put_up_sign(descriptor)
                    self._sign(descriptor)
                    return descriptor
            except (RunError, OSError):
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _sign(self, descriptor: int) -> None:
        """Write this process's id into the file; on a full disk, a new file does not stay behind."""
        is_new = not os.fstat(descriptor).st_size
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            if is_new:
                with contextlib.suppress(OSError):
                    (self._folder / LOCK_FILE).unlink()
            raise

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
        """Check that the current lock file is held; if another file has replaced it, lock that one.

        Returns:
            Whether the lock file is the same as before.

        Raises:
            OSError: there is no lock file, or another process holds it.
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
