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
        there: Any = self.header["state"]
        for name in path:
            there = there[name]
        return self.arrays[int(there["array"])]

    @property
    def optimizer(self) -> list[npt.NDArray[Any]]:
        return [self.arrays[one["array"]] for one in self.header["state"]["optimizer"]["tuple"]]


def checkpoint(data: bytes) -> Checkpoint:
    """The checkpoint in these bytes, which must be whole."""
    content, digest = data[:-32], data[-32:]
    assert hashlib.sha256(content).digest() == digest
    magic, version, length = struct.unpack_from("<8sII", content)
    assert (magic, version) == (b"ECHORNN\0", 1)
    header = json.loads(content[16 : 16 + length])
    arrays, at = [], 16 + length
    for kind, shape in header["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(content, kind, count, at).reshape(shape))
        at += arrays[-1].nbytes
    assert at == len(content)
    return Checkpoint(header, arrays)


def newest_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint with the highest serial; each stands in the file that its serial says."""
    found = {}
    for number in (0, 1):
        file = folder / f"checkpoint-{number}"
        if file.exists():
            one = checkpoint(file.read_bytes())
            assert one.header["serial"] % 2 == number
            found[one.header["serial"]] = one
    return found[max(found)]


def losses(folder: Path) -> npt.NDArray[Any]:
    """The windows of a run of one network, `WINDOW` [n]."""
    return np.frombuffer((folder / "losses.bin").read_bytes(), WINDOW)


def packed(data: bytes, replicas: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Losses and wrong predictions of several networks, [n, replicas]: the upper 24 bits are a
    float32 without its sign and its last 7 bits.
    """
    words = np.frombuffer(data, "<u4").reshape(-1, replicas)
    return (words >> 8 << 7).astype("<u4").view("<f4"), (words & 255).astype(np.int64)


def commands(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "commands.jsonl").read_text().splitlines()]


def keyframes(folder: Path) -> dict[tuple[int, int], Checkpoint]:
    """The states in ``keyframes.bin``, by branch and window along its path; all must be whole."""
    data, at, found = (folder / "keyframes.bin").read_bytes(), 0, {}
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
    rows = np.frombuffer((folder / "solved.bin").read_bytes(), SOLVED)
    return {(int(row["branch"]), int(row["replica"])): int(row["window"]) for row in rows}


def log_end(file: Path) -> dict[str, int]:
    """What a checkpoint says about a log whose end is the file's."""
    data = file.read_bytes()
    return {"length": len(data), "crc": zlib.crc32(data)}
