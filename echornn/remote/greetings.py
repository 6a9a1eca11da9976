"""A connection between a viewer and a session: whole messages, and the greetings, with which each
side begins. They are JSON that every version can read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import struct
from enum import Enum
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_type_hints

from echornn.config import EchoConfig
from echornn.remote.messages import Reply, Request
from echornn.remote.wire import classes_in

LENGTH = struct.Struct(">I")  # of the message that follows, in bytes

# Bytes of a message, so that nobody can make the other side run out of memory
MOST_OF_A_GREETING = 1 << 12
MOST_OF_A_REQUEST = 1 << 24  # with the texts of the user's own files
MOST_OF_AN_ANSWER = 1 << 30  # with the readings of the largest networks

ENCODING = 2  # of `echornn.remote.wire`: another number when its bytes change for the same classes

# Why a session refuses a viewer
OTHER_RUN = "other run"  # the pointer is a copy, say, in another run's folder
OTHER_VERSION = "other version"  # it would not understand


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
        received = json.loads(receive(connection, MOST_OF_A_GREETING))
        if isinstance(received, dict):
            return received
    raise OSError("no greeting of this program")


@cache
def greeting() -> dict[str, Any]:
    """What each side says first: a hash of what encodings depend on, and the program's version."""
    names: dict[str, list[str]] = {}
    for name, kind in sorted({**classes_in(Request), **classes_in(Reply)}.items()):
        if issubclass(kind, Enum):
            names[name] = list(kind.__members__)
        else:
            names[name] = list(get_type_hints(kind))
    depends_on = json.dumps([ENCODING, names, EchoConfig.names()]).encode()
    encodings = hashlib.sha256(depends_on).hexdigest()[:16]
    return {"messages": encodings, "version": version("echornn-tui")}


def identity(folder: Path) -> list[int]:
    """The numbers of a run's folder in a greeting, which a copy of the folder does not have."""
    found = os.stat(folder)
    return [found.st_dev, found.st_ino]
