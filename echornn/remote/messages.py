"""The messages between a viewer and a session in another process.

Each message has its length in front. The first of each side is a JSON greeting that every version can read. Then the
viewer sends requests, and the server answers each in turn; so a slow viewer gets fewer pictures, and never old ones.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from echornn.progress import Progress
from echornn.readings import Readings
from echornn.session.commands import Answer, Command
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from echornn.session.wire import schema

FRAMES_KEPT = 4
"""How many of the frames that a viewer was sent last both sides keep, so that it can look at them again."""

OTHER_RUN = "other run"
"""Why a session refuses somebody who means another run: the pointer came into that run's folder in a copy, say."""

OTHER_VERSION = "other version"
"""Why a session refuses a viewer that would not understand it."""

LENGTH = struct.Struct(">I")

MOST_BYTES_OF_A_REQUEST = 1 << 20
MOST_BYTES_OF_A_GREETING = 1 << 12
MOST_BYTES_OF_AN_ANSWER = 1 << 30


class ConnectionLostError(OSError):
    """The other end is gone, or it sent something that is no message."""


@dataclass(frozen=True)
class Look:
    """A request for a picture.

    Attributes:
        query: what the viewer wants to see.
        again: the number of a frame that the viewer was sent lately, to look at it again; 0 for the newest frame.
    """

    query: Query
    again: int = 0


@dataclass(frozen=True)
class Deliver:
    """A command for the session; the answers to `Look` say what became of it."""

    command: Command


@dataclass(frozen=True)
class TakeOver:
    """A request to steer from now on, which is not answered."""


@dataclass(frozen=True)
class Request:
    """Something that a viewer asks for."""

    what: Look | Deliver | TakeOver


@dataclass(frozen=True, eq=False)
class FramePart:
    """A large part of frames, which is sent only once while it is in the newest frames."""

    what: Progress | Readings


@dataclass(frozen=True)
class Head:
    """The first part of an answer to `Look`; new parts, the frame and the picture follow, the last two empty if the
    viewer has them.

    Attributes:
        frame: the number of the picture's frame.
        answered: how many of this viewer's commands were carried out before that frame was made.
        not_done: the answers to those of them that were not carried out, since the previous `Head`; with this viewer's
            numbers.
        parts: the numbers of the frame's parts, if the frame follows.
        new: the numbers of the parts that follow.
        ended: why the session ends, if it does; then nothing follows.
    """

    frame: int = 0
    answered: int = 0
    not_done: tuple[Answer, ...] = ()
    parts: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    ended: str = ""


@cache
def greeting() -> dict[str, Any]:
    """What each side says first: the version of the messages, and that of the program."""
    try:
        program = version("echornn-tui")
    except PackageNotFoundError:
        program = "?"
    return {"messages": schema(Request, Picture, Frame, FramePart, Head), "version": program}


def identity(folder: Path) -> list[int]:
    """The numbers of a run's folder in a greeting, which a copy of the folder does not have."""
    found = os.stat(folder)
    return [found.st_dev, found.st_ino]


def send(connection: socket.socket, *messages: bytes) -> None:
    """Send messages."""
    connection.sendall(b"".join(LENGTH.pack(len(message)) + message for message in messages))


def receive(connection: socket.socket, most: int) -> bytes:
    """The next message."""
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size))
    if length > most:
        raise ConnectionLostError(f"a message of {length:,} bytes, where {most:,} are allowed")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        received = connection.recv_into(view)
        if not received:
            raise ConnectionLostError("the other end has closed the connection")
        view = view[received:]
    return bytes(data)


def send_greeting(connection: socket.socket, **more: Any) -> None:
    """Send the greeting, with further fields."""
    send(connection, json.dumps({**greeting(), **more}).encode())


def receive_greeting(connection: socket.socket) -> dict[str, Any]:
    """The other side's greeting."""
    try:
        said = json.loads(receive(connection, MOST_BYTES_OF_A_GREETING))
    except (ValueError, RecursionError) as error:
        raise ConnectionLostError("no greeting of this program") from error
    if not isinstance(said, dict):
        raise ConnectionLostError("no greeting of this program")
    return said
