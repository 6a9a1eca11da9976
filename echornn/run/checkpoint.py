"""The checkpoints of a run: its whole state at one time, and how long each of its logs was then.

A checkpoint is written completely or not at all. What is read is checked here, once: behind
`decode` every number is within its bounds.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from echornn.config import LEAST_SPEED, MAX_EPOCHS, MAX_REPLICAS, MOST_SPEED, EchoConfig
from echornn.files import recorded_values, safe_files
from echornn.files.recorded_values import (
    NO_RECORD,
    changes_record,
    config_from,
    config_record,
    refuse,
    shortened,
    whole,
)
from echornn.files.safe_files import NO_LOG, LogEnd
from echornn.run.folders import SLOTS
from echornn.run.layout import OF_ONE, LossLayout
from echornn.solved import SolvedAt
from echornn.state import PopulationState, TrainerState
from echornn.training.structure import Devices, program_key

# A file has: magic, format (uint32), header length (uint32), JSON header, arrays, SHA-256 of all
PREFIX = struct.Struct("<8sII")
# The first bytes of a file, which tell it from others; SHA-256 has 32 bytes
MAGIC, FORMAT, DIGEST_BYTES = b"ECHORNN\0", 1, 32

# The header is read before the checksum can tell whether it is whole. It has a configuration for
# each compiled program, and the text of a file of the user's own takes at most 64 KiB in each: here
# is room for 500 such programs
MOST_HEADER_BYTES = 1 << 26

# Of a log. A terabyte is a week of a tutorial network at full speed, 200,000 windows a second
MOST_LOG_BYTES = 1 << 40

# Of saves, draws, branches and windows: more than there can be, one a millisecond for 30 years. The
# numbers that are computed from them stay far within 64 bits
MOST_COUNTED = 1 << 40

MOST_CRC = (1 << 32) - 1  # a CRC-32 has 32 bits

DEVICES = ("cpu", "gpu")


class CheckpointError(ValueError):
    """A file is no intact checkpoint with a format and fields that this version knows; the message
    says why, and reads on after "checkpoint-0 is"."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The saved state of a run at one time, and the ends of its logs then."""

    serial: int  # the number of checkpoints that the run had before
    state: PopulationState
    losses: LogEnd = NO_LOG
    commands: LogEnd = NO_LOG
    # The window along the path, from 1; 0 if not solved, None in early versions
    solved_at: int | None = None
    # Branch and window; None (version 0.1.0) is the end of the branch trained last
    position: tuple[int, int] | None = None
    layout: LossLayout = OF_ONE
    solved: LogEnd = NO_LOG
    lost_at: int | None = None  # as `solved_at`
    devices: Devices = field(default_factory=dict)
    norms: LogEnd = NO_LOG
    # Windows a second, infinite for full speed; None if the user chose none
    speed: float | None = None

    @property
    def trained(self) -> int:
        """The number of windows in the loss log."""
        return self.layout.windows(self.losses.length)


