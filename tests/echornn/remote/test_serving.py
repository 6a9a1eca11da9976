"""A session and its viewers in other processes, over a real socket: pictures, commands, steering, and bad clients."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.readings import Kind, Question, Readings
from echornn.remote import client, messages
from echornn.remote import server as serving
from echornn.remote.address import Address, AddressError
from echornn.remote.client import LOST, RemoteSession
from echornn.remote.connection import OtherVersionError, connected, end_session, viewers_of
from echornn.remote.kept_frames import KeptFrames
from echornn.remote.messages import LENGTH, Head, Look, Request
from echornn.remote.newest_frame import NewestFrame
from echornn.remote.server import Server
from echornn.session import commands
from echornn.session.audience import ALONE, Audience
from echornn.session.pictures.frame import State
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query, Span
from echornn.session.session import Session
from echornn.session.wire import WireError, encode
from echornn.snapshot import Snapshot
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, make_progress
from tests.sockets import own_sockets

CURVE = Query(columns=40)

KINDS: tuple[Kind, Kind] = ("memory", "units")


@pytest.fixture(autouse=True, scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, own_sockets(patch, tmp_path_factory):
        yield


@pytest.fixture(autouse=True)
def _everything_comes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no viewer shows an older picture, and no connection is given up."""
    for module, names in (
        (client, ("PATIENCE_SECONDS", "SILENT_SECONDS")),
        (serving, ("GREETING_SECONDS", "SECONDS_TO_TELL")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, PATIENCE)
    for function in (connected, viewers_of):
        monkeypatch.setattr(function, "__defaults__", (PATIENCE,))


def unread(snapshot: Snapshot, question: Question) -> Readings:
    """Probes that cannot read anything."""
    raise ValueError("not here")


@contextmanager
def served(config: EchoConfig = SMALL) -> Iterator[tuple[Session, Server, Path]]:
    """A session on a thread, paused before its first window, that viewers can reach by a folder."""
    session = Session(config, make_trainer=ScriptedTrainer, examine=unread)
    session.send(commands.Pause())
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    with TemporaryDirectory() as name:
        server = Server(session, Path(name))
        try:
            wait_for(lambda: session.frame.state is State.PAUSED)
            yield session, server, Path(name)
        finally:
            session.stop()
            server.close("over")
            thread.join()


@contextmanager
def looking(folder: Path, name: str = "pts/1", only_looks: bool = False) -> Iterator[RemoteSession]:
    viewer = RemoteSession(folder, name, pictures_a_second=500.0, only_looks=only_looks)
    try:
        yield viewer
    finally:
        viewer.stop()


@pytest.fixture(scope="module")
def garbled(sockets: None) -> Iterator[tuple[Session, Path]]:
    """One session for all examples of garbage."""
    with served() as (session, _, folder):
        yield session, folder


def shown(viewer: RemoteSession, number: int, query: Query = CURVE) -> Picture:
    """The viewer's picture once its command of this number was carried out, and the session stands still."""
    before = viewer.look(query)

    def newest() -> Picture | None:
        picture = viewer.look(query, before)
        is_there = picture.query == query and picture.frame.answered >= number and picture.frame.state.stands_still
        return picture if is_there else None

    picture = wait_for(newest)
    assert picture is not None
    return picture


def bits(picture: Picture) -> bytes:
    return encode(picture)


@pytest.mark.parametrize("config", [SMALL, SMALL_POPULATION])
def test_a_viewer_sees_what_the_session_shows_bit_for_bit(config: EchoConfig) -> None:
    with served(config) as (session, _, folder), looking(folder) as viewer:
        for command in (commands.Step(7), commands.Redraw(), commands.Step(9), commands.Go(0, 3), commands.Undo()):
            number = viewer.send(command)
            assert session.when_idle(PATIENCE)
            shown(viewer, number)
            wait_for(partial(is_shown_as_it_is, viewer, session))


def is_shown_as_it_is(viewer: RemoteSession, session: Session) -> bool:
    """Whether the viewer's picture has the session's bits, but for what is counted for each viewer, or not sent."""
    far, near = (viewer.look(CURVE), session.look(CURVE))
    far, near = (replace(one, frame=replace(one.frame, answered=0), audience=ALONE) for one in (far, near))
    return bits(far) == bits(near)


def test_the_same_position_can_be_looked_at_again_while_training_goes_on() -> None:
    with served() as (session, _, folder), looking(folder) as viewer:
        before = shown(viewer, viewer.send(commands.Step(5)))
        session.send(commands.Step(4))
        assert session.when_idle(PATIENCE)
        wait_for(lambda: viewer.look(CURVE, before).frame.trained == 9)
        closer = Query(Span(3), columns=20)
        again = viewer.look_again(closer, before)
        assert (again.frame is before.frame, again.frame.trained, again.query) == (True, 5, closer)
        near = session.look_again(closer, before)
        assert bits(replace(again, audience=ALONE)) == bits(replace(near, audience=ALONE))
        assert viewer.look_again(closer, again) is again


def test_each_viewer_has_its_own_numbers_whoever_else_sends() -> None:
    with served() as (session, _, folder), looking(folder) as viewer:
        session.viewers.take_over(1)
        for _ in range(3):
            session.send(commands.Step())
        assert viewer.send(commands.Step(2)) == 1
        assert shown(viewer, 1).frame.trained == 5
        session.send(commands.Step())
        assert viewer.send(commands.Step(2)) == 2
        assert shown(viewer, 2).frame.trained == 8


def test_only_one_steers_and_both_are_told() -> None:
    with served() as (session, _, folder), looking(folder, "pts/1") as first, looking(folder, "pts/2") as second:
        assert viewers_of(folder) == (("pts/1", "pts/2"), "pts/1")
        shown(second, second.send(commands.Step(5)))
        shown(first, first.send(commands.Step(3)))
        assert session.frame.trained == 3, "whoever only looks on cannot train"
        wait_for(lambda: first.look(CURVE).audience == Audience(("pts/2",)))
        wait_for(lambda: second.look(CURVE).audience == Audience(("pts/1",), "pts/1"))
        second.take_over()
        shown(second, second.send(commands.Step(4)))
        shown(first, first.send(commands.Step(6)))
        assert session.frame.trained == 7
        wait_for(lambda: first.look(CURVE).audience == Audience(("pts/2",), "pts/2"))
        second.stop()
        wait_for(lambda: first.look(CURVE).audience == Audience())
        shown(first, first.send(commands.Step()))
        assert session.frame.trained == 8


def test_a_viewer_that_only_looks_never_steers_whatever_it_sends() -> None:
    with served() as (session, _, folder), looking(folder, "screen", only_looks=True) as screen:
        assert viewers_of(folder) == (("screen",), "")
        screen.take_over()
        shown(screen, screen.send(commands.Step(5)))
        with looking(folder, "pts/1") as steering:
            shown(steering, steering.send(commands.Step(3)))
            screen.take_over()
            shown(screen, screen.send(commands.Step(5)))
            assert viewers_of(folder) == (("screen", "pts/1"), "pts/1")
            wait_for(lambda: screen.look(CURVE).audience == Audience(("pts/1",), "pts/1", only_looks=True))
        wait_for(lambda: screen.look(CURVE).audience == Audience(only_looks=True))
        assert session.frame.trained == 3
        shown(screen, screen.send(commands.Ask(Question(frozenset({KINDS[0]})))))


def test_the_readings_of_all_viewers_are_asked_for_together() -> None:
    asked: list[Question | None] = []
    with served() as (session, _, folder), looking(folder) as first, looking(folder, "b") as second:
        ask = session.ask

        def noted(question: Question | None) -> int:
            asked.append(question)
            return ask(question)

        session.ask = noted  # type: ignore[method-assign]
        memory, units = (Question(frozenset({kind})) for kind in KINDS)
        shown(first, first.send(commands.Ask(memory)))
        shown(second, second.send(commands.Ask(units)))
        assert asked[-1] == Question(frozenset({"memory", "units"}))
        first.stop()
        wait_for(lambda: asked[-1] == units)


def test_the_end_of_a_session_is_said_and_the_last_picture_stays() -> None:
    with served() as (_, server, folder), looking(folder) as viewer:
        shown(viewer, viewer.send(commands.Step(3)))
        server.close("the session was ended")
        wait_for(lambda: viewer.ended == "the session was ended")
        picture = viewer.look(CURVE)
        assert (picture.frame.trained, picture.audience) == (3, Audience(ended="the session was ended"))
        assert viewer.look_again(Query(columns=9), picture) is picture
        with pytest.raises(AddressError, match="is not trained now"):
            RemoteSession(folder, "late")


@pytest.mark.parametrize("trouble", ["", "not saved since 12:00"])
def test_whoever_ends_a_session_hears_whether_everything_is_saved(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served() as (_, server, folder):
        end = threading.Thread(target=server.close, args=("over", trouble))
        monkeypatch.setattr(os, "kill", lambda *_: end.start())
        assert end_session(folder) == trouble
        end.join()


def test_a_session_that_is_killed_while_it_ends_has_not_said_that_it_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as (_, server, folder):

        def killed(*_: int) -> None:
            for one in server._connections:
                one.shutdown(socket.SHUT_RDWR)

        monkeypatch.setattr(os, "kill", killed)
        assert end_session(folder) == "it ended without a word"


def test_a_session_that_saves_for_long_has_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: None)
    with served() as (_, _, folder):
        assert end_session(folder, 0.01) is None


def test_a_session_that_is_gone_without_a_word_is_said_too() -> None:
    with served() as (_, server, folder), looking(folder) as viewer:
        for connection in list(server._connections):
            connection.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: viewer.ended != "")
        assert viewer.ended == f"{LOST}: if it has ended, go on with echornn-tui --resume {folder}"


