"""Opens, writes and reads the files of a run: regular files of limited size, never links; a crash leaves none half
written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""The flags of every open: do not follow links, and do not wait."""


def opened(file: Path, flags: int) -> int:
    """Open a regular file; returns its descriptor.

    Args:
        flags: `os.O_RDONLY`, `os.O_WRONLY`, ... With `os.O_CREAT`, add `os.O_EXCL` if the file must be new.
    """
    descriptor = os.open(file, flags | SAFE, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(file))
    return descriptor


def reader(file: Path) -> BinaryIO:
    """A regular file, opened for reading."""
    return open(opened(file, os.O_RDONLY), "rb")


def read_bytes(file: Path, most: int) -> bytes:
    """The contents of a regular file."""
    with reader(file) as source:
        if os.fstat(source.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"{file.name} is larger than {most:,} bytes", str(file))
        return source.read()


def read_records(file: BinaryIO, record: np.dtype[np.void], most: int) -> npt.NDArray[np.void]:
    """The next whole records of an open file, as a read-only array [n]; n is below ``most`` only at the file's end.

    `numpy.fromfile` would lose a Ctrl+C that arrives during its first call, and raise a TypeError instead.
    """
    read = file.read(most * record.itemsize)
    return np.frombuffer(read, record, len(read) // record.itemsize)


def write_all(descriptor: int, data: bytes, at: int) -> int:
    """Write all bytes at position ``at``; returns the position after them."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
    return at


def write_whole(target: Path, data: bytes, is_synced: bool = True) -> None:
    """Replace the contents of a file so that a crash leaves either all of the new bytes or the old ones.

    Args:
        is_synced: whether to wait until it is on the disk.
    """
    new = target.with_name(target.name + ".new")
    new.unlink(missing_ok=True)  # left by a crash
    descriptor = opened(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        write_all(descriptor, data, 0)
        if is_synced:
            os.fsync(descriptor)
        os.replace(new, target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    finally:
        os.close(descriptor)
    if is_synced:
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
