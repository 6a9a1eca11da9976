"""The file of a trainer's state (checkpoint): written completely or not at all; a file with a wrong bit is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.files import own_files, recorded_values
from echornn.files.append_log import NO_LOG, LogEnd
from echornn.files.recorded_values import (
    NO_RECORD,
    as_recorded,
    config_from,
    from_recorded,
    record_of,
    record_of_changes,
    shortened,
    whole,
)
from echornn.runs.loss_layout import OF_ONE, LossLayout
from echornn.runs.run_files import SLOTS
from echornn.state import PopulationState, TrainerState
from echornn.training.structure import Devices, program_of

MAGIC = b"ECHORNN\0"
FORMAT = 1
"""The format version. A file has: magic, format (uint32), header length (uint32), JSON header, arrays, SHA-256 of
all.
"""


MOST_BYTES = 1 << 34
"""The largest file that is read."""

_PREFIX = struct.Struct("<8sII")
_DIGEST = 32
"""The length of a SHA-256 in bytes."""


class CheckpointError(ValueError):
    """A file is no intact checkpoint with a format and fields that this version knows; the message says why."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The saved state of a run at one time.

    Attributes:
        serial: the number of checkpoints that the run had before.
        state: the trainer's state.
        losses: the end of the loss log.
        commands: the end of the command log.
        position: the current position of the run: a branch, and the windows along its path; None in records of version
            0.1.0, which means the end of the branch trained last.
        solved_at: the window along the path, from 1, at which the weights solved the echo; 0 if they have not yet, None
            if not recorded (versions up to 0.1.0).
        layout: the position of each window in the loss log.
        solved: the end of the log with the windows at which each of several networks was solved.
        lost_at: the window along the path, from 1, at which the weights lost the echo again; 0 if they have not, None
            if not recorded (early versions).
        devices: the device that trained each of the run's networks, as far as recorded.
    """

    serial: int
    state: PopulationState
    losses: LogEnd = NO_LOG
    commands: LogEnd = NO_LOG
    solved_at: int | None = None
    position: tuple[int, int] | None = None
    layout: LossLayout = OF_ONE
    solved: LogEnd = NO_LOG
    lost_at: int | None = None
    devices: Devices = field(default_factory=dict)

    @property
    def trained(self) -> int:
        """The number of windows in the loss log."""
        return self.layout.windows(self.losses.length)


def encode(checkpoint: Checkpoint) -> bytes:
    """Encode a checkpoint as bytes."""
    arrays: list[npt.NDArray[Any]] = []
    state = fields_of(checkpoint.state, arrays)
    header = {
        "serial": checkpoint.serial,
        "config": record_of(checkpoint.state.config),
        "state": state,
        "losses": dataclasses.asdict(checkpoint.losses),
        "commands": dataclasses.asdict(checkpoint.commands),
        "stands": checkpoint.position,
        "solved_at": checkpoint.solved_at,
        **({} if checkpoint.lost_at is None else {"lost_at": checkpoint.lost_at}),
        **({} if checkpoint.layout == OF_ONE else {"layout": checkpoint.layout.changes}),
        **({} if checkpoint.solved == LogEnd() else {"solved": dataclasses.asdict(checkpoint.solved)}),
        **({} if not checkpoint.devices else {"devices": _plain(checkpoint.devices)}),
        "arrays": [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays],
    }
    text = json.dumps(header).encode()
    payload = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    content = _PREFIX.pack(MAGIC, FORMAT, len(text)) + text + payload
    return content + _digest(content)


def _digest(content: bytes) -> bytes:
    import hashlib  # slow to import, and not needed before the first frame

    return hashlib.sha256(content).digest()


def decode(data: bytes) -> Checkpoint:
    """Decode a checkpoint.

    Raises:
        CheckpointError: the bytes are cut off, changed, or have another format or other fields than this version.
    """
    if len(data) < _PREFIX.size + _DIGEST:
        raise CheckpointError("cut short")
    magic, version, header_length = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise CheckpointError("not a checkpoint of this program")
    content, digest = data[:-_DIGEST], data[-_DIGEST:]
    if _digest(content) != digest:
        raise CheckpointError("damaged: its checksum is wrong")
    if version != FORMAT:
        raise CheckpointError(f"of format {version}: this version reads {FORMAT}")
    try:
        header = json.loads(content[_PREFIX.size : _PREFIX.size + header_length])
        arrays = recorded_values.arrays_from(header["arrays"], content[_PREFIX.size + header_length :])
        state = state_of(header["state"], config_from(header["config"]), arrays)
        position, solved = header.get("stands"), header.get("solved")
        return Checkpoint(
            whole(header["serial"], "serial"),
            state,
            LogEnd(**header["losses"]),
            LogEnd(**header["commands"]),
            header.get("solved_at"),
            None if position is None else (position[0], position[1]),
            LossLayout(tuple((first, replicas) for first, replicas in header.get("layout", OF_ONE.changes))),
            NO_LOG if solved is None else LogEnd(**solved),
            header.get("lost_at"),
            {program_of(config_from(fields)): device for fields, device in header.get("devices", [])},
        )
    except NO_RECORD as error:
        raise CheckpointError(f"not readable by this version: {shortened(error)}") from error


def _plain(devices: Devices) -> list[tuple[dict[str, Any], str]]:
    """For each program, the configuration's fields that differ from the defaults, and the device."""
    return [(record_of_changes(config), device) for config, device in devices.items()]


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint over the older of the two files; a crash at any time leaves the newer one intact."""
    own_files.write_whole(folder / SLOTS[checkpoint.serial % len(SLOTS)], encode(checkpoint))


def load(folder: Path) -> tuple[list[Checkpoint], list[str]]:
    """The intact checkpoints in a folder, newest first, and messages about the others."""
    found: list[Checkpoint] = []
    wrong: list[str] = []
    for name in SLOTS:
        file = folder / name
        if os.path.lexists(file):
            try:
                found.append(decode(own_files.read_bytes(file, MOST_BYTES)))
            except CheckpointError as error:
                wrong.append(f"{name} is {error}")
    return sorted(found, key=lambda one: one.serial, reverse=True), wrong


Arrays = list[npt.NDArray[Any]]

OF_THE_CONFIGURATION = ("config", "configs")
"""The fields of a state that are recorded separately."""


def fields_of(state: PopulationState, arrays: Arrays) -> dict[str, Any]:
    """All fields except the configuration as JSON values; arrays are appended to ``arrays``, and replaced by their
    index. The influence is missing if there is none, as in records from before there were learning rules.
    """
    recorded = state.of(0) if state.config.replicas == 1 else state
    names = [name for name in _names(type(recorded)) if name != "influence" or recorded.influence]
    return as_recorded({name: _plain_recorded_state(getattr(recorded, name), arrays) for name in names})


def state_of(fields: Mapping[str, Any], config: EchoConfig, arrays: Arrays) -> PopulationState:
    """The state with these fields, of all replicas of the configuration.

    Raises:
        ValueError: a field has an invalid value. Other errors in `recorded_values.NO_RECORD`: it is no record of a
            state.
    """
    alone = config.replicas == 1
    fields = from_recorded(fields)
    for name in sorted(set(fields) - set(_names(TrainerState if alone else PopulationState))):
        raise ValueError(f"the state's field {shortened(name)} is not known to this version")
    values = {name: _restored(value, arrays) for name, value in fields.items()}
    if alone:
        return PopulationState.of_one(TrainerState(config=config, **values))
    solved = values.pop("solved")
    lost_at = solved.get("lost_at", np.zeros_like(solved["at"]))  # early versions lack this field
    values["solved"] = SolvedAt(solved["at"], solved["windows"], solved["recent"], lost_at)
    return PopulationState(tuple(map(config.of, range(config.replicas))), **values)


def _names(kind: type[TrainerState | PopulationState]) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.name not in OF_THE_CONFIGURATION]


def _plain_recorded_state(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, SolvedAt):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {"dict": {name: _plain_recorded_state(one, arrays) for name, one in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_plain_recorded_state(one, arrays) for one in value]}
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
