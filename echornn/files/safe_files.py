"""Files of a run or a sweep: written whole, or appended to; regular files of limited size, never
links."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zlib
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

# The flags of every open: follow no links, and do not wait
SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def opened(file: Path, flags: int) -> int:
    """Open a regular file; returns its descriptor.

    With `os.O_CREAT`, add `os.O_EXCL` if the file must be new.
    """
    descriptor = os.open(file, flags | SAFE, 0o644)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(file))
    return descriptor


def reader(file: Path) -> BinaryIO:
    return open(opened(file, os.O_RDONLY), "rb")


def writer(file: Path, flags: int = os.O_CREAT) -> FileIO:
    """A regular file, opened for writing without a buffer."""
    return FileIO(opened(file, os.O_WRONLY | flags), "w")


def read_bytes(file: Path, most: int) -> bytes:
    """The contents of a regular file of at most ``most`` bytes."""
    with reader(file) as source:
        if os.fstat(source.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"{file.name} is larger than {most:,} bytes", str(file))
        return source.read()


def write_at(file: FileIO, data: bytes, at: int) -> int:
    """Write all bytes at a position; returns the position after them."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file.fileno(), view, at)
        view = view[written:]
        at += written
    return at


def write_whole(target: Path, data: bytes, is_synced: bool = True) -> None:
    """Replace a file so that a crash leaves all of the new bytes or the old ones; of the machine
    too, if synced."""
    new = target.with_name(target.name + ".new")
    new.unlink(missing_ok=True)  # left by a crash
    try:
        with writer(new, os.O_CREAT | os.O_EXCL) as file:
            write_at(file, data, 0)
            if is_synced:
                os.fsync(file.fileno())
        os.replace(new, target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    if is_synced:
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the names in it
        finally:
            os.close(folder)


# ---- logs, which only grow

PIECE_BYTES = 1 << 20  # read at once; chosen by eye


class LogEnd(NamedTuple):
    """An end of a log: a length in bytes, with the CRC-32 of all bytes up to there."""

    length: int = 0
    crc: int = 0

    def after(self, data: bytes) -> LogEnd:
        return LogEnd(self.length + len(data), zlib.crc32(data, self.crc))


NO_LOG = LogEnd()


def end_of(file: Path, most: float = float("inf")) -> LogEnd:
    """The end of the file, or of its first ``most`` bytes."""
    end = LogEnd()
    with reader(file) as log:
        while piece := log.read(int(min(most - end.length, PIECE_BYTES))):
            end = end.after(piece)
    return end
