"""The messages between a viewer and a session in another process, as values and as bytes. The first
of each side is a JSON greeting that every version can read; then the server answers each request in
turn, so that a slow viewer gets fewer pictures, and never old ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import stat
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files.recorded_values import (
    NO_RECORD,
    arrays_from,
    config_from,
    own_from,
    packed,
    record_of,
)
from echornn.own import OwnFile
from echornn.session.commands import Answer, Command
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture, Query

T = TypeVar("T")

FRAMES_KEPT = 4  # of those that a viewer was sent last, so that it can look at them again

LENGTH = struct.Struct(">I")

MOST_BYTES_OF_A_GREETING, MOST_BYTES_OF_A_REQUEST, MOST_BYTES_OF_AN_ANSWER = (
    1 << 12,
    1 << 24,
    1 << 30,
)

# What Linux tells about the process at the other end: its id, its user and its group
PEER = struct.Struct("3i")

OTHER_RUN, OTHER_VERSION = "other run", "other version"
"""Why a session refuses a viewer: the pointer is a copy, say, in another run's folder; or it would
not understand."""


class AddressError(OSError):
    """The session cannot be reached; the text says why."""


class WireError(ValueError):
    """The bytes are not a value of the expected class."""


@dataclass(frozen=True)
class TakeOver:
    """Steer from now on."""


@dataclass(frozen=True)
class Request:
    """What a viewer sends each time: commands to carry out, and the picture that it wants then."""

    todo: tuple[Command | TakeOver, ...]
    query: Query
    again: int | None = None  # which of the kept frames to look at again; None for the newest frame


@dataclass(frozen=True, eq=False)
class Shown:
    # None if it is the one before; its frame counts this viewer's commands only
    picture: Picture | None = None
    # To those of its commands that were not carried out, since the last `Shown`
    not_done: tuple[Answer, ...] = ()
    ended: str = ""  # why the session ends, if it does; then nothing follows


def known_of(frames: Sequence[Frame]) -> list[object]:
    """What both sides have and need not send again: the frames kept, and the windows and readings
    of the newest."""
    newest = list(frames)[-1:]
    parts = (part for one in newest for part in (*one.tape, one.progress, one.readings))
    return [*frames, *(part for part in parts if part is not None)]


# ---- values as bytes


def encode(value: object, known: Sequence[object] = ()) -> bytes:
    """A value as bytes: a JSON text and the arrays to which it refers.

    What the receiver has already is ``known``.
    """
    arrays: list[npt.NDArray[Any]] = []
    places = {id(one): place for place, one in enumerate(known)}

    def plain(value: Any) -> Any:
        kind: type = type(value)
        match value:
            case Enum():
                return {"is": kind.__name__, "of": [value.value]}
            case np.ndarray() | np.generic():
                arrays.append(np.asarray(value))
                return {"array" if isinstance(value, np.ndarray) else "number": len(arrays) - 1}
            case None | bool() | int() | str() | float():
                return value
            case tuple() if hasattr(kind, "_fields"):
                return {"is": kind.__name__, "of": [*map(plain, value)]}
            case tuple():
                return [*map(plain, value)]
            case frozenset():
                return {"set": [*map(plain, value)]}
            case Mapping():
                return {"map": [[*map(plain, pair)] for pair in value.items()]}
            case _ if id(value) in places:
                return {"known": places[id(value)]}
            case EchoConfig():
                return {"config": record_of(value)}
            case OwnFile():
                return {"own": value.noun, "record": value.as_record()}
            case _ if is_dataclass(value):
                return {
                    "is": kind.__name__,
                    "of": {one.name: plain(getattr(value, one.name)) for one in fields(kind)},
                }
            case _:
                raise TypeError(f"{value!r} cannot be encoded as bytes")

    tree = plain(value)
    described, payload = packed(arrays)
    text = json.dumps([described, tree], separators=(",", ":")).encode()
    return LENGTH.pack(len(text)) + text + payload


def decode(data: bytes, kind: type[T], known: Sequence[object] = ()) -> T:
    """The value of class ``kind`` from its bytes; a WireError if they are something else."""
    classes = classes_in(cast(type, kind))

    def value_of(encoded: Any) -> Any:
        match encoded:
            case {"is": str(name), "of": list(values)}:
                # Only of a class that such a message can hold
                return classes[name](*map(value_of, values))
            case {"is": str(name), "of": dict(named)}:
                return classes[name](**{field: value_of(one) for field, one in named.items()})
            case {"array": int(index)}:
                return arrays[index]
            case {"number": int(index)}:
                return arrays[index][()]
            case {"known": int(index)}:
                return known[index]
            case {"config": dict(record)}:
                return config_from(record)
            case {"own": str(noun), "record": dict(record)}:
                return own_from(noun, record)
            case {"set": list(several)}:
                return frozenset(map(value_of, several))
            case {"map": list(pairs)}:
                return dict(map(value_of, pairs))
            case list():
                return tuple(map(value_of, encoded))
            case None | bool() | int() | float() | str():
                return encoded
        raise WireError(f"{encoded!r} is not the encoding of a value")

    try:
        end = LENGTH.size + LENGTH.unpack_from(data)[0]
        described, tree = json.loads(data[LENGTH.size : end])
        arrays = arrays_from(described, data[end:])
        value = value_of(tree)
    except (*NO_RECORD, struct.error) as error:
        raise WireError(f"not a {kind.__name__}: {error}") from error
    if not isinstance(value, kind):
        raise WireError(f"a {type(value).__name__} where a {kind.__name__} is expected")
    return value


@lru_cache
def classes_in(kind: Any) -> Mapping[str, type]:
    """This class and the classes of all values that its fields can hold, by name, but for
    configurations."""
    found: dict[str, type] = {}
    waiting: list[Any] = [kind]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if not isinstance(hint, type) or hint is EchoConfig or hint.__name__ in found:
            continue
        if is_dataclass(hint) or issubclass(hint, Enum) or hasattr(hint, "_fields"):
            found[hint.__name__] = hint
            waiting += [] if issubclass(hint, Enum) else get_type_hints(hint).values()
    return found


# ---- messages on a connection


@cache
def greeting() -> dict[str, Any]:
    """What each side says first: what encodings depend on, and the version of the program."""
    classes = {**classes_in(Request), **classes_in(Shown)}
    names = {
        name: list(kind.__members__) if issubclass(kind, Enum) else list(get_type_hints(kind))
        for name, kind in sorted(classes.items())
    }
    encodings = hashlib.sha256(json.dumps([names, [*EchoConfig.names()]]).encode()).hexdigest()[:16]
    return {"messages": encodings, "version": version("echornn-tui")}


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket, most: int) -> bytes:
    """The next message; an OSError if the other end is gone, or sends something that is no
    message."""
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size))
    if length > most:
        raise OSError(f"a message of {length:,} bytes, where {most:,} are allowed")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        received = connection.recv_into(view)
        if not received:
            raise OSError("the other end has closed the connection")
        view = view[received:]
    return bytes(data)


def send_greeting(connection: socket.socket, **more: Any) -> None:
    send(connection, json.dumps({**greeting(), **more}).encode())


def receive_greeting(connection: socket.socket) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(receive(connection, MOST_BYTES_OF_A_GREETING))
        if isinstance(said, dict):
            return said
    raise OSError("no greeting of this program")


# ---- who may connect


def folder_name() -> str:
    return f"echornn-tui-{os.getuid()}"


def require_own_folder(folder: Path) -> None:
    """An `AddressError` if the folder is a link, or somebody else's, or if others can enter it."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise AddressError(
            f"{folder} cannot be used: it must be a folder of yours alone (mode 700)"
        )


def is_of_this_user(connection: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket is this user's; True if the system does
    not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = PEER.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
    )
    return bool(user == os.getuid())


def identity(folder: Path) -> list[int]:
    """The numbers of a run's folder in a greeting, which a copy of the folder does not have."""
    found = os.stat(folder)
    return [found.st_dev, found.st_ino]
