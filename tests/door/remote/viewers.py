"""A session in this process that others reach by its run's folder, and viewers of it, as in other
processes."""

from __future__ import annotations

import dataclasses
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.readings import Question, Readings
from echornn.remote import client, server
from echornn.remote.address import AddressError as AddressError
from echornn.remote.client import RemoteSession as RemoteSession
from echornn.remote.client import connected as connected
from echornn.remote.client import viewers_of as viewers_of
from echornn.remote.server import Server
from echornn.run.recorder import RunRecorder
from echornn.session import commands
from echornn.session.commands import Command
from echornn.session.pictures.frame import State
from echornn.session.pictures.picture import ALONE, Picture, SeedRows
from echornn.session.pictures.picture import Query as Query
from echornn.session.pictures.picture import Span as Span
from echornn.session.session import Session
from echornn.state import Snapshot
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, wait_for
from tests.recordings import recorded_readings
from tests.scripted import SMALL as SMALL
from tests.scripted import SMALL_POPULATION as SMALL_POPULATION
from tests.scripted import ScriptedTrainer

CURVE = Query(columns=40)

NUMBERS = st.integers(0, 30)

QUERIES = st.builds(
    Query,
    span=st.builds(Span, st.none() | st.integers(1, 20), st.none() | NUMBERS),
    columns=st.integers(0, 60),
    beside=NUMBERS,
    ghosts=st.integers(0, 4),
    branches=st.booleans(),
    seeds=st.none()
    | st.builds(SeedRows, st.lists(st.integers(0, 5), max_size=6).map(tuple), st.integers(1, 30)),
    falls=st.integers(0, 40),
    path=st.booleans(),
)
"""What a viewer can ask for, of a short run of at most six networks."""


def never_give_up(patch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no viewer shows an older picture, and no connection is given
    up."""
    for name in ("PATIENCE_SECONDS", "SILENT_SECONDS", "CONNECT_SECONDS"):
        patch.setattr(client, name, PATIENCE)
    for name in ("GREETING_SECONDS", "SECONDS_TO_TELL"):
        patch.setattr(server, name, PATIENCE)


def silent_after(seconds: int, patch: pytest.MonkeyPatch) -> None:
    """A session that has not answered for so long counts as silent; a question to it is waited for
    without end."""
    patch.setattr(client, "SILENT_SECONDS", seconds)


@dataclass
class Served:
    """A session that trains on a thread of its own, paused before its first window.

    Attributes:
        asked: the questions that its probes were asked; they answer with recorded readings.
    """

    session: Session
    server: Server
    folder: Path
    asked: list[Question]

    def do(self, *todo: Command) -> None:
        """Have it carry out commands, and train what they say."""
        for command in todo:
            self.session.send(command)
        assert self.session.when_idle(PATIENCE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """It answers nobody, as when its process is stopped."""
        with self.session.viewers._lock:
            yield

    @contextmanager
    def held_back(self, command: Command) -> Iterator[None]:
        """This command reaches it only at the end of the block, after those that are sent
        meanwhile."""
        exchange = self.session._exchange
        send = exchange.send
        may_go_on = threading.Event()
        arrived = threading.Event()

        def late(sent: Command) -> int:
            if sent != command:
                return send(sent)
            assert may_go_on.wait(PATIENCE)
            number = send(sent)
            arrived.set()
            return number

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(exchange, "send", late)
            yield
            may_go_on.set()
            assert arrived.wait(PATIENCE)

    @contextmanager
    def slow_reader(self, viewer: RemoteSession) -> Iterator[None]:
        """This viewer reads nothing that it is sent, as over a connection that is too slow."""
        may_read = threading.Event()
        read = viewer._received

        def late() -> bytes:
            assert may_read.wait(PATIENCE)
            return read()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(viewer, "_received", late)
            yield
            may_read.set()


@contextmanager
def served(folder: Path, config: EchoConfig = SMALL) -> Iterator[Served]:
    """A session that keeps its run in this folder, and whom others can reach by it."""
    asked: list[Question] = []

    def examine(snapshot: Snapshot, question: Question) -> Readings:
        asked.append(question)
        readings = replace(recorded_readings(1500), config=snapshot.state.config)
        return replace(readings, branch=snapshot.branch, window=snapshot.window)

    recorder = RunRecorder.begin(folder, config)
    session = Session(config, make_trainer=ScriptedTrainer, recorder=recorder, examine=examine)
    session.send(commands.Pause())
    with on_a_thread(session):
        server = Server(session, folder)
        try:
            wait_for(lambda: session.frame.state is State.PAUSED)
            yield Served(session, server, folder, asked)
        finally:
            session.stop()
            server.close("over")


@contextmanager
def looking(folder: Path, name: str = "pts/1", only_looks: bool = False) -> Iterator[RemoteSession]:
    """A viewer, as ``attach`` has it; it is gone after the block."""
    viewer = RemoteSession(folder, name, pictures_a_second=500.0, only_looks=only_looks)
    try:
        yield viewer
    finally:
        viewer.stop()


def shown(viewer: RemoteSession, *sent: Command) -> Picture:
    """The viewer's picture once these commands of it were carried out, and the session stands
    still."""
    for command in sent:
        number = viewer.send(command)

    def newest() -> Picture | None:
        picture = viewer.look(CURVE)
        if picture.query != CURVE or picture.frame.answered < number:
            return None
        return picture if picture.frame.state.stands_still else None

    picture = wait_for(newest)
    assert picture is not None
    return picture


def content(picture: Picture) -> object:
    """Every bit of a picture, as plain values that can be compared, but for what is counted for
    each viewer."""
    frame = replace(picture.frame, answered=0)
    return plain(replace(picture, frame=frame, audience=ALONE))


def plain(value: Any) -> Any:
    """A value as nested tuples that are equal only if all its numbers have the same type and the
    same bits."""
    match value:
        case np.ndarray() | np.generic():
            return type(value), value.dtype.str, value.shape, value.tobytes()
        case float():
            return struct.pack("d", value) if value == value else "not a number"
        case EchoConfig() | Enum() | None | str() | int():
            return type(value), value
        case tuple() | list():
            return type(value), *map(plain, value)
        case frozenset():
            return frozenset, frozenset(map(plain, value))
        case Mapping():
            return dict, *map(plain, value.items())
        case _:
            fields = [field.name for field in dataclasses.fields(value)]
            return type(value), *(plain(getattr(value, name)) for name in fields)
