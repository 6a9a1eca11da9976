"""`States`: states along a run, from which it can be trained again; in memory, and in a file."""

from __future__ import annotations

import bisect
import contextlib
import os
import struct
import threading
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from echornn.files import safe_files
from echornn.run.branch import Position
from echornn.run.checkpoint import Checkpoint, CheckpointError, decode, encode, recorded_state
from echornn.state import PopulationState

# When the states of a run take more bytes, half of them or more are dropped
MOST_BYTES = 4 << 20
# If states are large, so many are kept, up to so many bytes; two are kept whatever their size
LEAST_KEPT, MOST_BYTES_OF_LARGE = 64, 256 << 20

HEADER_BYTES = 1200  # of a state on disk besides its arrays

_RECORD = struct.Struct("<4sIQIII")
_MAGIC = b"KEYF"


class Keyframe:
    """A state at a position of the branch that trained it, or its bytes: the writing thread encodes
    large ones."""

    def __init__(self, position: Position, state: PopulationState | bytes, digest: int = 0) -> None:
        self.position = position
        self.digest = digest  # of its branch, see `Tree.digest`
        self._state = state
        if isinstance(state, bytes):
            self.size = len(state)  # about
        else:
            _, arrays = recorded_state(state)
            self.size = HEADER_BYTES + sum(array.nbytes for array in arrays)

    def state(self) -> PopulationState | None:
        """The state; None if its bytes are damaged."""
        if not isinstance(self._state, bytes):
            return self._state
        try:
            return decode(self._state).state
        except CheckpointError:
            return None

    def as_record(self) -> bytes:
        """The record in the file: magic, branch, window, digest, length, CRC-32 of these; then the
        data."""
        data = self._state
        if not isinstance(data, bytes):
            data = encode(Checkpoint(0, data))
        terms = (*self.position, self.digest)
        return _RECORD.pack(_MAGIC, *terms, len(data), _crc(*terms, data)) + data


def _crc(branch: int, window: int, digest: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(b"%d %d %d" % (branch, window, digest)))


def read_keyframes(file: Path) -> list[Keyframe]:
    """The intact keyframes in a file, also those of another run; none if it cannot be read."""
    try:
        data = safe_files.read_bytes(file, 2 * MOST_BYTES_OF_LARGE)
    except OSError:
        return []
    found: list[Keyframe] = []
    at = data.find(_MAGIC)
    while 0 <= at <= len(data) - _RECORD.size:
        _, branch, window, digest, length, crc = _RECORD.unpack_from(data, at)
        begin = at + _RECORD.size
        state = data[begin : begin + length]
        if len(state) == length and _crc(branch, window, digest, state) == crc:
            found.append(Keyframe(Position(branch, window), state, digest))
            at = data.find(_MAGIC, begin + length)
        else:
            at = data.find(_MAGIC, at + 1)
    return found


