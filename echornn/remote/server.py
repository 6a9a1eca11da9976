"""Serves a session to viewers in other processes of the same user."""

from __future__ import annotations

import bisect
import contextlib
import os
import signal
import socket
import threading
import time
from collections import deque
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from echornn.own import OwnFile
from echornn.remote import messages
from echornn.remote.connection import Address, user_at_the_other_end
from echornn.remote.frames import SECONDS_FOR_A_WATCHER, SECONDS_OF_A_FRAME, NewestFrame, NumberedFrame
from echornn.remote.messages import FRAMES_KEPT, OTHER_RUN, OTHER_VERSION, Deliver, Head, Look, Request, TakeOver
from echornn.session.commands import Answer, Ask, ChangingCommand, Command, NoteCommand
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from echornn.session.session import Session
from echornn.session.wire import WireError, decode, encode

GREETING_SECONDS = 20.0
"""How long a new connection may take for its greeting."""

SECONDS_OF_A_VIEWER = 600.0
"""How long a viewer may ask for nothing before it counts as gone: a run in the background waits for its viewers."""

SECONDS_TO_TELL = 0.5
"""How long the end of a session waits for viewers to ask once more, so that they hear why it ends."""

SECONDS_AFTER_A_FAILURE = 0.05
"""How long to wait before accepting connections again, after that has failed."""

SECONDS_OF_AN_ANSWER = 0.1
"""How long the first picture after a command waits for its effect."""


