"""The logs of a run's folder, which only grow: appended to on the training thread, written on
another, and read by anybody."""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

import numpy as np

from echornn.files import safe_files
from echornn.files.safe_files import NO_LOG, PIECE_BYTES, LogEnd, end_of
from echornn.history.windows import LOST, StoredWindows, lost
from echornn.run.layout import LossLayout, row_bytes
from echornn.run.tree import LogRange

# In memory while the disk accepts none; beyond, the oldest windows are lost
MAX_PENDING_BYTES = 1 << 28


class Log:
    """A file to which records are appended, each once, later if the disk refuses. One thread may
    append while another flushes.

    What is behind the end is only overwritten, and not removed until `cut`: a checkpoint that could
    not be read for a while may still need it.
    """

    def __init__(self, file: Path, end: LogEnd, length: int) -> None:
        self.end = end  # of what is surely on disk
        self.length = length  # once all records are on disk
        self._file = file
        # Guards what the two threads share; held for moments, never while writing
        self._lock = threading.Lock()

    def flush(self, length: int) -> None:
        """Write all records up to an earlier value of `length` to the disk; after an OSError, all
        stay in memory."""
        raise NotImplementedError

    def cut(self) -> None:
        """Remove what is behind the end, once a checkpoint says where that is."""
        if self._size() > self.end.length:
            with safe_files.writer(self._file) as file:
                file.truncate(self.end.length)

    def _size(self) -> int:
        """The bytes in the file; 0 if somebody has removed it."""
        try:
            return self._file.lstat().st_size
        except FileNotFoundError:
            return 0


class WindowLog(Log):
    """A log of windows. Those that are neither on disk nor in memory are marked as lost.

    Args:
        file: the file, which may have fewer windows than the run.
        end: of the windows that it has.
        length: the bytes of all windows of the run.
    """

    def __init__(self, file: Path, end: LogEnd, length: int) -> None:
        super().__init__(file, end, length)
        self._pending: deque[bytes] = deque()
        self._first = self.length  # where in the file the first pending record belongs

    def append(self, records: bytes) -> None:
        with self._lock:
            self._pending.append(records)
            self.length += len(records)
            while self.length - self._first > MAX_PENDING_BYTES:
                self._first += len(self._pending.popleft())

    @property
    def lost_bytes(self) -> int:
        """The number of bytes that are not on disk and that memory could not keep."""
        return max(0, self._first - self.end.length)

    def flush(self, length: int) -> None:
        size = self._size()
        if size < self.end.length:  # somebody has removed it, or a part of it
            self.end = end_of(self._file) if size else NO_LOG
        with self._lock:
            first, pending, end = self._first, deque(self._pending), self.end
        if end.length >= length:
            return
        with safe_files.writer(self._file) as file:
            while end.length < length:
                if end.length < first:  # memory could not keep these
                    stop = min(first, length, end.length + PIECE_BYTES)
                    piece = LOST * (stop - end.length)
                else:
                    piece = pending.popleft()
                safe_files.write_at(file, piece, end.length)
                end = end.after(piece)
            os.fsync(file.fileno())
        with self._lock:
            self.end = end
            while self._pending and self._first < end.length:
                self._first += len(self._pending.popleft())


class WholeLog(Log):
    """A log that memory has as a whole, since it is small: if its file is gone, it is written anew.

    Args:
        file: the file.
        contents: what is to be in the file, so far.
        is_stored: whether it begins so already.
    """

    def __init__(self, file: Path, contents: bytes, is_stored: bool = True) -> None:
        super().__init__(file, NO_LOG.after(contents) if is_stored else NO_LOG, len(contents))
        self._contents = bytearray(contents)

    def append(self, records: bytes) -> None:
        with self._lock:
            self._contents += records
            self.length += len(records)

    def flush(self, length: int) -> None:
        is_whole = self._size() >= self.end.length
        if is_whole and self.end.length >= length:
            return
        with self._lock:
            contents = bytes(self._contents[:length])
        if is_whole and self.end.length:
            added = contents[self.end.length :]
            with safe_files.writer(self._file) as file:
                safe_files.write_at(file, added, self.end.length)
                os.fsync(file.fileno())
        else:  # all at once: a crash leaves the file as it was
            safe_files.write_whole(self._file, contents)
        self.end = NO_LOG.after(contents)


class WindowReader:
    """Reads windows of a run's log, and continues the checksum of those that it read one after the
    other. Windows that the log does not have are lost, as are those of another number of networks
    than is asked for, and all if there is no such file: earlier versions wrote none of norms.
    """

    def __init__(self, file: Path, layout: LossLayout, end: LogEnd = NO_LOG) -> None:
        self.end = end  # of what was read one after the other
        self._layout = layout
        self._log = None
        if os.path.lexists(file):
            self._log = safe_files.reader(file)

    def __enter__(self) -> WindowReader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._log is not None:
            self._log.close()

    def read(self, part: LogRange) -> StoredWindows:
        """Windows of a branch, [n, replicas]."""
        end = part.at + part.last - part.first
        return self.windows(part.at, end, part.branch.config.replicas)

    def windows(self, first: int, last: int, replicas: int) -> StoredWindows:
        """The windows ``first`` to ``last`` of the run, [n, replicas]."""
        windows = lost(last - first, replicas)
        for begin, end, networks in self._layout.parts(first, last):
            data = self._whole_rows(self._layout.offset(begin), self._layout.offset(end), networks)
            if networks == replicas:
                there = np.frombuffer(data, windows.dtype).reshape(-1, replicas)
                windows[begin - first :][: len(there)] = there
        return windows

    def _whole_rows(self, begin: int, end: int, networks: int) -> bytes:
        """The bytes between these places; if there are fewer, of whole windows."""
        if self._log is None:
            return b""
        self._log.seek(begin)
        data = self._log.read(end - begin)
        data = data[: len(data) // row_bytes(networks) * row_bytes(networks)]
        if begin == self.end.length:
            self.end = self.end.after(data)
        return data
