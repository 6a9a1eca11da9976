"""Every open of a run's file: only regular files that are there under their own name, and nothing to wait for.

A folder may have been prepared by anyone. A link in the place of a file would have a run overwrite, cut or remove what
it points to; a FIFO would have its reader wait for ever; a sparse file may be larger than the memory.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""No link is followed, and no FIFO waited for."""

ODD = (errno.ELOOP, errno.ENXIO, errno.EISDIR)
"""What opening a link, a socket or a FIFO, or a folder so may say."""


def is_regular(file: Path) -> bool:
    """Whether a regular file, and no link to one, is there; False also where nobody may look."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def is_real_folder(folder: Path) -> bool:
    """Whether a folder, and no link to one, is there; False also where nobody may look."""
    try:
        return stat.S_ISDIR(folder.lstat().st_mode)
    except OSError:
        return False


def opened(file: Path, flags: int) -> int:
    """A descriptor of a regular file.

    Args:
        flags: `os.O_RDONLY`, `os.O_WRONLY`, ... With `os.O_CREAT`, give `os.O_EXCL` for a file that must be new.

    Raises:
        OSError: it is a link, a FIFO, a folder, ...; or cannot be opened.
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
    return OSError(number or errno.EINVAL, f"{file.name} is no regular file", str(file))


def reader(file: Path) -> BinaryIO:
    """The file, to read from.

    Raises:
        OSError: see `opened`.
    """
    return open(opened(file, os.O_RDONLY), "rb")


def read_bytes(file: Path, most: int) -> bytes:
    """All that the file holds.

    Raises:
        OSError: see `opened`; or it holds more than ``most`` bytes.
    """
    with reader(file) as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"{file.name} is larger than {most:,} bytes", str(file))
    return data


def create(file: Path, data: bytes = b"") -> None:
    """A new file that holds these bytes, which are on disk for certain.

    Raises:
        OSError: something is there already, or it cannot be written; then nothing is left of it.
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
    """Write all these bytes at this place; the place behind them.

    Raises:
        OSError: not all of them are written.
    """
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
    return at


def write_whole(target: Path, data: bytes) -> None:
    """Put these bytes into a file so that, after a crash, either all of them are there or what was before.

    Raises:
        OSError: they could not be written.
    """
    new = target.with_name(target.name + ".new")
    if is_regular(new):  # a crash left it
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
    """Bring the names in a folder to the disk.

    Raises:
        OSError: they are not there.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make this folder, unless it is there.

    Raises:
        OSError: a link or something else is there, or it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    if not is_real_folder(folder):
        raise OSError(errno.ENOTDIR, f"{folder.name} is no folder of the run", str(folder))