class Server:
    """Lets viewers in other processes look at a session, and steer it.

    Args:
        session: the session.
        folder: the folder of its run, in which the pointer is written.
    """

    def __init__(self, session: Session, folder: Path) -> None:
        self._run = messages.identity(folder)
        self.address = Address.new()
        self._session = session
        self._folder = folder
        self._frames = NewestFrame(session)
        self._ended = self._trouble = ""
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._nobody_left = threading.Condition(self._lock)
        self._listener = self.address.listener()
        try:
            self.address.point(folder)
        except OSError:
            self._listener.close()
            self.address.forget(folder)
            raise
        threading.Thread(target=self._accept, name="serving", daemon=True).start()

    def close(self, reason: str, trouble: str = "") -> None:
        """Tell the viewers why the session ends, and stop serving.

        Args:
            trouble: why not everything is saved, for the program that asked for the end; empty if everything is.
        """
        self._trouble, self._ended = trouble, reason or "the session has ended"
        self.address.forget(self._folder)
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
            if user_at_the_other_end(connection) not in (os.getuid(), None):
                connection.close()
                continue
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="viewer", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Serve one connection until it ends; whatever a viewer sends, only its own connection suffers."""
        try:
            connection.settimeout(GREETING_SECONDS)
            said = messages.receive_greeting(connection)
            if said.get("messages") != messages.greeting()["messages"]:
                messages.send_greeting(connection, refused=OTHER_VERSION)
            elif said.get("run") != self._run:
                messages.send_greeting(connection, refused=OTHER_RUN)
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
                self._look(connection, str(said.get("name", ""))[:40], bool(said.get("only_looks")))
        except (OSError, WireError):
            pass
        finally:
            connection.close()
            with self._nobody_left:
                self._connections.discard(connection)
                self._nobody_left.notify_all()

    def _look(self, connection: socket.socket, name: str, only_looks: bool) -> None:
        session = self._session
        number = session.viewers.join(name or "a viewer", only_looks=only_looks)
        try:
            viewer = _RemoteViewer(session, self._frames, number)
            decoded = lru_cache(1)(partial(decode, kind=Request))  # a viewer usually repeats its request
            while True:
                request = decoded(messages.receive(connection, messages.MOST_BYTES_OF_A_REQUEST))
                if isinstance(request.what, Look) and self._ended:
                    messages.send(connection, encode(Head(ended=self._ended)))
                    return
                try:
                    answer = viewer.answer(request)
                except Exception as error:  # whatever it asks, only this viewer suffers
                    answer = (encode(Head(ended=f"the session cannot answer: {type(error).__name__}: {error}")),)
                messages.send(connection, *answer)
        finally:
            asked = session.viewers.leave(number)
            session.ask(asked)


class _RemoteViewer:
    """A viewer in another process: what it has been sent, and what it has sent."""

    def __init__(self, session: Session, frames: NewestFrame, number: int) -> None:
        self._session = session
        self._frames = frames
        self._number = number
        self._commands: list[int] = []
        self._answered = 0
        self._ignored: dict[int, Answer] = {}
        self._is_waiting = False
        self._shown: deque[NumberedFrame] = deque(maxlen=FRAMES_KEPT)
        self._last: Picture | None = None

    def answer(self, request: Request) -> tuple[bytes, ...]:
        """The messages that answer a request; none if it is not answered."""
        match request.what:
            case Look(query, again):
                return self._picture(query, again)
            case Deliver(command):
                self._deliver(command)
            case TakeOver():
                self._session.viewers.take_over(self._number)
        return ()

    def _deliver(self, command: Command) -> None:
        session = self._session
        if isinstance(command, ChangingCommand):  # only this user can connect, and has given these files
            given = {name: one.by_hand() for name, one in command.changes.items() if isinstance(one, OwnFile)}
            command = replace(command, changes={**command.changes, **given})
        if isinstance(command, Ask):
            number = session.ask(session.viewers.asks(self._number, command.question))
        elif session.viewers.may_steer(self._number) or self._may_note(command):
            number = session.send(command)
            self._is_waiting = True
        else:  # it still counts, so that the viewer's numbers stay right
            number = self._commands[-1] if self._commands else 0
            own = len(self._commands) + 1
            steering = session.viewers.steering
            why_not = f"{steering} steers" if steering else "this viewer only looks"
            self._ignored[own] = Answer(own, command, why_not, was_refused=True)
        self._commands.append(number)

    def _may_note(self, command: Command) -> bool:
        return isinstance(command, NoteCommand) and self._session.viewers.audience(self._number).may_note

    def _newly_answered(self, frame: Frame) -> tuple[int, tuple[Answer, ...]]:
        """How many of this viewer's commands were carried out before a frame, and the answers to those that were not,
        since the last call.
        """
        answered = bisect.bisect_right(self._commands, frame.answered)
        news = range(self._answered, answered)
        self._answered = max(self._answered, answered)
        found = ((one + 1, self._ignored.pop(one + 1, None)) for one in news)
        answers = [(own, ignored or self._session.not_done(self._commands[own - 1])) for own, ignored in found]
        return answered, tuple(replace(answer, number=own) for own, answer in answers if answer is not None)

    def _picture(self, query: Query, again: int) -> tuple[bytes, ...]:
        shown = self._frame(again)
        audience = self._session.viewers.audience(self._number)
        head = Head(shown.number, *self._newly_answered(shown.frame))
        last = self._last
        if last is not None and (last.query, last.audience) == (query, audience) and last.frame is shown.frame:
            return encode(head), b"", b""
        shown.picture = self._session.look_at(query, shown.frame, shown.picture or last)
        self._last = replace(shown.picture, audience=audience)
        picture = encode(self._last, [shown.frame, shown.frame.config, query])
        if shown in self._shown:
            return encode(head), b"", picture
        known = {part for frame in self._shown for part in frame.parts}
        new = [part for part in shown.parts if part not in known]
        self._shown.append(shown)
        head = replace(head, parts=tuple(part.number for part in shown.parts), new=tuple(part.number for part in new))
        return encode(head), *(part.data for part in new), shown.data, picture

    def _frame(self, again: int) -> NumberedFrame:
        """The frame to look at again, or the newest: after a command, the first that shows its effect, if that comes
        soon.
        """
        if (known := next((one for one in self._shown if one.number == again), None)) is not None:
            return known
        if self._is_waiting:
            self._is_waiting = False
            self._session.when_shown(self._commands[-1], SECONDS_OF_AN_ANSWER)
        steers = self._session.viewers.may_steer(self._number)
        return self._frames.get(SECONDS_OF_A_FRAME if steers else SECONDS_FOR_A_WATCHER)
