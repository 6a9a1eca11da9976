"""Reads the files of a run with NumPy and JSON alone, without the program's own reader."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A window of a single network in ``losses.bin``."""

SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])

KEYFRAME = struct.Struct("<4sIQIII")
"""What comes before each state in ``keyframes.bin``: KEYF, branch, window, digest, length,
CRC-32."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's JSON header, and its arrays."""

    header: dict[str, Any]
    arrays: list[npt.NDArray[Any]]

    def array(self, *path: str | int) -> npt.NDArray[Any]:
        """The array to which this place of the recorded state refers."""
        place: Any = self.header["state"]
        for name in path:
            place = place[name]
        return self.arrays[int(place["array"])]

    @property
    def optimizer(self) -> list[npt.NDArray[Any]]:
        places = self.header["state"]["optimizer"]["tuple"]
        return [self.arrays[place["array"]] for place in places]


def checkpoint(data: bytes) -> Checkpoint:
    """The checkpoint in these bytes, which must be whole."""
    content, digest = data[:-32], data[-32:]
    assert hashlib.sha256(content).digest() == digest
    magic, version, length = struct.unpack_from("<8sII", content)
    assert (magic, version) == (b"ECHORNN\0", 1)
    header = json.loads(content[16 : 16 + length])
    at = 16 + length
    arrays = []
    for kind, shape in header["arrays"]:
        array = np.ndarray(shape, kind, content, at)
        arrays.append(array)
        at += array.nbytes
    assert at == len(content)
    return Checkpoint(header, arrays)


def slots(folder: Path) -> list[Path]:
    """The files of the checkpoints, the newest first; each stands where its serial says."""
    serials = {}
    for file in folder.glob("checkpoint-?"):
        serial = checkpoint(file.read_bytes()).header["serial"]
        assert file.name == f"checkpoint-{serial % 2}"
        serials[file] = serial
    return sorted(serials, key=lambda file: -serials[file])


def newest(folder: Path) -> Path:
    """The file of the newest checkpoint; a ValueError if there is none."""
    first, *_ = slots(folder)
    return first


def newest_checkpoint(folder: Path) -> Checkpoint:
    return checkpoint(newest(folder).read_bytes())


def losses(folder: Path) -> npt.NDArray[Any]:
    """The windows of a run of one network, `WINDOW` [n]."""
    return np.frombuffer((folder / "losses.bin").read_bytes(), WINDOW)


def packed(data: bytes, replicas: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Losses and wrong predictions of several networks, [n, replicas]: the upper 24 bits are a
    float32 without its sign and its last 7 bits.
    """
    words = np.frombuffer(data, "<u4").reshape(-1, replicas)
    losses = (words >> 8 << 7).astype("<u4").view("<f4")
    errors = (words & 255).astype(np.int64)
    return losses, errors


def commands(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "commands.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def keyframes(folder: Path) -> dict[tuple[int, int], Checkpoint]:
    """The states in ``keyframes.bin``, by branch and window along its path; all must be whole."""
    data = (folder / "keyframes.bin").read_bytes()
    at = 0
    found = {}
    while at < len(data):
        magic, branch, window, digest, length, crc = KEYFRAME.unpack_from(data, at)
        state = data[at + KEYFRAME.size :][:length]
        assert magic == b"KEYF"
        assert crc == zlib.crc32(state, zlib.crc32(b"%d %d %d" % (branch, window, digest)))
        found[branch, window] = checkpoint(state)
        at += KEYFRAME.size + length
    return found


def solved(folder: Path) -> dict[tuple[int, int], int]:
    """The window at which each network was solved, by branch and replica."""
    rows = np.frombuffer((folder / "solved.bin").read_bytes(), SOLVED).tolist()
    return {(branch, replica): window for branch, replica, window in rows}


def log_end(file: Path) -> dict[str, int]:
    """What a checkpoint says about a log whose end is the file's."""
    data = file.read_bytes()
    return {"length": len(data), "crc": zlib.crc32(data)}