# ---- files


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint over the older of the two files; a crash at any time leaves the newer one
    intact. An OSError if the disk takes it not."""
    slot = SLOTS[checkpoint.serial % len(SLOTS)]
    safe_files.write_whole(folder / slot, encode(checkpoint))


def load(folder: Path) -> tuple[list[Checkpoint], list[str]]:
    """The intact checkpoints in a folder, newest first, and messages about the others."""
    intact: list[Checkpoint] = []
    wrong: list[str] = []
    for name in SLOTS:
        try:
            with safe_files.reader(folder / name) as file:
                size = os.fstat(file.fileno()).st_size
                intact.append(_read(file, size))
        except FileNotFoundError:
            continue  # a new run has only one, or none
        except CheckpointError as error:
            wrong.append(f"{name} is {error}")
        except OSError as error:
            wrong.append(f"{name} cannot be read: {error.strerror or error}")
    intact.sort(key=lambda checkpoint: checkpoint.serial, reverse=True)
    return intact, wrong


# ---- bytes


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint, from which `decode` makes it again."""
    state, arrays = recorded_state(checkpoint.state)
    described, payload = recorded_values.packed(arrays)
    header: dict[str, Any] = {
        "serial": checkpoint.serial,
        "config": config_record(checkpoint.state.config),
        "state": state,
        "losses": checkpoint.losses._asdict(),
        "commands": checkpoint.commands._asdict(),
        "stands": checkpoint.position,
        "solved_at": checkpoint.solved_at,
    }
    # Left out where they say nothing, as before they existed
    if checkpoint.lost_at is not None:
        header["lost_at"] = checkpoint.lost_at
    if checkpoint.layout != OF_ONE:
        header["layout"] = checkpoint.layout.changes
    if checkpoint.solved != NO_LOG:
        header["solved"] = checkpoint.solved._asdict()
    if checkpoint.norms != NO_LOG:
        header["norms"] = checkpoint.norms._asdict()
    if checkpoint.devices:
        header["devices"] = [
            (changes_record(config), device) for config, device in checkpoint.devices.items()
        ]
    if checkpoint.speed is not None:
        header["speed"] = "max" if math.isinf(checkpoint.speed) else checkpoint.speed
    header["arrays"] = described
    text = json.dumps(header).encode()
    content = PREFIX.pack(MAGIC, FORMAT, len(text)) + text + payload
    return content + _digest(content)


def decode(data: bytes) -> Checkpoint:
    """The checkpoint of these bytes; a CheckpointError if they are cut off, changed, or of another
    version."""
    return _read(io.BytesIO(data), len(data))


def _read(file: BinaryIO, size: int) -> Checkpoint:
    """The checkpoint in an open file of ``size`` bytes. Its arrays are read only if it is as long
    as its header says: a file may have a size that no memory has."""
    prefix = file.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        raise CheckpointError("cut short")
    magic, version, header_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise CheckpointError("not a checkpoint of this program")
    if version != FORMAT:
        raise CheckpointError(f"of format {version}: this version reads {FORMAT}")
    if header_bytes > MOST_HEADER_BYTES:
        raise CheckpointError(f"damaged: its header cannot have {header_bytes:,} bytes")
    text = file.read(header_bytes)
    try:
        header = json.loads(text)
        array_bytes = recorded_values.bytes_of(header["arrays"])
    except NO_RECORD as error:
        raise CheckpointError("damaged: its header cannot be read") from error
    described_size = PREFIX.size + header_bytes + array_bytes + DIGEST_BYTES
    if size != described_size:
        raise CheckpointError(f"damaged: it has {size:,} of {described_size:,} bytes")
    try:
        arrays = file.read(array_bytes)
        if _digest(prefix, text, arrays) != file.read():
            raise CheckpointError("damaged: its checksum is wrong")
        return _checkpoint_from(header, arrays)
    except CheckpointError:
        raise
    except NO_RECORD as error:
        raise CheckpointError(f"not readable by this version: {shortened(error)}") from error


def _digest(*parts: bytes) -> bytes:
    import hashlib  # slow to import, and not needed before the first frame

    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


# ---- the header, in which nothing is believed: an error of `NO_RECORD` names the wrong value


def _checkpoint_from(header: Mapping[str, Any], array_bytes: bytes) -> Checkpoint:
    config = config_from(header["config"])
    arrays = recorded_values.arrays_from(header["arrays"], array_bytes)
    losses = _log_end(header["losses"], "losses")
    # What early versions lack has its default
    return Checkpoint(
        serial=whole(header["serial"], "serial", MOST_COUNTED),
        state=_state_from(header["state"], config, arrays),
        losses=losses,
        commands=_log_end(header["commands"], "commands"),
        solved_at=_window_or_none(header.get("solved_at"), "solved_at"),
        position=_position(header.get("stands")),
        layout=_layout(header.get("layout", [[0, 1]]), losses.length),
        solved=_log_end(header.get("solved", NO_LOG._asdict()), "solved"),
        lost_at=_window_or_none(header.get("lost_at"), "lost_at"),
        devices=_devices(header.get("devices", [])),
        norms=_log_end(header.get("norms", NO_LOG._asdict()), "norms"),
        speed=_speed(header.get("speed")),
    )


