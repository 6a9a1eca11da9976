"""Keyframes: copies of states along the branches of a run, from which any window is reached quickly.

Training can compute each of these states again, so losing a keyframe costs time, but never a window.
"""

from __future__ import annotations

import bisect
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from echornn.files import own_files
from echornn.runs import checkpoint
from echornn.runs.checkpoint import Checkpoint, CheckpointError
from echornn.state import PopulationState
from echornn.timeline.branch import Position

LEAST_KEPT, MOST_BYTES, MOST_BYTES_OF_LARGE = 64, 4 << 20, 256 << 20
"""When the keyframes of a run exceed `MOST_BYTES`, up to half are dropped. If states are large, `LEAST_KEPT` of them
are kept, up to `MOST_BYTES_OF_LARGE`; two are kept whatever their size.
"""

HEADER_BYTES = 1200
"""The bytes of a state on disk besides its arrays."""

_RECORD = struct.Struct("<4sIQIII")
_MAGIC = b"KEYF"


class Keyframe:
    """A trainer's state at a position of the branch that trained it, or its bytes: encoding a large state would delay
    training, so the writing thread does it.
    """

    def __init__(self, position: Position, state: PopulationState | bytes, digest: int = 0) -> None:
        self.position = position
        self.digest = digest  # of its branch, see `Timeline.digest`
        self._state = state
        if isinstance(state, bytes):
            self.size = len(state)  # about
        else:
            checkpoint.fields_of(state, arrays := list[npt.NDArray[Any]]())
            self.size = HEADER_BYTES + sum(array.nbytes for array in arrays)

    def state(self) -> PopulationState | None:
        """The trainer's state; None if the data is damaged."""
        if not isinstance(self._state, bytes):
            return self._state
        try:
            return checkpoint.decode(self._state).state
        except CheckpointError:
            return None

    def as_record(self) -> bytes:
        """The record in the keyframe file: magic, branch, window, digest, length, CRC-32 of these; then the data."""
        state, terms = self._state, (*self.position, self.digest)
        data = state if isinstance(state, bytes) else checkpoint.encode(Checkpoint(0, state))
        return _RECORD.pack(_MAGIC, *terms, len(data), _crc(*terms, data)) + data


def _crc(branch: int, window: int, digest: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(b"%d %d %d" % (branch, window, digest)))


def records(data: bytes) -> list[Keyframe]:
    """The intact keyframes in the bytes of a file."""
    found, at = [], 0
    while 0 <= (at := data.find(_MAGIC, at)) <= len(data) - _RECORD.size:
        _, branch, window, digest, length, crc = _RECORD.unpack_from(data, at)
        end = at + _RECORD.size + length
        state = data[at + _RECORD.size : end]
        if end <= len(data) and _crc(branch, window, digest, state) == crc:
            found.append(Keyframe(Position(branch, window), state, digest))
            at = end
        else:
            at += 1
    return found


class Keyframes:
    """The keyframes of a run. If they take too many bytes, those closest to their neighbours are dropped first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._of: dict[int, list[Keyframe]] = {}
        self._starts: dict[int, int] = {}
        self._count = 0
        self.bytes = 0  # of all states
        self.thinned = 0  # how many times keyframes were dropped

    def __len__(self) -> int:
        return self._count

    def all(self) -> list[Keyframe]:
        return [one for _, branch in sorted(self._of.items()) for one in branch]

    def add(self, keyframe: Keyframe) -> bool:
        """Add a keyframe, unless there is one at its position; returns whether it was added."""
        number, window = keyframe.position
        self._starts[number] = min(window, self._starts.get(number, window))
        branch = self._of.setdefault(number, [])
        at = bisect.bisect_left(branch, window, key=lambda one: one.position.window)
        if at < len(branch) and branch[at].position == keyframe.position:
            return False
        branch.insert(at, keyframe)
        self._count += 1
        self.bytes += keyframe.size
        while self._is_too_much(keyframe.size):
            self._thin()
        return True

    def nearest(self, position: Position) -> Keyframe | None:
        """The last keyframe in the same branch at or before a position; None if there is none."""
        branch = self._of.get(position.branch, [])
        at = bisect.bisect_right(branch, position.window, key=lambda one: one.position.window)
        return branch[at - 1] if at else None

    def drop(self, keyframe: Keyframe) -> None:
        """Remove a damaged keyframe, so that the previous one is used."""
        branch = self._of[keyframe.position.branch]
        branch.remove(keyframe)
        self._count -= 1
        self.bytes -= keyframe.size
        if not branch:
            del self._of[keyframe.position.branch]

    def _is_too_much(self, newest: int) -> bool:
        most = max(self._most_bytes, min(LEAST_KEPT * newest, MOST_BYTES_OF_LARGE))
        return self.bytes > most and self._count > 2

    def _thin(self) -> None:
        """Drop at least half: in dense parts, as many as possible without gaps larger than some limit.

        Dropping every other keyframe each time would make the gaps between old keyframes ever larger.
        """
        self.thinned += 1
        length = sum(row[-1].position.window - self._starts[number] for number, row in self._of.items())
        kept, gap = self._of, length // self._count
        while sum(map(len, kept.values())) > self._count // 2:
            gap += gap // 2 + 1
            kept = {number: _sparse(row, self._starts[number], gap) for number, row in self._of.items()}
        self._of = {number: row for number, row in kept.items() if row}
        sizes = [one.size for row in self._of.values() for one in row]
        self._count, self.bytes = len(sizes), sum(sizes)


def _sparse(row: Sequence[Keyframe], start: int, gap: int) -> list[Keyframe]:
    kept, last = [], start
    for one, after in zip(row, [*row[1:], row[-1]], strict=True):
        if after.position.window - last > gap:
            kept.append(one)
            last = one.position.window
    return kept


class KeyframeLog:
    """The file of a run's keyframes, whose contents are kept until `replace`. One thread may add while another writes.

    States above `MOST_BYTES_OF_LARGE` stay in memory only: a file with two of them would be too large to be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._unsaved: list[Keyframe] = []
        self._anew = False  # whether they replace those in the file

    def add(self, keyframe: Keyframe) -> None:
        with self._lock:
            self._unsaved.append(keyframe)

    def replace(self, keyframes: Sequence[Keyframe]) -> None:
        """Replace all keyframes with the next `flush`."""
        with self._lock:
            self._unsaved, self._anew = list(keyframes), True

    def flush(self) -> None:
        """Write everything to the disk; a crash meanwhile loses at most some of the newest keyframes."""
        with self._lock:
            unsaved, anew = self._unsaved, self._anew
            self._unsaved, self._anew = [], False
        try:
            data = b"".join(one.as_record() for one in unsaved if one.size <= MOST_BYTES_OF_LARGE)
            if anew:
                own_files.write_whole(self._file, data)
            elif data:
                with own_files.writer(self._file) as file:
                    own_files.write_at(file, data, os.fstat(file.fileno()).st_size)
                    os.fsync(file.fileno())
        except OSError:
            with self._lock:
                if not self._anew:
                    self._unsaved, self._anew = [*unsaved, *self._unsaved], anew
            raise
