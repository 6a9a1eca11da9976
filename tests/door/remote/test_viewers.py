"""A session and its viewers over a real socket: pictures, commands, who steers, and how it ends."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings

from echornn import EchoConfig, Question
from echornn.session.commands import Answer, Ask, Edit, Go, Name, Pin, Redo, Redraw, Step, Undo
from tests.answered import answered
from tests.door.remote.viewers import (
    CURVE,
    QUERIES,
    SMALL,
    SMALL_POPULATION,
    AddressError,
    Query,
    RemoteSession,
    Span,
    connected,
    content,
    looking,
    served,
    shown,
    silent_after,
    viewers_of,
)
from tests.patience import PATIENCE, wait_for

MEMORY = Question(frozenset({"memory"}))
UNITS = Question(frozenset({"units"}))
BOTH = Question(frozenset({"memory", "units"}))


@pytest.mark.parametrize("config", [SMALL, SMALL_POPULATION])
def test_a_viewer_sees_every_bit_that_the_session_shows(config: EchoConfig, tmp_path: Path) -> None:
    with served(tmp_path, config) as trained, looking(tmp_path) as viewer:
        for command in (Ask(BOTH), Step(7), Redraw(), Step(9), Go(0, 3), Undo()):
            shown(viewer, command)
        wait_for(lambda: trained.session.frame.readings is not None)

        @settings(max_examples=20, phases=[Phase.explicit, Phase.generate])
        @example(CURVE)
        @given(QUERIES)
        def require_same(query: Query) -> None:
            wait_for(lambda: content(viewer.look(query)) == content(trained.session.look(query)))

        require_same()


@pytest.mark.slow
def test_a_session_that_does_not_answer_holds_up_no_screen_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        before = shown(viewer, Step(3))
        closer = Query(Span(2), columns=20)
        with trained.held():
            looks = threading.Thread(
                target=lambda: [viewer.look(closer) for _ in range(3)], daemon=True
            )
            looks.start()
            wait_for(lambda: not looks.is_alive())
            silent_after(1, monkeypatch)
            wait_for(lambda: viewer.look(closer).audience.silent >= 1)
            assert viewer.look_again(closer, before) is before
        wait_for(lambda: viewer.look(closer).query == closer)
        wait_for(lambda: not viewer.look(closer).audience.silent)


def not_done(viewer: RemoteSession, number: int = 1) -> Answer:
    """Why the viewer's command of this number was not done."""
    answer = viewer.not_done(number)
    assert answer is not None
    return answer


def test_each_viewer_is_answered_what_became_of_its_own_commands(tmp_path: Path) -> None:
    refused = (Go(9), Edit({"seed": -1}))
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        # So that the numbers of the viewer are not those of the session
        trained.do(Step(3))
        assert shown(viewer, Step(2), Redo(), *refused).frame.trained == 5
        assert viewer.not_done(1) is None
        assert not_done(viewer, 2).command == Redo()
        assert not not_done(viewer, 2).was_refused
        for number, command in enumerate(refused, 3):
            answer = not_done(viewer, number)
            assert answer.command == command
            assert answer.was_refused
        assert answer.field == "seed"
        assert "seed = -1" in answer.why_not
        with looking(tmp_path, "pts/2") as watcher:
            assert shown(watcher, Step(4)).frame.trained == 5
            ignored = not_done(watcher)
            assert ignored.command == Step(4)
            assert ignored.was_refused
            assert "pts/1" in ignored.why_not


def test_one_steers_and_the_others_look_until_one_takes_over_or_leaves(tmp_path: Path) -> None:
    with (
        served(tmp_path) as trained,
        looking(tmp_path, "pts/1") as first,
        looking(tmp_path, "pts/2") as second,
    ):
        assert viewers_of(tmp_path) == (("pts/1", "pts/2"), "pts/1")
        shown(second, Step(5))
        shown(first, Step(3))
        assert trained.session.frame.trained == 3
        wait_for(lambda: first.look(CURVE).audience.others == ("pts/2",))
        assert first.look(CURVE).audience.may_steer
        wait_for(lambda: second.look(CURVE).audience.steering == "pts/1")
        second.take_over()
        shown(second, Step(4))
        shown(first, Step(6))
        assert trained.session.frame.trained == 7
        assert viewers_of(tmp_path) == (("pts/1", "pts/2"), "pts/2")
        second.stop()
        wait_for(lambda: viewers_of(tmp_path) == (("pts/1",), "pts/1"))
        assert shown(first, Step()).frame.trained == 8
        with looking(tmp_path, "pts/1"):
            assert len(set(viewers_of(tmp_path)[0])) == 2, "two of one name are told apart"


def test_a_viewer_that_only_looks_never_steers_whatever_it_sends(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path, "screen", only_looks=True) as screen:
        assert viewers_of(tmp_path) == (("screen",), "")
        screen.take_over()
        shown(screen, Step(5))
        with looking(tmp_path, "pts/1") as steering:
            shown(steering, Step(3))
            screen.take_over()
            shown(screen, Step(5))
            assert viewers_of(tmp_path) == (("screen", "pts/1"), "pts/1")
        wait_for(lambda: viewers_of(tmp_path) == (("screen",), ""))
        assert trained.session.frame.trained == 3
        screen.send(Ask(MEMORY))
        wait_for(lambda: screen.look(CURVE).frame.readings is not None)


