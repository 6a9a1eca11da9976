"""A session and its viewers over a real socket: pictures, commands, who steers, and how it ends."""

from __future__ import annotations

import json
import re
import shutil
import socket
import struct
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from echornn import EchoConfig, Question
from echornn.session import commands
from tests.answered import answered
from tests.door.remote.viewers import (
    CURVE,
    QUERIES,
    SMALL,
    SMALL_POPULATION,
    AddressError,
    Query,
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

MEMORY, UNITS = (Question(frozenset({kind})) for kind in ("memory", "units"))


@pytest.mark.parametrize("config", [SMALL, SMALL_POPULATION])
def test_a_viewer_sees_every_bit_that_the_session_shows(config: EchoConfig, tmp_path: Path) -> None:
    with served(tmp_path, config) as trained, looking(tmp_path) as viewer:
        shown(viewer, viewer.send(commands.Ask(replace(MEMORY, kinds=MEMORY.kinds | UNITS.kinds))))
        for command in (
            commands.Step(7),
            commands.Redraw(),
            commands.Step(9),
            commands.Go(0, 3),
            commands.Undo(),
        ):
            shown(viewer, viewer.send(command))
        wait_for(lambda: trained.session.frame.readings is not None)
        wait_for(lambda: content(viewer.look(CURVE)) == content(trained.session.look(CURVE)))

        @settings(max_examples=40, phases=[Phase.generate])
        @given(QUERIES)
        def same(query: Query) -> None:
            wait_for(lambda: content(viewer.look(query)) == content(trained.session.look(query)))

        same()


@pytest.mark.slow
def test_a_session_that_does_not_answer_holds_up_no_screen_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        before = shown(viewer, viewer.send(commands.Step(3)))
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


def test_each_viewer_is_answered_what_became_of_its_own_commands(tmp_path: Path) -> None:
    todo = (commands.Step(2), commands.Redo(), commands.Go(9), commands.Edit({"seed": -1}))
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        # So that the numbers of the viewer are not those of the session
        trained.do(commands.Step(3))
        numbers = [viewer.send(one) for one in todo]
        assert numbers == [1, 2, 3, 4]
        assert shown(viewer, 4).frame.trained == 5
        answers = [viewer.not_done(number) for number in numbers]
        assert [answer is None or answer.was_refused for answer in answers] == [
            True,
            False,
            True,
            True,
        ]
        assert answers[0] is None
        assert [answer.command for answer in answers if answer is not None] == [*todo[1:]]
        assert answers[3] is not None
        assert (answers[3].field, "seed = -1" in answers[3].why_not) == ("seed", True)
        with looking(tmp_path, "pts/2") as watcher:
            assert shown(watcher, watcher.send(commands.Step(4))).frame.trained == 5
            ignored = watcher.not_done(1)
            assert ignored is not None
            assert (ignored.command, ignored.was_refused, "pts/1" in ignored.why_not) == (
                commands.Step(4),
                True,
                True,
            )


def test_one_steers_and_the_others_look_until_one_takes_over_or_leaves(tmp_path: Path) -> None:
    with (
        served(tmp_path) as trained,
        looking(tmp_path, "pts/1") as first,
        looking(tmp_path, "pts/2") as second,
    ):
        assert viewers_of(tmp_path) == (("pts/1", "pts/2"), "pts/1")
        shown(second, second.send(commands.Step(5)))
        shown(first, first.send(commands.Step(3)))
        assert trained.session.frame.trained == 3
        wait_for(lambda: first.look(CURVE).audience.others == ("pts/2",))
        assert first.look(CURVE).audience.may_steer
        wait_for(lambda: second.look(CURVE).audience.steering == "pts/1")
        second.take_over()
        shown(second, second.send(commands.Step(4)))
        shown(first, first.send(commands.Step(6)))
        assert trained.session.frame.trained == 7
        assert viewers_of(tmp_path) == (("pts/1", "pts/2"), "pts/2")
        second.stop()
        wait_for(lambda: viewers_of(tmp_path) == (("pts/1",), "pts/1"))
        assert shown(first, first.send(commands.Step())).frame.trained == 8
        with looking(tmp_path, "pts/1"):
            assert len(set(viewers_of(tmp_path)[0])) == 2, "two of one name are told apart"


def test_a_viewer_that_only_looks_never_steers_whatever_it_sends(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path, "screen", only_looks=True) as screen:
        assert viewers_of(tmp_path) == (("screen",), "")
        screen.take_over()
        shown(screen, screen.send(commands.Step(5)))
        with looking(tmp_path, "pts/1") as steering:
            shown(steering, steering.send(commands.Step(3)))
            screen.take_over()
            shown(screen, screen.send(commands.Step(5)))
            assert viewers_of(tmp_path) == (("screen", "pts/1"), "pts/1")
        wait_for(lambda: viewers_of(tmp_path) == (("screen",), ""))
        assert trained.session.frame.trained == 3
        screen.send(commands.Ask(MEMORY))
        wait_for(lambda: screen.look(CURVE).frame.readings is not None)


def test_names_that_viewers_give_erase_no_other_and_one_that_only_looks_gives_none(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        trained.do(
            commands.Step(20),
            commands.Go(0, 10),
            commands.Edit({"learning_rate": 0.1}),
            commands.Step(5),
        )
        with looking(tmp_path, "c", only_looks=True) as looks:
            shown(looks, looks.send(commands.Name(0, "looked")))
            refused = looks.not_done(1)
            assert refused is not None
            assert refused.was_refused
        shown(first, first.send(commands.Name(0, " first ")))
        shown(second, second.send(commands.Name(1, "second")))  # it does not steer
        shown(second, second.send(commands.Pin(1)))

        def kept() -> object:
            notes = tmp_path / "branches.json"
            return notes.exists() and [
                json.loads(notes.read_text())[name] for name in ("names", "pinned", "hidden")
            ]

        wait_for(lambda: kept() == [{"0": "first", "1": "second"}, [1], []])


def test_messages_longer_than_the_buffer_of_a_socket_arrive_whole(tmp_path: Path) -> None:
    command = commands.Edit({"x" * 1_000_000: 1})
    with served(tmp_path), looking(tmp_path) as viewer:
        shown(viewer, viewer.send(command))
        answer = viewer.not_done(1)
        assert answer is not None
        assert answer.command == command


def test_what_all_viewers_need_is_measured_together(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        shown(first, first.send(commands.Step()))
        shown(first, first.send(commands.Ask(MEMORY)))
        shown(second, second.send(commands.Ask(UNITS)))
        wait_for(lambda: trained.asked[-1:] and trained.asked[-1].kinds == {"memory", "units"})
        first.stop()
        wait_for(lambda: len(viewers_of(tmp_path)[0]) == 1)
        shown(second, second.send(commands.Step()))
        wait_for(lambda: trained.asked[-1].kinds == {"units"})


def test_who_leaves_while_another_asks_takes_no_reading_away(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as first, looking(tmp_path, "b") as second:
        shown(second, second.send(commands.Ask(UNITS)))
        with trained.held_back(commands.Ask(None)):
            second.stop()
            wait_for(lambda: viewers_of(tmp_path)[0] == ("pts/1",))
            shown(first, first.send(commands.Ask(MEMORY)))
        trained.do(commands.Step())
        wait_for(lambda: trained.asked[-1].kinds == {"memory"})
        trained.do(commands.Step())
        window = trained.session.frame.trained

        def is_read() -> bool:
            readings = first.look(CURVE).frame.readings
            return readings is not None and readings.window == window

        wait_for(is_read)


def test_the_end_of_a_session_is_said_and_the_last_picture_stays(tmp_path: Path) -> None:
    with served(tmp_path) as trained, looking(tmp_path) as viewer:
        shown(viewer, viewer.send(commands.Step(3)))
        trained.server.close("it was ended by hand")
        wait_for(lambda: viewer.look(CURVE).audience.ended)
        picture = viewer.look(CURVE)
        assert (picture.frame.trained, picture.audience.ended) == (3, "it was ended by hand")
        assert viewer.look_again(Query(columns=9), picture) is picture
        with pytest.raises(AddressError, match=re.escape(str(tmp_path))):
            viewers_of(tmp_path)


def greeting(connection: socket.socket) -> dict[str, Any]:
    """The first message of a session: JSON, with its length in front, which every version can
    read."""
    connection.settimeout(PATIENCE)
    (length,) = struct.unpack(">I", connection.recv(4, socket.MSG_WAITALL))
    said = json.loads(connection.recv(length, socket.MSG_WAITALL))
    assert isinstance(said, dict)
    return said


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message


@pytest.mark.parametrize(
    "bad", [b"\xff\xff\xff\xff", framed(b"[]"), framed(b"{"), b"GET / HTTP/1.1\r\n\r\n", b""]
)
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
        assert shown(viewer, viewer.send(commands.Step(4))).frame.trained == 4
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
                shown(viewer, viewer.send(commands.Step()))
        wait_for(lambda: lazy.look(CURVE).frame.trained == 20)
        assert trained.session.error is None


def test_another_version_is_refused_by_name_on_both_sides_in_one_line(tmp_path: Path) -> None:
    with served(tmp_path), closing(connected(tmp_path)) as connection:
        connection.sendall(framed(json.dumps({"messages": "other", "version": "9.9"}).encode()))
        said = greeting(connection)
        assert said["refused"]
        own = said["version"]
        pointer = json.loads((tmp_path / "serving.json").read_text())
    newer = Path(pointer["path"])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(newer))
        listener.listen(1)
        (tmp_path / "serving.json").write_text(json.dumps(pointer))

        def refuse() -> None:
            with listener.accept()[0] as connection:
                greeting(connection)
                connection.sendall(
                    framed(json.dumps({**said, "messages": "other", "version": "9.9"}).encode())
                )

        threading.Thread(target=refuse, daemon=True).start()
        done = answered("attach", "--once", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(rf"9\.9.*{re.escape(own)}", done.stderr.splitlines()[0])


def test_a_copy_of_a_runs_folder_does_not_lead_to_the_session_and_the_moved_one_does(
    tmp_path: Path,
) -> None:
    folder, copy = tmp_path / "run", tmp_path / "copy"
    with served(folder) as trained:
        # Being renamed just now
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.new"))
        for arguments in (["attach", "--once"], ["attach", "--stop"], ["serve"]):
            done = answered(*arguments, str(copy))
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
        trained.do(commands.Step(7))
        done = answered("attach", "--once", str(tmp_path))
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, "", 30)
    assert re.search(r"paused +epoch 1/3 +window +7/10 ", lines[0])
    assert trained.session.frame.trained == 7
