"""Serves a session to viewers in other processes of the same user."""

from __future__ import annotations

import bisect
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from echornn.own.own_file import OwnFile
from echornn.remote.address import is_of_this_user, listen
from echornn.remote.greetings import (
    MOST_OF_A_REQUEST,
    OTHER_RUN,
    OTHER_VERSION,
    greeting,
    identity,
    receive,
    receive_greeting,
    send,
    send_greeting,
)
from echornn.remote.messages import Reply, Request, TakeControl, keeping, kept_parts
from echornn.remote.wire import WireError, decode, encode
from echornn.session.commands import Answer, Ask, ChangingCommand, Command
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture, Query
from echornn.session.rules import may_send
from echornn.session.session import Session

# The times are chosen by eye: long for a machine that is overloaded, short where somebody waits
GREETING_SECONDS = 20.0  # how long a new connection may take for its greeting
# How long a viewer may be silent: a run in the background waits for its viewers
SECONDS_OF_A_VIEWER = 600.0
SECONDS_TO_TELL = 0.5  # how long the end waits for viewers to ask once more, so that they hear why
SECONDS_AFTER_A_FAILURE = 0.05  # how long to wait before accepting connections again
SECONDS_OF_AN_ANSWER = 0.1  # how long the first picture after a command waits for its effect
MOST_NAME_LENGTH = 40  # characters of a viewer's name; chosen by eye


class Server:
    """Lets viewers in other processes look at a session, and steer it; the pointer to it is in the
    run's folder."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._run = identity(folder)
        self._ended = ""  # why the session ends
        self._trouble = ""  # why not everything is saved then
        self._over = threading.Event()
        self._connections: set[socket.socket] = set()
        self._nobody_left = threading.Condition()  # guards the connections
        self._listener, self._pointer = listen(folder)
        threading.Thread(target=self._accept, name="serving", daemon=True).start()

    def close(self, reason: str, trouble: str = "") -> None:
        """Tell the viewers why the session ends, and the program that asked for the end why not
        everything is saved."""
        self._trouble = trouble
        self._ended = reason or "the session has ended"
        self._pointer.forget(self._folder)
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
            if not is_of_this_user(connection):
                connection.close()
                continue
            with self._nobody_left:
                self._connections.add(connection)
            serving = threading.Thread(
                target=self._serve, args=(connection,), name="viewer", daemon=True
            )
            serving.start()

    def _serve(self, connection: socket.socket) -> None:
        """Serve one connection until it ends; whatever a viewer sends, only its own connection
        suffers."""
        try:
            self._converse(connection)
        except (OSError, WireError):
            pass
        finally:
            connection.close()
            with self._nobody_left:
                self._connections.discard(connection)
                self._nobody_left.notify_all()

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(GREETING_SECONDS)
        received = receive_greeting(connection)
        wants = received.get("wants")
        if received.get("messages") != greeting()["messages"]:
            send_greeting(connection, refused=OTHER_VERSION)
        elif received.get("run") != self._run:
            send_greeting(connection, refused=OTHER_RUN)
        elif wants == "names":
            viewers = self._session.viewers
            send_greeting(connection, names=viewers.names, steering=viewers.steering)
        elif wants == "end":
            send_greeting(connection)
            os.kill(os.getpid(), signal.SIGTERM)
            self._over.wait()
            send_greeting(connection, trouble=self._trouble)
        else:
            send_greeting(connection)
            connection.settimeout(SECONDS_OF_A_VIEWER)
            name = str(received.get("name", ""))[:MOST_NAME_LENGTH]
            self._show(connection, name, bool(received.get("only_looks")))

    def _show(self, connection: socket.socket, name: str, only_looks: bool) -> None:
        """Answer a viewer's requests until it is gone, or the session."""
        number = self._session.viewers.join(name or "a viewer", only_looks=only_looks)
        viewer = Viewer(self._session, number)
        try:
            while True:
                request = decode(receive(connection, MOST_OF_A_REQUEST), Request)
                if self._ended:
                    send(connection, encode(Reply(ended=self._ended)))
                    return
                try:
                    answer = viewer.answer(request)
                except Exception as error:  # whatever it asks, only this viewer suffers
                    reason = f"the session cannot answer: {type(error).__name__}: {error}"
                    answer = encode(Reply(ended=reason))
                send(connection, answer)
        finally:
            self._session.leave(number)


