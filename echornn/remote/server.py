"""Serves a session to viewers in other processes of the same user."""

from __future__ import annotations

import bisect
import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

from echornn.files import own_files
from echornn.own import OwnFile
from echornn.remote import messages
from echornn.remote.messages import (
    AddressError,
    Request,
    Shown,
    TakeOver,
    WireError,
    decode,
    encode,
    known_of,
)
from echornn.runs.folders import POINTER_FILE
from echornn.session.commands import Answer, Ask, ChangingCommand, Command, NoteCommand
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.session import Session

GREETING_SECONDS = 20.0  # how long a new connection may take for its greeting
# How long a viewer may be silent: a run in the background waits for its viewers
SECONDS_OF_A_VIEWER = 600.0
SECONDS_TO_TELL = 0.5  # how long the end waits for viewers to ask once more, so that they hear why
SECONDS_AFTER_A_FAILURE = 0.05  # how long to wait before accepting connections again
SECONDS_OF_AN_ANSWER = 0.1  # how long the first picture after a command waits for its effect

SUFFIX = ".sock"


def socket_folder() -> Path:
    """The folder for this user's sockets: not in `XDG_RUNTIME_DIR`, which is removed when its user
    logs out."""
    folder = Path(tempfile.gettempdir()) / messages.folder_name()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise AddressError(f"{folder} cannot be made: {error.strerror or error}") from error
    messages.require_own_folder(folder)
    return folder


def listening(folder: Path) -> tuple[socket.socket, dict[str, Any]]:
    """A socket for viewers of the run in this folder, and the pointer to it, which is in the folder
    from now on."""
    sockets = socket_folder()
    # Those on which nobody listens: their processes were killed
    for left in sockets.glob(f"*{SUFFIX}"):
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
        ):
            connection.setblocking(False)
            if connection.connect_ex(os.fspath(left)) == errno.ECONNREFUSED:
                left.unlink()
    before = str(sockets / f"{os.getpid()}-{secrets.token_hex(4)}")
    pointer: dict[str, Any] = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "path": f"{before}{SUFFIX}",
    }
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(before)
        os.chmod(before, 0o600)
        listener.listen()
        # Only now, since a socket on which nobody listens counts as left behind
        os.rename(before, pointer["path"])
        own_files.write_whole(folder / POINTER_FILE, json.dumps(pointer).encode())
    except OSError:
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(before)
        forget(folder, pointer)
        raise
    return listener, pointer


def forget(folder: Path, pointer: dict[str, Any]) -> None:
    """Remove the socket, and the pointer in the run's folder, if it is still this one."""
    with contextlib.suppress(OSError):
        os.unlink(pointer["path"])
    with contextlib.suppress(OSError, ValueError):
        if (
            json.loads(
                own_files.read_bytes(folder / POINTER_FILE, messages.MOST_BYTES_OF_A_GREETING)
            )
            == pointer
        ):
            (folder / POINTER_FILE).unlink()


