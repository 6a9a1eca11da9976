"""A trainer's state on disk: written whole or not at all, read back bit for bit, refused where a bit is wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.trainer_state import TrainerState

MAGIC = b"ECHORNN\0"
FORMAT = 1
"""Version of the format: magic, format (uint32), length of the header (uint32), JSON header, arrays, SHA-256 of all."""

SLOTS = ("checkpoint-0", "checkpoint-1")
"""Files that are written in turn, so that the one before is whole whatever happens to the newest."""

_PREFIX = struct.Struct("<8sII")
_DIGEST = hashlib.sha256().digest_size


class CheckpointError(ValueError):
    """A file that is no whole checkpoint of a format and fields known here; the message says what is wrong."""


@dataclass(frozen=True)
class LogEnd:
    """Where a log ended when a checkpoint was taken.

    Attributes:
        length: bytes.
        crc: CRC-32 of all of them.
    """

    length: int = 0
    crc: int = 0


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A moment of a run.

    Attributes:
        serial: how many checkpoints the run had before.
        state: the trainer's.
        losses: end of the loss log.
        commands: end of the command log.
    """

    serial: int
    state: TrainerState
    losses: LogEnd = LogEnd()
    commands: LogEnd = LogEnd()


def config_from(fields: object) -> EchoConfig:
    """The configuration of these fields, as `dataclasses.asdict` gave them; those that are absent take their defaults.

    Raises:
        ValueError: a field is not known here, or has a value that cannot be used.
    """
    known = {field.name for field in dataclasses.fields(EchoConfig)}
    if not isinstance(fields, Mapping):
        raise ValueError("the configuration is no table of fields")
    if unknown := sorted(set(fields) - known):
        raise ValueError(f"the configuration's field {unknown[0]} is not known to this version")
    return EchoConfig(**fields)


def encode(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as bytes."""
    arrays: list[npt.NDArray[Any]] = []
    state = {
        field.name: _plain(getattr(checkpoint.state, field.name), arrays)
        for field in dataclasses.fields(TrainerState)
        if field.name != "config"
    }
    header = {
        "serial": checkpoint.serial,
        "config": dataclasses.asdict(checkpoint.state.config),
        "state": state,
        "losses": dataclasses.asdict(checkpoint.losses),
        "commands": dataclasses.asdict(checkpoint.commands),
        "arrays": [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays],
    }
    text = json.dumps(header).encode()
    payload = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    content = _PREFIX.pack(MAGIC, FORMAT, len(text)) + text + payload
    return content + hashlib.sha256(content).digest()


def decode(data: bytes) -> Checkpoint:
    """The checkpoint that was encoded.

    Raises:
        CheckpointError: the bytes are cut short, changed, of another format, or of other fields than this version has.
    """
    if len(data) < _PREFIX.size + _DIGEST:
        raise CheckpointError("cut short")
    magic, version, header_length = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise CheckpointError("no checkpoint of this program")
    content, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise CheckpointError("damaged: its checksum is wrong")
    if version != FORMAT:
        raise CheckpointError(f"of format {version}: this version reads {FORMAT}")
    try:
        header = json.loads(content[_PREFIX.size : _PREFIX.size + header_length])
        arrays = _arrays(header["arrays"], content[_PREFIX.size + header_length :])
        fields = {name: _restored(value, arrays) for name, value in header["state"].items()}
        return Checkpoint(
            header["serial"],
            TrainerState(config=config_from(header["config"]), **fields),
            LogEnd(**header["losses"]),
            LogEnd(**header["commands"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise CheckpointError(f"of other fields than this version has: {error}") from error


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint in the place of the last but one; a crash at any moment leaves the last one whole.

    Raises:
        OSError: it could not be written.
    """
    target = folder / SLOTS[checkpoint.serial % len(SLOTS)]
    write_whole(target, encode(checkpoint))


def write_whole(target: Path, data: bytes) -> None:
    """Put these bytes into a file so that, after a crash, either all of them are there or what was before.

    Raises:
        OSError: they could not be written.
    """
    new = target.with_name(target.name + ".new")
    try:
        with open(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(folder: Path) -> tuple[list[Checkpoint], list[str]]:
    """The whole checkpoints of a folder, newest first, and what is wrong with the others.

    Raises:
        OSError: a file could not be read.
    """
    whole: list[Checkpoint] = []
    wrong: list[str] = []
    for name in SLOTS:
        file = folder / name
        if file.exists():
            try:
                whole.append(decode(file.read_bytes()))
            except CheckpointError as error:
                wrong.append(f"{name} is {error}")
    return sorted(whole, key=lambda one: one.serial, reverse=True), wrong


def _plain(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    """A field's value as JSON has it; arrays are put aside, and stand in it by their number."""
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, Mapping):
        return {"dict": {name: _plain(one, arrays) for name, one in value.items()}}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_plain(one, arrays) for one in value]}
    return value


def _restored(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    match value:
        case {"array": int(number)}:
            return arrays[number]
        case {"dict": dict(members)}:
            return {name: _restored(one, arrays) for name, one in members.items()}
        case {"tuple": list(members)}:
            return tuple(_restored(one, arrays) for one in members)
        case _:
            return value


def _arrays(described: list[tuple[str, list[int]]], payload: bytes) -> list[npt.NDArray[Any]]:
    arrays = []
    at = 0
    for name, shape in described:
        dtype = np.dtype(name)
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(payload, dtype, count, at).reshape(shape)
        arrays.append(array.astype(dtype.newbyteorder("=")))
        at += count * dtype.itemsize
    return arrays