def test_one_who_does_not_read_holds_up_nobody() -> None:
    with served() as (session, _, folder), looking(folder) as viewer, closing(connected(folder)) as lazy:
        messages.send_greeting(lazy, run=messages.identity(folder), name="lazy", wants="pictures")
        for _ in range(2000):
            try:
                lazy.settimeout(0.001)
                messages.send(lazy, encode(Request(Look(CURVE))))
            except TimeoutError:
                break
        assert shown(viewer, viewer.send(commands.Step(4))).frame.trained == 4
        assert session.error is None


@settings(max_examples=60)
@given(st.binary(max_size=300), st.booleans())
def test_garbage_harms_its_own_connection_alone(garbled: tuple[Session, Path], garbage: bytes, greets: bool) -> None:
    session, folder = garbled
    with closing(connected(folder)) as connection:
        if greets:
            messages.send_greeting(connection, run=messages.identity(folder), name="noise", wants="pictures")
            messages.receive_greeting(connection)
        try:
            connection.sendall(garbage if not greets else LENGTH.pack(len(garbage)) + garbage)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(PATIENCE)
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        assert session.error is None
        assert session.frame.state is State.PAUSED


def test_a_session_that_does_not_answer_is_said_and_holds_up_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SILENT_SECONDS", 1)
    with served() as (session, server, folder), looking(folder) as viewer:
        before = shown(viewer, viewer.send(commands.Step(3)))
        with server._frames._lock:  # as if its process were stopped
            wait_for(lambda: viewer.look(CURVE, before).audience.silent >= 1)
            assert viewer.look_again(Query(columns=7), before) is before
        wait_for(lambda: viewer.look(CURVE, before).audience == ALONE)
        assert session.error is None