class States:
    """The keyframes of a run. If they take too many bytes, those closest to their neighbours are
    dropped first. One thread may add while another writes them to the file, if there is one.

    States above `MOST_BYTES_OF_LARGE` stay in memory only: a file with two of them would be too
    large to be read.
    """

    def __init__(self, file: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._of: dict[int, list[Keyframe]] = {}  # by branch, in the order of windows
        self._starts: dict[int, int] = {}
        self._count = 0
        self.bytes = 0  # of all states
        self._file = file
        self._file_bytes = 0
        # Guards what is not in the file yet, between the two threads
        self._lock = threading.Lock()
        self._unsaved: list[Keyframe] = []
        self._replaces_all = False  # whether these are all that are to be in the file

    def __len__(self) -> int:
        return self._count

    def all(self) -> list[Keyframe]:
        return [keyframe for _, branch in sorted(self._of.items()) for keyframe in branch]

    def nearest(self, position: Position) -> Keyframe | None:
        """The last keyframe in the same branch at or before a position; None if there is none."""
        branch = self._of.get(position.branch, [])
        index = bisect.bisect_right(branch, position.window, key=_window)
        return branch[index - 1] if index else None

    def take_up(self, keyframes: Iterable[Keyframe]) -> None:
        """Begin with these, which replace what is in the file."""
        for keyframe in keyframes:
            self.add(keyframe)
        self._save_all()

    def add(self, keyframe: Keyframe) -> bool:
        """Add a keyframe, unless there is one at its position; returns whether it was added."""
        number, window = keyframe.position
        self._starts[number] = min(window, self._starts.get(number, window))
        branch = self._of.setdefault(number, [])
        index = bisect.bisect_left(branch, window, key=_window)
        if index < len(branch) and branch[index].position == keyframe.position:
            return False
        branch.insert(index, keyframe)
        self._count += 1
        self.bytes += keyframe.size
        if self._file is not None:
            with self._lock:
                self._unsaved.append(keyframe)
        most = max(self._most_bytes, min(LEAST_KEPT * keyframe.size, MOST_BYTES_OF_LARGE))
        while self.bytes > most and self._count > 2:
            self._thin()
        return True

    def drop(self, keyframe: Keyframe) -> None:
        """Remove a damaged keyframe, so that the previous one is used."""
        number = keyframe.position.branch
        self._of[number].remove(keyframe)
        if not self._of[number]:
            del self._of[number]
        self._count -= 1
        self.bytes -= keyframe.size

    def _thin(self) -> None:
        """Drop at least half, in dense parts first: every other one would make old gaps ever
        larger."""
        length = 0
        for number, branch in self._of.items():
            length += branch[-1].position.window - self._starts[number]
        kept, gap = self._of, length // self._count  # that of states that are evenly apart
        while sum(map(len, kept.values())) > self._count // 2:
            gap += gap // 2 + 1  # by half of it each time: few times, and not far too wide
            kept = {
                number: _sparse(branch, self._starts[number], gap)
                for number, branch in self._of.items()
            }
        self._of = {number: branch for number, branch in kept.items() if branch}
        sizes = [keyframe.size for keyframe in self.all()]
        self._count, self.bytes = len(sizes), sum(sizes)
        self._save_all()

    def _save_all(self) -> None:
        if self._file is not None:
            with self._lock:
                self._unsaved, self._replaces_all = self.all(), True

    def flush(self) -> None:
        """Write everything to the file; a crash meanwhile loses at most some of the newest
        keyframes. After an OSError the file is as long as before, so that what it was to hold does
        not take the room of other files."""
        assert self._file is not None
        with self._lock:
            unsaved, replaces_all = self._unsaved, self._replaces_all
            self._unsaved, self._replaces_all = [], False
        try:
            small = [keyframe for keyframe in unsaved if keyframe.size <= MOST_BYTES_OF_LARGE]
            data = b"".join(keyframe.as_record() for keyframe in small)
            if replaces_all:
                safe_files.write_whole(self._file, data)
                self._file_bytes = len(data)
            elif data:
                self._append(self._file, data)
        except OSError:
            with self._lock:
                if not self._replaces_all:
                    self._unsaved = [*unsaved, *self._unsaved]
                    self._replaces_all = replaces_all
            raise

    def _append(self, path: Path, data: bytes) -> None:
        with safe_files.writer(path) as file:
            end = min(self._file_bytes, os.fstat(file.fileno()).st_size)
            try:
                safe_files.write_at(file, data, end)
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(end)
                raise
            self._file_bytes = end + len(data)


def _window(keyframe: Keyframe) -> int:
    return keyframe.position.window


def _sparse(branch: Sequence[Keyframe], start: int, gap: int) -> list[Keyframe]:
    """Those without which more windows than ``gap`` would lie between the one kept before and the
    next. Of those after windows 4, 8, 12, 16 and 30, from a start at 0 and with a gap of 10, after
    8, 16 and 30."""
    kept, last = [], start
    for index, keyframe in enumerate(branch):
        after = branch[min(index + 1, len(branch) - 1)]  # behind the last is none
        if after.position.window - last > gap:
            kept.append(keyframe)
            last = keyframe.position.window
    return kept