def _log_end(record: object, name: str) -> LogEnd:
    if not isinstance(record, dict) or record.keys() != set(LogEnd._fields):
        refuse(name, record, "a length and a CRC-32")
    length = whole(record["length"], f"{name}.length", MOST_LOG_BYTES)
    crc = whole(record["crc"], f"{name}.crc", MOST_CRC)
    return LogEnd(length, crc)


def _window_or_none(value: object, name: str) -> int | None:
    return None if value is None else whole(value, name, MOST_COUNTED)


def _speed(value: Any) -> float | None:
    if value is None:
        return None
    if value == "max":
        return math.inf
    is_number = type(value) in (int, float)
    if not is_number or not LEAST_SPEED <= value <= MOST_SPEED:
        refuse("speed", value, f"{LEAST_SPEED:g} to {MOST_SPEED:g}, or max")
    return float(value)


def _position(record: object) -> tuple[int, int] | None:
    if record is None:
        return None
    if not isinstance(record, list) or len(record) != 2:
        refuse("stands", record, "a branch and a window")
    branch = whole(record[0], "stands.branch", MOST_COUNTED)
    window = whole(record[1], "stands.window", MOST_COUNTED)
    return branch, window


def _layout(record: object, length: int) -> LossLayout:
    changes: list[tuple[int, int]] = []
    for window, replicas in _pairs(record, "layout"):
        least = changes[-1][0] + 1 if changes else 0
        most = MOST_COUNTED if changes else 0  # the first is window 0
        whole(window, "layout.window", most, least)
        whole(replicas, "layout.replicas", MAX_REPLICAS, least=1)
        changes.append((window, replicas))
    if not changes:
        refuse("layout", record, "a number of networks from window 0 on")
    layout = LossLayout(tuple(changes))
    newest_change = changes[-1][0]
    if layout.offset(newest_change) > length:
        refuse("layout.window", newest_change, f"the loss log has only {length:,} bytes")
    if layout.offset(layout.windows(length)) != length:
        refuse("losses.length", length, "whole windows of as many networks as layout says")
    return layout


def _devices(record: object) -> Devices:
    devices: dict[EchoConfig, str] = {}
    for fields, device in _pairs(record, "devices"):
        if device not in DEVICES:
            refuse("devices", device, " or ".join(DEVICES))
        devices[program_key(config_from(fields))] = device
    return devices


def _pairs(record: object, name: str) -> list[tuple[Any, Any]]:
    if not isinstance(record, list):
        refuse(name, record, "a list of pairs")
    pairs = []
    for pair in record:
        if not isinstance(pair, list) or len(pair) != 2:
            refuse(name, pair, "a pair")
        pairs.append((pair[0], pair[1]))
    return pairs


# ---- states as JSON values; arrays are kept apart, and replaced by their index

Array = npt.NDArray[Any]


def recorded_state(state: PopulationState) -> tuple[dict[str, Any], list[Array]]:
    """All fields of a state except the configuration as JSON values; and the arrays that they refer
    to. A single network has no axis of replicas."""
    recorded = state.of(0) if state.config.replicas == 1 else state
    arrays: list[Array] = []
    fields = {}
    for name in _field_names(type(recorded)):
        value = getattr(recorded, name)
        # Left out if there is none, as before there were learning rules
        if name != "influence" or value:
            fields[name] = _recorded(value, arrays)
    return recorded_values.as_recorded(fields), arrays