def test_a_session_that_accepts_nobody_has_not_ended(tmp_path: Path) -> None:
    address = Address.new()
    with address.listener(0), ExitStack() as waiting:
        address.point(tmp_path)

        def connect_often() -> None:
            for _ in range(3):  # more than the system lets wait
                waiting.enter_context(connected(tmp_path))

        with pytest.raises(AddressError, match="does not answer"):
            connect_often()


def test_another_version_is_refused_by_name() -> None:
    with served() as (_, _, folder), closing(connected(folder)) as connection:
        messages.send(connection, json.dumps({"messages": "other", "version": "9.9"}).encode())
        assert messages.receive_greeting(connection)["refused"] == "other version"


def test_another_build_of_the_same_version_is_not_called_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    send_greeting = messages.send_greeting

    def of_another_build(connection: socket.socket, **says: Any) -> None:
        send_greeting(connection, **({} if "refused" in says else {"messages": "other"}), **says)

    monkeypatch.setattr(messages, "send_greeting", of_another_build)
    version = messages.greeting()["version"]
    said = f"is trained by another build of version {version}$"
    with served() as (_, _, folder), pytest.raises(OtherVersionError, match=said):
        viewers_of(folder)


@pytest.mark.parametrize("wants", [end_session, viewers_of, lambda folder: RemoteSession(folder, "x")])
def test_a_copy_of_a_runs_folder_does_not_lead_to_the_session(
    wants: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _, number: ended.append(number))
    with served() as (session, _, folder):
        shutil.copytree(folder, tmp_path / "copy")
        with pytest.raises(AddressError, match=r"copy now: .* there is of another run"):
            wants(tmp_path / "copy")
        assert (ended, session.viewers.names) == ([], ())
        moved = folder.rename(tmp_path / "moved")
        assert viewers_of(moved) == ((), "")
        folder.mkdir()


def test_one_too_many_is_refused_in_words_and_may_still_ask_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_VIEWERS", 2)
    with served() as (_, _, folder), looking(folder), looking(folder):
        with pytest.raises(AddressError, match="refuses: 2 viewers look at it already"):
            RemoteSession(folder, "late")
        assert len(viewers_of(folder)[0]) == 2