def test_names_that_viewers_give_erase_no_other_and_one_that_only_looks_gives_none(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        trained.do(Step(20), Go(0, 10), Edit({"learning_rate": 0.1}), Step(5))
        with looking(tmp_path, "c", only_looks=True) as looks:
            shown(looks, Name(0, "looked"))
            assert not_done(looks).was_refused
        shown(first, Name(0, " first "))
        shown(second, Name(1, "second"))  # it does not steer
        shown(second, Pin(1))

        def kept() -> object:
            notes = json.loads((tmp_path / "branches.json").read_text())
            return notes["names"], notes["pinned"], notes["hidden"]

        wait_for((tmp_path / "branches.json").exists)
        wait_for(lambda: kept() == ({"0": "first", "1": "second"}, [1], []))


def test_messages_longer_than_the_buffer_of_a_socket_arrive_whole(tmp_path: Path) -> None:
    command = Edit({"x" * 1_000_000: 1})
    with served(tmp_path), looking(tmp_path) as viewer:
        shown(viewer, command)
        assert not_done(viewer).command == command


def test_what_all_viewers_need_is_measured_together(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        shown(first, Step())
        shown(first, Ask(MEMORY))
        shown(second, Ask(UNITS))
        wait_for(lambda: trained.asked and trained.asked[-1].kinds == BOTH.kinds)
        first.stop()
        wait_for(lambda: len(viewers_of(tmp_path)[0]) == 1)
        shown(second, Step())
        wait_for(lambda: trained.asked[-1].kinds == {"units"})


def test_who_leaves_while_another_asks_takes_no_reading_away(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        shown(second, Ask(UNITS))
        with trained.held_back(Ask(None)):
            second.stop()
            wait_for(lambda: viewers_of(tmp_path)[0] == ("pts/1",))
            shown(first, Ask(MEMORY))
        trained.do(Step())
        wait_for(lambda: trained.asked[-1].kinds == {"memory"})
        trained.do(Step())
        window = trained.session.frame.trained

        def is_read() -> bool:
            readings = first.look(CURVE).frame.readings
            return readings is not None and readings.window == window

        wait_for(is_read)


def test_the_end_of_a_session_is_said_and_the_last_picture_stays(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        shown(viewer, Step(3))
        trained.server.close("it was ended by hand")
        wait_for(lambda: viewer.look(CURVE).audience.ended)
        picture = viewer.look(CURVE)
        assert picture.frame.trained == 3
        assert picture.audience.ended == "it was ended by hand"
        assert viewer.look_again(Query(columns=9), picture) is picture
        with pytest.raises(AddressError, match=re.escape(str(tmp_path))):
            viewers_of(tmp_path)


def greeting(connection: socket.socket) -> dict[str, Any]:
    """The first message of a session: JSON, with its length in front, which every version can
    read."""
    connection.settimeout(PATIENCE)
    length = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
    message: dict[str, Any] = json.loads(connection.recv(length, socket.MSG_WAITALL))
    return message


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


@pytest.mark.parametrize("bad", [b"\xff\xff\xff\xff", framed(b"[]"), b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_viewer_harms_its_own_connection_alone(bad: bytes, tmp_path: Path) -> None:
    with (
        served(tmp_path) as trained,
        looking(tmp_path) as viewer,
        closing(connected(tmp_path)) as connection,
    ):
        connection.sendall(bad)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(PATIENCE)
        with suppress(ConnectionResetError):
            assert connection.recv(10) == b""
        assert shown(viewer, Step(4)).frame.trained == 4
        assert trained.session.error is None


def test_one_who_does_not_read_holds_up_nobody(tmp_path: Path) -> None:
    with (
        served(tmp_path) as trained,
        looking(tmp_path) as viewer,
        looking(tmp_path, "lazy") as lazy,
    ):
        lazy.look(CURVE)
        with trained.slow_reader(lazy):
            for _ in range(20):
                shown(viewer, Step())
        wait_for(lambda: lazy.look(CURVE).frame.trained == 20)
        assert trained.session.error is None


OTHER = {"messages": "other", "version": "9.9"}


def test_another_version_is_refused_by_name_on_both_sides_in_one_line(tmp_path: Path) -> None:
    with served(tmp_path), closing(connected(tmp_path)) as connection:
        connection.sendall(framed(json.dumps(OTHER).encode()))
        answer = greeting(connection)
        assert answer["refused"]
        pointer = (tmp_path / "serving.json").read_text()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(json.loads(pointer)["path"])
        listener.listen(1)
        (tmp_path / "serving.json").write_text(pointer)

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                greeting(connection)
                connection.sendall(framed(json.dumps({**answer, **OTHER}).encode()))

        threading.Thread(target=refuse, daemon=True).start()
        done = answered("attach", "--once", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(rf"9\.9.*{re.escape(answer['version'])}", done.stderr.splitlines()[0])


def test_a_copy_of_a_runs_folder_does_not_lead_to_the_session_and_the_moved_one_does(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    copy = tmp_path / "copy"
    with served(folder) as trained:
        # Being renamed just now
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.new"))
        for arguments in ("attach --once", "attach --stop", "serve"):
            done = answered(*arguments.split(), copy)
            assert (done.returncode, done.stdout) == (2, "")
            assert str(copy) in done.stderr.splitlines()[0]
        assert viewers_of(folder) == ((), "")
        moved = folder.rename(tmp_path / "moved")
        assert viewers_of(moved) == ((), "")
        moved.rename(folder)
        assert trained.session.error is None


def test_one_picture_is_printed_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    with served(tmp_path) as trained:
        trained.do(Step(7))
        done = answered("attach", "--once", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 30
    assert re.match(r".*paused +epoch 1/3 +window +7/10 ", done.stdout)
    assert trained.session.frame.trained == 7
