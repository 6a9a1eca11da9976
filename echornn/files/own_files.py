"""Opens the files of a run safely: only regular files, never links, and nothing that makes the program wait.

Anyone may have prepared the folder. A link in place of a file could make a run overwrite, cut or remove the link's
target. A FIFO could make the reader wait forever. A sparse file may be larger than the memory.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""The flags of every open: do not follow links, and do not wait for a FIFO."""

ODD = (errno.ELOOP, errno.ENXIO, errno.EISDIR)
"""Errors that opening a link, socket, FIFO or folder with these flags can raise."""


def is_regular(file: Path) -> bool:
    """Whether this path is a regular file and not a link; also False if it cannot be examined."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def is_real_folder(folder: Path) -> bool:
    """Whether this path is a folder and not a link; also False if it cannot be examined."""
    try:
        return stat.S_ISDIR(folder.lstat().st_mode)
    except OSError:
        return False


def opened(file: Path, flags: int) -> int:
    """Open a regular file; returns its descriptor.

    Args:
        flags: `os.O_RDONLY`, `os.O_WRONLY`, ... With `os.O_CREAT`, add `os.O_EXCL` if the file must be new.

    Raises:
        OSError: the path is a link, a FIFO, a folder, ...; or it cannot be opened.
    """
    try:
        descriptor = os.open(file, flags | SAFE, 0o644)
    except OSError as error:
        raise _no_regular_file(file, error.errno) if error.errno in ODD else error from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_regular_file(file, errno.EINVAL)
    return descriptor


def _no_regular_file(file: Path, number: int | None) -> OSError:
    return OSError(number or errno.EINVAL, f"{file.name} is not a regular file", str(file))


def reader(file: Path) -> BinaryIO:
    """A regular file, opened for reading.

    Raises:
        OSError: as in `opened`.
    """
    return open(opened(file, os.O_RDONLY), "rb")


def read_bytes(file: Path, most: int) -> bytes:
    """The contents of a regular file.

    Raises:
        OSError: as in `opened`; or the file has more than ``most`` bytes.
    """
    with reader(file) as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"{file.name} is larger than {most:,} bytes", str(file))
    return data


def create(file: Path, data: bytes = b"") -> None:
    """Create a new file with these bytes, and wait until it is on disk.

    Raises:
        OSError: the path exists already, or the file cannot be written; then no part of the file is left.
    """
    descriptor = opened(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        if data:
            write_all(descriptor, data, 0)
            os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            file.unlink()
        raise
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes, at: int) -> int:
    """Write all bytes at position ``at``; returns the position after them.

    Raises:
        OSError: not all bytes were written.
    """
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
    return at


def write_whole(target: Path, data: bytes) -> None:
    """Replace the contents of a file so that a crash leaves either all of the new bytes or the old ones.

    Raises:
        OSError: the file could not be written.
    """
    new = target.with_name(target.name + ".new")
    if is_regular(new):  # left by a crash
        new.unlink()
    create(new, data)
    try:
        os.replace(new, target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk.

    Raises:
        OSError: they could not be written.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder if it does not exist.

    Raises:
        OSError: the path is a link or a file, or the folder cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    if not is_real_folder(folder):
        raise OSError(errno.ENOTDIR, f"{folder.name} is not a folder of the run", str(folder))
