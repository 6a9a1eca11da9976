"""A setting of a task that is a data file: its path and a part of its hash, so that no other text
is taken for it.

A copy is kept by its hash in the user's state folder, so that a run goes on whatever becomes of the
file.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.errors import OwnError
from echornn.runtime.user_folders import state_folder
from echornn.runtime.visitor import NO_FILES, is_visitor

MOST_BYTES = 1 << 27  # 128 MiB; chosen by eye
DIGITS = 12  # of a hash: 48 bits
PINNED = re.compile(rf"(?s)(.+)#([0-9a-f]{{{DIGITS}}})")


class DataError(OwnError):
    """A data file cannot be read, or is no longer the one of a record; the message is one line."""

    noun = "file"


def pinned(name: str, value: object) -> str:
    """``PATH#HASH`` of a file, which is read; of such a value itself, which is read when it is
    used. Empty for no file.

    Raises:
        DataError: it names the setting, the value, and why the file cannot be read.
    """
    if not isinstance(value, str):
        raise refused(value, "the path of a file", name)
    if value and is_visitor():
        raise refused(value, NO_FILES, name)
    if not value or PINNED.fullmatch(value):
        return value
    path = os.path.abspath(os.path.expanduser(value))
    data = _read(path, name)
    _keep(data)
    return f"{path}#{_digest(data)}"


def _keep(data: bytes) -> None:
    copy = _copy(_digest(data))
    with suppress(OSError):
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)  # a torn copy has another hash


def keep_again(value: str, file: Path) -> None:
    """Keep a copy of a `pinned` file if there is none, from a run that was begun elsewhere."""
    match = _match(value)
    if match is not None and not _copy(match[2]).exists():
        with suppress(DataError):
            _keep(_read(str(file)))


@lru_cache(maxsize=16)
def contents(value: str) -> bytes:
    """The bytes of a `pinned` file; a DataError if it is gone, or has changed, and no copy was
    kept."""
    match = PINNED.fullmatch(pinned("file", value))
    if match is None:
        raise refused(value, "the path of a file")
    path, digest = match.groups()
    with suppress(DataError):
        copy = _read(str(_copy(digest)))
        if _digest(copy) == digest:
            return copy
    data = _read(path)
    now = _digest(data)
    if now != digest:
        why = f"the file has changed, and its hash is {now}; name it anew to train on it"
        raise refused(value, why)
    return data


def has_changed(value: object) -> bool:
    """Whether a value is a `pinned` file that has changed since, or is gone."""
    match = _match(value)
    if match is None:
        return False
    try:
        return _digest(_read(match[1])) != match[2]
    except DataError:
        return True


def named(value: object) -> object:
    """A `pinned` file by its name, without folder and hash; any other value as it is."""
    match = _match(value)
    return value if match is None else os.path.basename(match[1])


def _match(value: object) -> re.Match[str] | None:
    return PINNED.fullmatch(value) if isinstance(value, str) else None


def array_of(value: str) -> npt.NDArray[Any]:
    """The array in the ``.npy`` file of a setting with ``is_file=True``, read once; maybe a
    DataError."""
    try:
        return np.asarray(np.load(io.BytesIO(contents(value)), allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise refused(value, f"a file of numpy.save ({error})") from error


def _copy(digest: str) -> Path:
    return state_folder() / "data" / digest


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def _read(path: str, name: str = "file") -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise refused(path, why, name) from error
    if len(data) > MOST_BYTES:
        raise refused(path, f"at most {MOST_BYTES:,} bytes", name)
    return data


def refused(value: object, why: str, name: str = "file") -> DataError:
    return DataError(f"{name} = {value!r} cannot be used: {why}", is_placed=True)