class Server:
    """Lets viewers in other processes look at a session, and steer it; the pointer to it is in the
    run's folder."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._run = messages.identity(folder)
        self._session = session
        self._folder = folder
        self._ended = self._trouble = ""
        self._over = threading.Event()
        self._connections: set[socket.socket] = set()
        self._nobody_left = threading.Condition()
        self._listener, self._pointer = listening(folder)
        threading.Thread(target=self._accept, name="serving", daemon=True).start()

    def close(self, reason: str, trouble: str = "") -> None:
        """Tell the viewers why the session ends, and the program that asked for the end why not
        everything is saved."""
        self._trouble, self._ended = trouble, reason or "the session has ended"
        forget(self._folder, self._pointer)
        self._over.set()  # only now, so that whoever asked for the end finds no pointer any more
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._nobody_left:
            self._nobody_left.wait_for(lambda: not self._connections, SECONDS_TO_TELL)
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    # ---- on threads of its own

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._ended:
                    return
                time.sleep(SECONDS_AFTER_A_FAILURE)  # too many files are open, for example
                continue
            if not messages.is_of_this_user(connection):
                connection.close()
                continue
            with self._nobody_left:
                self._connections.add(connection)
            threading.Thread(
                target=self._serve, args=(connection,), name="viewer", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        """Serve one connection until it ends; whatever a viewer sends, only its own connection
        suffers."""
        try:
            connection.settimeout(GREETING_SECONDS)
            said = messages.receive_greeting(connection)
            if said.get("messages") != messages.greeting()["messages"]:
                messages.send_greeting(connection, refused=messages.OTHER_VERSION)
            elif said.get("run") != self._run:
                messages.send_greeting(connection, refused=messages.OTHER_RUN)
            elif said.get("wants") == "names":
                viewers = self._session.viewers
                messages.send_greeting(connection, names=viewers.names, steering=viewers.steering)
            elif said.get("wants") == "end":
                messages.send_greeting(connection)
                os.kill(os.getpid(), signal.SIGTERM)
                self._over.wait()
                messages.send_greeting(connection, trouble=self._trouble)
            else:
                messages.send_greeting(connection)
                connection.settimeout(SECONDS_OF_A_VIEWER)
                self._answer(
                    connection, str(said.get("name", ""))[:40], bool(said.get("only_looks"))
                )
        except (OSError, WireError):
            pass
        finally:
            connection.close()
            with self._nobody_left:
                self._connections.discard(connection)
                self._nobody_left.notify_all()

    def _answer(self, connection: socket.socket, name: str, only_looks: bool) -> None:
        viewers = self._session.viewers
        number = viewers.join(name or "a viewer", only_looks=only_looks)
        try:
            viewer = _RemoteViewer(self._session, number)
            while True:
                request = decode(
                    messages.receive(connection, messages.MOST_BYTES_OF_A_REQUEST), Request
                )
                if self._ended:
                    messages.send(connection, encode(Shown(ended=self._ended)))
                    return
                try:
                    answer = viewer.answer(request)
                except Exception as error:  # whatever it asks, only this viewer suffers
                    answer = encode(
                        Shown(ended=f"the session cannot answer: {type(error).__name__}: {error}")
                    )
                messages.send(connection, answer)
        finally:
            self._session.leave(number)


class _RemoteViewer:
    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._number = number
        self._commands: list[int] = []  # their numbers in the session
        self._refused: dict[int, Answer] = {}
        self._is_waiting = False
        # They count this viewer's commands only
        self._frames: deque[Frame] = deque(maxlen=messages.FRAMES_KEPT)
        self._newest: Frame | None = None  # the session's frame that the newest of them shows
        self._last: Picture | None = None

    def answer(self, request: Request) -> bytes:
        for one in request.todo:
            self._session.viewers.take_over(self._number) if isinstance(
                one, TakeOver
            ) else self._deliver(one)
        frame, not_done = (
            self._look() if request.again is None else (self._frames[request.again], ())
        )
        last, audience = self._last, self._session.viewers.audience(self._number)
        if (
            last is not None
            and last.frame is frame
            and (last.query, last.audience) == (request.query, audience)
        ):
            return encode(Shown(None, not_done))
        self._last = self._session.look_at(request.query, frame, last, self._number)
        data = encode(Shown(self._last, not_done), known_of(self._frames))
        if frame not in self._frames:
            self._frames.append(frame)
        return data

    def _look(self) -> tuple[Frame, tuple[Answer, ...]]:
        """The newest frame, if it comes soon the first that shows a command's effect; and what was
        not carried out."""
        session = self._session
        if self._is_waiting:
            self._is_waiting = False
            session.when_shown(self._commands[-1], SECONDS_OF_AN_ANSWER)
        frame, before = session.frame, self._frames[-1] if self._frames else None
        answered = bisect.bisect_right(self._commands, frame.answered)
        if before is not None and frame is self._newest and answered == before.answered:
            return before, ()
        self._newest = frame
        since = range(1 if before is None else before.answered + 1, answered + 1)
        answers = {
            own: self._refused.pop(own, None) or session.not_done(self._commands[own - 1])
            for own in since
        }
        not_done = tuple(
            replace(answer, number=own) for own, answer in answers.items() if answer is not None
        )
        return replace(frame, answered=answered), not_done

    def _deliver(self, command: Command) -> None:
        session = self._session
        # Only this user can connect, and has given these files
        if isinstance(command, ChangingCommand):
            given = {
                name: one.by_hand()
                for name, one in command.changes.items()
                if isinstance(one, OwnFile)
            }
            command = replace(command, changes={**command.changes, **given})
        viewers, own = session.viewers, len(self._commands) + 1
        audience = viewers.audience(self._number)
        if isinstance(command, Ask):
            number = session.ask(self._number, command.question)
        elif audience.may_steer or (audience.may_note and isinstance(command, NoteCommand)):
            number = session.send(command)
            self._is_waiting = True
        else:  # it still counts, so that the viewer's numbers stay right
            number = self._commands[-1] if self._commands else 0
            why_not = (
                f"{audience.steering} steers" if audience.steering else "this viewer only looks"
            )
            self._refused[own] = Answer(own, command, why_not, was_refused=True)
        self._commands.append(number)