class Viewer:
    """A viewer in another process, as the session sees it.

    Its commands are numbered from 1, and in the session, to which others send commands too, by
    other numbers. The frames that it is shown count its commands only.
    """

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self._number = number  # of the viewer
        self._commands: list[int] = []  # their numbers in the session
        self._refused: dict[int, Answer] = {}  # by their numbers here
        self._is_waiting = False  # for the effect of a command
        self._newest: Frame | None = None  # the session's frame that it was shown last
        self._answered = 0  # how many of its commands that frame has answered
        self._frames: tuple[Frame, ...] = ()  # as the viewer keeps them
        self._last: Picture | None = None

    def answer(self, request: Request) -> bytes:
        """Carry out a viewer's request; returns the encoded `Reply`.

        Any exception is possible, since the values in a request are not checked.
        """
        for todo in request.todo:
            if isinstance(todo, TakeControl):
                self._session.viewers.take_over(self._number)
            else:
                self._deliver(todo)
        frame, not_done = self._look(request.again)
        if self._has(frame, request.query):
            return encode(Reply(None, not_done))
        picture = self._session.look_at(request.query, frame, self._number)
        answer = encode(Reply(picture, not_done), kept_parts(self._frames))
        self._frames = keeping(self._frames, frame)
        self._last = picture
        return answer

    def _deliver(self, command: Command) -> None:
        number = len(self._commands) + 1
        audience = self._session.viewers.audience(self._number)
        if isinstance(command, Ask):
            in_session = self._session.ask(self._number, command.question)
        elif may_send(command, audience):
            in_session = self._session.send(_by_hand(command))
            self._is_waiting = True
        else:
            # It still counts, so that the viewer's numbers stay right
            in_session = self._commands[-1] if self._commands else 0
            why_not = "this viewer only looks"
            if audience.steering:
                why_not = f"{audience.steering} steers"
            self._refused[number] = Answer(number, command, why_not, was_refused=True)
        self._commands.append(in_session)

    def _look(self, again: int | None) -> tuple[Frame, tuple[Answer, ...]]:
        """One of the kept frames, or the newest, if it comes soon the first that shows a command's
        effect; and the answers to commands that were not carried out."""
        if again is not None:
            return self._frames[again], ()
        if self._is_waiting:
            self._is_waiting = False
            self._session.when_shown(self._commands[-1], SECONDS_OF_AN_ANSWER)
        frame = self._session.frame
        answered = bisect.bisect_right(self._commands, frame.answered)
        if frame is self._newest and answered == self._answered:
            return self._frames[-1], ()
        not_done = self._not_done(range(self._answered + 1, answered + 1))
        self._newest = frame
        self._answered = answered
        return replace(frame, answered=answered), not_done

    def _not_done(self, numbers: Iterable[int]) -> tuple[Answer, ...]:
        answers = []
        for number in numbers:
            answer = self._refused.pop(number, None)
            if answer is None:
                answer = self._session.not_done(self._commands[number - 1])
            if answer is not None:
                answers.append(replace(answer, number=number))
        return tuple(answers)

    def _has(self, frame: Frame, query: Query) -> bool:
        """Whether the viewer was shown this picture last."""
        if self._last is None or self._last.frame is not frame or self._last.query != query:
            return False
        return self._last.audience == self._session.viewers.audience(self._number)


def _by_hand(command: Command) -> Command:
    """A command whose files may run: only this user can connect, and has given them."""
    if not isinstance(command, ChangingCommand):
        return command
    changes = dict(command.changes)
    for name, value in command.changes.items():
        if isinstance(value, OwnFile):
            changes[name] = value.by_hand()
    return replace(command, changes=changes)