@pytest.mark.parametrize("first", [b"\xff\xff\xff\xff", LENGTH.pack(5000) + b"x" * 10, LENGTH.pack(2) + b"[]", b""])
def test_a_greeting_that_is_none_ends_the_connection(first: bytes) -> None:
    with served() as (session, server, folder), closing(connected(folder)) as connection:
        connection.sendall(first)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(PATIENCE)
        with suppress(ConnectionResetError):
            assert connection.recv(10) == b""
        wait_for(lambda: server.count == 0)
        assert session.viewers.names == ()


def step(session: Session, times: int) -> None:
    """Train some windows, each shown in a frame of its own."""
    for _ in range(times):
        session.send(commands.Step())
        assert session.when_idle(PATIENCE)


def test_a_frame_and_its_parts_are_encoded_once_for_all_and_no_key_waits_for_the_next() -> None:
    now = [0.0]
    with served() as (session, _, _):
        step(session, 3)
        newest = NewestFrame(session, lambda: now[0])
        before = newest.get()
        assert before.data is newest.get().data
        assert [part.number for part in before.parts] == [1, 2, 3]
        step(session, 2)
        after = newest.get()
        assert (after.number, after.frame.trained) == (2, 5), "the answer to a command is shown at once"
        assert after.parts[:3] == before.parts
        assert [part.number for part in after.parts] == [1, 2, 3, 4, 5]


def test_a_window_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[Head] = []
    keep = KeptFrames.keep

    def kept(frames: KeptFrames, head: Head, *rest: Any) -> None:
        heads.append(head)
        keep(frames, head, *rest)

    monkeypatch.setattr(KeptFrames, "keep", kept)
    with served() as (session, _, folder), looking(folder) as viewer:
        for steps in (3, 4, 5):
            step(session, steps)
            shown(viewer, viewer.send(commands.Step()))
        wait_for(lambda: len(heads[-1].parts) == len(session.frame.tape) + 1 == 15)
        new = [number for head in heads for number in head.new]
        assert new == [*range(1, 16)]


def test_the_first_picture_after_a_command_shows_its_effect() -> None:
    with served() as (session, _, folder), looking(folder) as viewer:
        with session._loop.holder._changed:  # the session takes its time
            number = viewer.send(commands.Step(2))
            wait_for(lambda: session._loop.mailbox._numbered > 1)
            assert viewer._newest.frame.trained == 0
        assert shown(viewer, number).frame.trained == 2


def test_what_was_never_sent_is_no_answer() -> None:
    with pytest.raises(WireError, match="part 9 of frame 7 was never sent"):
        KeptFrames().keep(Head(7, parts=(9,)), b"", {})
    with pytest.raises(WireError, match="frame 7 was never sent"):
        KeptFrames().shown(Head(7))


def test_of_the_losses_of_a_slice_a_frame_has_the_last_two() -> None:
    one = make_progress(SMALL, losses=[0.1])
    many = make_progress(SMALL, losses=np.arange(7000, dtype=np.float32))
    assert one.newest is one
    assert many.newest.losses.tolist() == [6998, 6999]
    assert many.newest.errors.tolist() == many.errors[-2:].tolist()
    assert len(encode(many.newest)) < len(encode(many)) - 6990 * 8


def test_viewers_come_and_go_by_the_hundred() -> None:
    dice = random.Random(0)
    with served() as (session, server, folder):
        for _ in range(100):
            wait_for(lambda: server.count < serving.MOST_VIEWERS)  # it notices later that one has gone
            viewer = RemoteSession(folder, "x", 500.0)
            if dice.random() < 0.5:
                viewer.send(commands.Step())
            if dice.random() < 0.5:
                viewer._connection.close()  # as if it were killed
            viewer.stop()
        wait_for(lambda: server.count == 0)
        assert session.viewers.names == ()
        assert session.error is None


def test_a_viewer_is_answered_which_commands_were_not_carried_out_and_why() -> None:
    with served() as (session, _, folder), looking(folder) as viewer:
        session.send(commands.Step(3))  # so that the numbers of the viewer are not those of the session
        numbers = [
            viewer.send(one) for one in (commands.Step(2), commands.Redo(), commands.Go(9), commands.Edit({"seed": -1}))
        ]
        shown(viewer, numbers[-1])
        answers = [viewer.not_done(number) for number in numbers]
        assert [None if one is None else (one.why_not, one.was_refused) for one in answers] == [
            None,
            ("nothing to redo", False),
            ("j is no branch of this run: a to a", True),
            ("seed = -1 cannot be used: 0 or more", True),
        ]
        with looking(folder, "pts/2") as watcher:
            number = watcher.send(commands.Step(4))
            shown(watcher, number)
            ignored = watcher.not_done(number)
            assert ignored is not None
            assert (ignored.command, ignored.why_not) == (commands.Step(4), "pts/1 steers")
        assert session.frame.trained == 5
