"""A file that only grows: what a full or vanished disk did not take is kept in memory and written later, in order."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from echornn.checkpoint import LogEnd

MAX_PENDING_BYTES = 1 << 28
"""Most bytes kept in memory while the disk takes none; of more, the oldest are replaced by filler."""

PIECE_BYTES = 1 << 20


class AppendLog:
    """Appends records to a file, none twice and none left out.

    Args:
        file: exists, and holds at least ``end.length`` bytes; what lies beyond is overwritten.
        end: what is on disk.
        filler: a record that says "lost", for those that memory could not keep; without it, memory keeps all.
    """

    def __init__(self, file: Path, end: LogEnd, filler: bytes = b"") -> None:
        self.end = end
        """What is on disk for certain."""
        self._file = file
        self._filler = filler
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._lost_bytes = 0

    @property
    def unsaved_bytes(self) -> int:
        """Bytes that are not on disk for certain."""
        return self._lost_bytes + self._pending_bytes

    @property
    def lost_bytes(self) -> int:
        """Bytes of the unsaved ones that memory could not keep."""
        return self._lost_bytes

    def append(self, records: bytes) -> None:
        """Take whole records; they are on disk after the next `flush` that succeeds."""
        self._pending.append(records)
        self._pending_bytes += len(records)
        while self._filler and self._pending_bytes > MAX_PENDING_BYTES:
            oldest = len(self._pending.popleft())
            self._pending_bytes -= oldest
            self._lost_bytes += oldest

    def flush(self) -> None:
        """Bring all records to the disk.

        Raises:
            OSError: not all of them are there; what is missing stays in memory.
        """
        if not self.unsaved_bytes:
            return
        descriptor = os.open(self._file, os.O_WRONLY)
        try:
            if os.fstat(descriptor).st_size < self.end.length:
                raise OSError(f"{self._file.name} has become shorter than what was written")
            at, crc = self.end.length, self.end.crc
            for piece in self._pieces():
                at, crc = _write_all(descriptor, piece, at), zlib.crc32(piece, crc)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.end = LogEnd(at, crc)
        self._pending.clear()
        self._pending_bytes = self._lost_bytes = 0

    def _pieces(self) -> Iterator[bytes]:
        for at in range(0, self._lost_bytes, PIECE_BYTES):
            yield self._filler * (min(PIECE_BYTES, self._lost_bytes - at) // len(self._filler))
        yield from self._pending


def ends_at(file: Path, end: LogEnd) -> bool:
    """Whether the file begins with exactly the bytes that ended there.

    Raises:
        OSError: it could not be read.
    """
    return end_of(file, end.length) == end


def end_of(file: Path, most: int | None = None) -> LogEnd:
    """The end of the file, or of its first ``most`` bytes.

    Raises:
        OSError: it could not be read.
    """
    end = LogEnd()
    with open(file, "rb") as log:
        while piece := log.read(PIECE_BYTES if most is None else min(most - end.length, PIECE_BYTES)):
            end = LogEnd(end.length + len(piece), zlib.crc32(piece, end.crc))
    return end


def _write_all(descriptor: int, data: bytes, at: int) -> int:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written
    return at
