"""A file that only grows. Records that a full or missing disk did not accept stay in memory, and are written later."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from echornn.errors import RunError
from echornn.files import own_files

MAX_PENDING_BYTES = 1 << 28
"""The most bytes kept in memory while the disk accepts none; if there are more, the oldest are replaced by filler.

A flush that hangs additionally holds the bytes that it writes, at most as many again.
"""

PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class LogEnd:
    """An end of a log: a length, with a checksum of all bytes up to that length.

    Attributes:
        length: the length in bytes.
        crc: the CRC-32 of these bytes.
    """

    length: int = 0
    crc: int = 0


NO_LOG = LogEnd()
"""The end of an empty log."""


class AppendLog:
    """Appends records to a file, each exactly once. One thread may append while another flushes.

    Args:
        file: the file, with at least ``end.length`` bytes; any bytes beyond are overwritten.
        end: the end of what is surely on disk.
        filler: a record that means "lost", to replace records that memory could not keep; without it, memory keeps all.
    """

    def __init__(self, file: Path, end: LogEnd, filler: bytes = b"") -> None:
        self.end = end
        """The end of the records that are surely on disk."""
        self._file = file
        self._filler = filler
        self._lock = threading.Lock()
        self._pending: deque[bytes] = deque()
        self._first = self._length = end.length

    @property
    def length(self) -> int:
        """The length of the file in bytes once all records are on disk."""
        return self._length

    @property
    def pending_bytes(self) -> int:
        """The number of bytes in memory that may not be on disk yet."""
        return self._length - self._first

    @property
    def lost_bytes(self) -> int:
        """The number of bytes that may not be on disk and that memory could not keep."""
        return max(0, self._first - self.end.length)

    def append(self, records: bytes) -> None:
        """Add whole records; the next successful `flush` writes them to the disk."""
        with self._lock:
            self._pending.append(records)
            self._length += len(records)
            while self._filler and self.pending_bytes > MAX_PENDING_BYTES:
                self._first += len(self._pending.popleft())

    def flush(self, length: int | None = None) -> None:
        """Write all records to the disk, or only those up to an earlier value of `length`; after an OSError, those that
        were not written stay in memory.
        """
        with self._lock:
            length = self._length if length is None else length
            pieces = self._pieces(length)
        if length <= self.end.length:
            return
        descriptor = own_files.opened(self._file, os.O_WRONLY | os.O_CREAT)
        try:
            if os.fstat(descriptor).st_size < self.end.length:
                raise OSError(f"{self._file.name} is shorter than when it was last written")
            at, crc = self.end.length, self.end.crc
            for piece in pieces:
                at, crc = own_files.write_all(descriptor, piece, at), zlib.crc32(piece, crc)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with self._lock:
            self.end = LogEnd(at, crc)
            while self._pending and self._first < at:
                self._first += len(self._pending.popleft())

    def _pieces(self, length: int) -> Iterator[bytes]:
        """The bytes between the end on disk and ``length``."""
        pending, at = list(self._pending), self._first
        lost = min(at, length) - self.end.length

        def pieces() -> Iterator[bytes]:
            for begin in range(0, lost, PIECE_BYTES):
                yield self._filler * (min(PIECE_BYTES, lost - begin) // len(self._filler))
            begin = at
            for piece in pending:
                if begin >= length:
                    break
                yield piece
                begin += len(piece)

        return pieces()


def ends_at(file: Path, end: LogEnd) -> bool:
    """Whether the file begins with the bytes that ``end`` describes."""
    return size_of(file) >= end.length and end_of(file, end.length) == end


def size_of(file: Path) -> int:
    """The size of the file in bytes."""
    with own_files.reader(file) as log:
        return os.fstat(log.fileno()).st_size


def end_of(file: Path, most: int | None = None) -> LogEnd:
    """The end of the file, or of its first ``most`` bytes, with the checksum."""
    end = LogEnd()
    with own_files.reader(file) as log:
        while piece := log.read(PIECE_BYTES if most is None else min(most - end.length, PIECE_BYTES)):
            end = LogEnd(end.length + len(piece), zlib.crc32(piece, end.crc))
    return end


NO_SUCH_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
"""Errors that mean that the path can never be written; other errors are the disk's."""


def write_whole(target: Path, save: Callable[[Path], object]) -> None:
    """Write to a temporary file beside the target, which is replaced once that file is complete.

    Args:
        save: writes the file of the given path, whose name ends as the target's.

    Raises:
        RunError: the target cannot be written: there is no such folder, say, or it is not a regular file.
        OSError: the disk did not accept it; an existing file is unchanged.
    """
    place = Path(os.path.realpath(target))
    try:
        if place.exists() and not place.is_file():
            raise RunError(f"{target} cannot be written: it exists and is not a regular file")
        with tempfile.TemporaryDirectory(prefix=".echornn-", dir=place.parent) as folder:
            new = Path(folder) / f"new{target.suffix}"
            save(new)
            os.replace(new, place)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}"
        if error.errno in NO_SUCH_PLACE:
            raise RunError(message) from error
        raise OSError(message) from error