def _recorded(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, SolvedAt):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {"dict": {name: _recorded(member, arrays) for name, member in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_recorded(member, arrays) for member in value]}
    return value


def _restored(value: Any, arrays: list[Array]) -> Any:
    match value:
        case {"array": number}:
            return arrays[whole(number, "array", len(arrays) - 1)]
        case {"dict": dict(members)}:
            return {name: _restored(member, arrays) for name, member in members.items()}
        case {"tuple": list(members)}:
            return tuple(_restored(member, arrays) for member in members)
        case _:
            return value


def _field_names(kind: type[TrainerState | PopulationState]) -> list[str]:
    names = [field.name for field in dataclasses.fields(kind)]
    return [name for name in names if name not in ("config", "configs")]


def _state_from(record: Any, config: EchoConfig, arrays: list[Array]) -> PopulationState:
    if not isinstance(record, dict):
        refuse("state", record, "a table of fields")
    is_alone = config.replicas == 1
    fields = recorded_values.from_recorded(record)
    unknown = set(fields) - set(_field_names(TrainerState if is_alone else PopulationState))
    if unknown:
        field = shortened(min(unknown))
        raise ValueError(f"the state's field {field} is not known to this version")
    values = {name: _restored(value, arrays) for name, value in fields.items()}

    whole(values["epoch"], "epoch", MAX_EPOCHS)
    whole(values["window"], "window", config.windows_per_epoch - 1)
    whole(values["data_version"], "data_version", MOST_COUNTED)
    whole(values["init_index"], "init_index", MOST_COUNTED)
    # The axis of replicas, which a single network does not have
    first_axis = () if is_alone else (config.replicas,)
    _require_arrays_by_name(values["weights"], "weights", first_axis)
    _require_arrays_by_name(values.get("influence", {}), "influence", first_axis)
    _require_array(values["carried_state"], "carried_state", "f", first_axis)
    if not isinstance(values["optimizer"], tuple):
        refuse("optimizer", values["optimizer"], "arrays")
    for array in values["optimizer"]:
        _require_array(array, "optimizer", "biuf", first_axis)

    if is_alone:
        return PopulationState.of_one(TrainerState(config=config, **values))
    solved = _solved_from(values.pop("solved"), config.replicas)
    configs = tuple(config.of(replica) for replica in range(config.replicas))
    return PopulationState(configs, solved=solved, **values)


def _solved_from(values: Any, replicas: int) -> SolvedAt:
    if not isinstance(values, dict) or "at" not in values:
        refuse("solved", values, "windows at which networks were solved")
    # Early versions lack it
    if "lost_at" not in values:
        values = {**values, "lost_at": np.zeros_like(values["at"])}
    solved = SolvedAt(**values)
    whole(solved.windows, "solved.windows", MOST_COUNTED)
    _require_array(solved.at, "solved.at", "i", (replicas,))
    _require_array(solved.lost_at, "solved.lost_at", "i", (replicas,))
    _require_array(solved.recent, "solved.recent", "f", ())
    if solved.recent.shape[1:] != (replicas,):
        refuse("solved.recent", solved.recent.shape, f"a loss for each of {replicas} networks")
    return solved


def _require_arrays_by_name(values: object, name: str, first_axis: tuple[int, ...]) -> None:
    if not isinstance(values, dict):
        refuse(name, values, "arrays by name")
    for member, array in values.items():
        _require_array(array, f"{name}.{member}", "f", first_axis)


def _require_array(value: object, name: str, kinds: str, first_axis: tuple[int, ...]) -> None:
    """``kinds`` are letters of NumPy's kinds of numbers; further axes are the trainer's matter."""
    if not isinstance(value, np.ndarray):
        refuse(name, value, "an array")
    if value.dtype.kind not in kinds:
        refuse(name, value.dtype, "an array of another type of numbers")
    if value.shape[: len(first_axis)] != first_axis:
        refuse(name, value.shape, f"an array of {first_axis[0]} networks")
