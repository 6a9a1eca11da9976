"""The saved states of a run: its checkpoints, which are written completely or not at all, and its
keyframes."""

from __future__ import annotations

import bisect
import dataclasses
import functools
import itertools
import json
import os
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.files import own_files, recorded_values
from echornn.files.own_files import NO_LOG, LogEnd
from echornn.files.recorded_values import (
    NO_RECORD,
    config_from,
    record_of,
    record_of_changes,
    shortened,
)
from echornn.history.windows import kept_type
from echornn.runs.folders import SLOTS
from echornn.state import PopulationState, TrainerState
from echornn.timeline.branch import Position
from echornn.training.structure import Devices, program_key


@dataclass(frozen=True)
class LossLayout:
    """The number of networks of each window of a loss log, which has an entry for each of them."""

    # (window, number of networks from it on), the first is window 0
    changes: tuple[tuple[int, int], ...] = ((0, 1),)

    def since(self, window: int, replicas: int) -> LossLayout:
        """The layout if ``replicas`` networks are trained from ``window`` on."""
        earlier = self.changes if self.changes[-1][0] < window else self.changes[:-1]
        return LossLayout(
            earlier if earlier and earlier[-1][1] == replicas else (*earlier, (window, replicas))
        )

    def offset(self, window: int) -> int:
        """The position of a window in the log, in bytes."""
        at = bisect.bisect_right(self.changes, window, key=lambda change: change[0]) - 1
        first, replicas = self.changes[at]
        return self._offsets[at] + (window - first) * row_bytes(replicas)

    def windows(self, length: int) -> int:
        """The number of complete windows in the first ``length`` bytes of the log."""
        at = bisect.bisect_right(self._offsets, length) - 1
        first, replicas = self.changes[at]
        return first + (length - self._offsets[at]) // row_bytes(replicas)

    def parts(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """The windows ``first <= window < last`` in parts with the same number of networks: first,
        last, networks."""
        ends = (*(window for window, _ in self.changes[1:]), last)
        for (begin, replicas), end in zip(self.changes, ends, strict=True):
            if max(begin, first) < min(end, last):
                yield max(begin, first), min(end, last), replicas

    @functools.cached_property
    def _offsets(self) -> list[int]:
        sizes = (
            (after - first) * row_bytes(count)
            for (first, count), (after, _) in itertools.pairwise(self.changes)
        )
        return list(itertools.accumulate(sizes, initial=0))


def row_bytes(replicas: int) -> int:
    return kept_type(replicas).itemsize * replicas


OF_ONE = LossLayout()  # of a run with a single network throughout, as in records of early versions
MAGIC, FORMAT, DIGEST_BYTES = b"ECHORNN\0", 1, 32
PREFIX = struct.Struct("<8sII")
"""A file has: magic, format (uint32), header length (uint32), JSON header, arrays, SHA-256 of
all."""

MOST_FILE_BYTES = 1 << 34  # the largest file that is read


class CheckpointError(ValueError):
    """A file is no intact checkpoint with a format and fields that this version knows; the message
    says why."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The saved state of a run at one time, and the ends of its logs then."""

    serial: int  # the number of checkpoints that the run had before
    state: PopulationState
    losses: LogEnd = NO_LOG
    commands: LogEnd = NO_LOG
    # The window along the path, from 1; 0 if not solved, None in early versions
    solved_at: int | None = None
    # None (version 0.1.0) is the end of the branch trained last
    position: tuple[int, int] | None = None
    layout: LossLayout = OF_ONE
    solved: LogEnd = NO_LOG
    lost_at: int | None = None  # as `solved_at`
    devices: Devices = field(default_factory=dict)

    @property
    def trained(self) -> int:
        """The number of windows in the loss log."""
        return self.layout.windows(self.losses.length)


def encode(checkpoint: Checkpoint) -> bytes:
    arrays: Arrays = []
    state = fields_of(checkpoint.state, arrays)
    devices = [(record_of_changes(config), device) for config, device in checkpoint.devices.items()]
    described, payload = recorded_values.packed(arrays)
    header = {
        "serial": checkpoint.serial,
        "config": record_of(checkpoint.state.config),
        "state": state,
        "losses": checkpoint.losses._asdict(),
        "commands": checkpoint.commands._asdict(),
        "stands": checkpoint.position,
        "solved_at": checkpoint.solved_at,
        **({} if checkpoint.lost_at is None else {"lost_at": checkpoint.lost_at}),
        **({} if checkpoint.layout == OF_ONE else {"layout": checkpoint.layout.changes}),
        **({} if checkpoint.solved == NO_LOG else {"solved": checkpoint.solved._asdict()}),
        **({} if not devices else {"devices": devices}),
        "arrays": described,
    }
    text = json.dumps(header).encode()
    content = PREFIX.pack(MAGIC, FORMAT, len(text)) + text + payload
    return content + _digest(content)


def _digest(content: bytes) -> bytes:
    import hashlib  # slow to import, and not needed before the first frame

    return hashlib.sha256(content).digest()


def decode(data: bytes) -> Checkpoint:
    """The checkpoint of these bytes; a CheckpointError if they are cut off, changed, or of another
    version."""
    if len(data) < PREFIX.size + DIGEST_BYTES:
        raise CheckpointError("cut short")
    magic, version, header_bytes = PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise CheckpointError("not a checkpoint of this program")
    content, arrays_at = data[:-DIGEST_BYTES], PREFIX.size + header_bytes
    if _digest(content) != data[-DIGEST_BYTES:]:
        raise CheckpointError("damaged: its checksum is wrong")
    if version != FORMAT:
        raise CheckpointError(f"of format {version}: this version reads {FORMAT}")
    try:
        header = json.loads(content[PREFIX.size : arrays_at])
        arrays = recorded_values.arrays_from(header["arrays"], content[arrays_at:])
        position = header.get("stands")
        return Checkpoint(
            recorded_values.whole(header["serial"], "serial"),
            _state_of(header["state"], config_from(header["config"]), arrays),
            LogEnd(**header["losses"]),
            LogEnd(**header["commands"]),
            header.get("solved_at"),
            None if position is None else (position[0], position[1]),
            LossLayout(
                tuple((first, replicas) for first, replicas in header.get("layout", OF_ONE.changes))
            ),
            LogEnd(**header.get("solved", {})),
            header.get("lost_at"),
            {
                program_key(config_from(fields)): device
                for fields, device in header.get("devices", [])
            },
        )
    except NO_RECORD as error:
        raise CheckpointError(f"not readable by this version: {shortened(error)}") from error


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint over the older of the two files; a crash at any time leaves the newer one
    intact."""
    own_files.write_whole(folder / SLOTS[checkpoint.serial % len(SLOTS)], encode(checkpoint))


def load(folder: Path) -> tuple[list[Checkpoint], list[str]]:
    """The intact checkpoints in a folder, newest first, and messages about the others."""
    found: list[Checkpoint] = []
    wrong: list[str] = []
    for name in SLOTS:
        if os.path.lexists(folder / name):
            try:
                found.append(decode(own_files.read_bytes(folder / name, MOST_FILE_BYTES)))
            except CheckpointError as error:
                wrong.append(f"{name} is {error}")
    return sorted(found, key=lambda one: one.serial, reverse=True), wrong


# ---- states as JSON values; arrays are kept apart, and replaced by their index

Arrays = list[npt.NDArray[Any]]


def fields_of(state: PopulationState, arrays: Arrays) -> dict[str, Any]:
    """All fields except the configuration, and the influence if there is none, as before there were
    learning rules."""
    recorded = state.of(0) if state.config.replicas == 1 else state
    names = [name for name in _names(type(recorded)) if name != "influence" or recorded.influence]
    return recorded_values.as_recorded(
        {name: _recorded(getattr(recorded, name), arrays) for name in names}
    )


def _state_of(record: Mapping[str, Any], config: EchoConfig, arrays: Arrays) -> PopulationState:
    alone = config.replicas == 1
    values = {
        name: _restored(value, arrays)
        for name, value in recorded_values.from_recorded(record).items()
    }
    if unknown := set(values) - set(_names(TrainerState if alone else PopulationState)):
        raise ValueError(
            f"the state's field {shortened(min(unknown))} is not known to this version"
        )
    if alone:
        return PopulationState.of_one(TrainerState(config=config, **values))
    solved = values.pop("solved")
    # Early versions lack it
    solved = SolvedAt(**{"lost_at": np.zeros_like(solved["at"]), **solved})
    return PopulationState(tuple(map(config.of, range(config.replicas))), solved=solved, **values)


def _names(kind: type[TrainerState | PopulationState]) -> list[str]:
    return [
        field.name for field in dataclasses.fields(kind) if field.name not in ("config", "configs")
    ]


def _recorded(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, SolvedAt):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {"dict": {name: _recorded(one, arrays) for name, one in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_recorded(one, arrays) for one in value]}
    return value


def _restored(value: Any, arrays: Arrays) -> Any:
    match value:
        case {"array": int(number)}:
            return arrays[number]
        case {"dict": dict(members)}:
            return {name: _restored(one, arrays) for name, one in members.items()}
        case {"tuple": list(members)}:
            return tuple(_restored(one, arrays) for one in members)
        case _:
            return value


LEAST_KEPT, MOST_BYTES, MOST_BYTES_OF_LARGE = 64, 4 << 20, 256 << 20
"""When the keyframes of a run exceed `MOST_BYTES`, up to half are dropped. If states are large,
`LEAST_KEPT` of them are kept, up to `MOST_BYTES_OF_LARGE`; two are kept whatever their size.
"""

HEADER_BYTES = 1200  # of a state on disk besides its arrays

_RECORD = struct.Struct("<4sIQIII")
_MAGIC = b"KEYF"


class Keyframe:
    """A state at a position of the branch that trained it, or its bytes: the writing thread encodes
    large ones."""

    def __init__(self, position: Position, state: PopulationState | bytes, digest: int = 0) -> None:
        self.position = position
        self.digest = digest  # of its branch, see `Timeline.digest`
        self._state = state
        if isinstance(state, bytes):
            self.size = len(state)  # about
        else:
            fields_of(state, arrays := list[npt.NDArray[Any]]())
            self.size = HEADER_BYTES + sum(array.nbytes for array in arrays)

    def state(self) -> PopulationState | None:
        if not isinstance(self._state, bytes):
            return self._state
        try:
            return decode(self._state).state
        except CheckpointError:
            return None

    def as_record(self) -> bytes:
        """The record in the keyframe file: magic, branch, window, digest, length, CRC-32 of these;
        then the data."""
        state, terms = self._state, (*self.position, self.digest)
        data = state if isinstance(state, bytes) else encode(Checkpoint(0, state))
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
    """The keyframes of a run.

    If they take too many bytes, those closest to their neighbours are dropped first.
    """

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
        most = max(self._most_bytes, min(LEAST_KEPT * keyframe.size, MOST_BYTES_OF_LARGE))
        while self.bytes > most and self._count > 2:
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

    def _thin(self) -> None:
        """Drop at least half, in dense parts first: every other one would make old gaps ever
        larger."""
        self.thinned += 1
        length = sum(
            row[-1].position.window - self._starts[number] for number, row in self._of.items()
        )
        kept, gap = self._of, length // self._count
        while sum(map(len, kept.values())) > self._count // 2:
            gap += gap // 2 + 1
            kept = {
                number: _sparse(row, self._starts[number], gap) for number, row in self._of.items()
            }
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
    """The file of a run's keyframes; one thread may add while another writes. States above
    `MOST_BYTES_OF_LARGE` stay in memory only: a file with two of them would be too large to be
    read.
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
        with self._lock:
            self._unsaved, self._anew = list(keyframes), True

    def flush(self) -> None:
        """Write everything to the disk; a crash meanwhile loses at most some of the newest
        keyframes."""
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
