"""Looks at a session in another process, and sends it commands."""

from __future__ import annotations

import contextlib
import shlex
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from echornn.config import EchoConfig
from echornn.remote.address import AddressError, is_of_this_user, require_own, socket_of
from echornn.remote.greetings import (
    MOST_OF_AN_ANSWER,
    OTHER_RUN,
    greeting,
    identity,
    receive,
    receive_greeting,
    send,
    send_greeting,
)
from echornn.remote.messages import Reply, Request, TakeControl, keeping, kept_parts
from echornn.remote.wire import WireError, decode, encode
from echornn.run.folders import POINTER_FILE
from echornn.session.commands import Answer, Command
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience, Picture, Query

# How long a session may take to answer a greeting: its machine may be overloaded
CONNECT_SECONDS = 20.0
# How long a key waits for its picture; then the one before is shown, until it comes
PATIENCE_SECONDS = 0.25
SILENT_SECONDS = 3  # for how many seconds a session may not answer before the screen says so
# Between two pictures of a viewer that only watches: many cost training little
SECONDS_OF_A_WATCHER = 0.25
ANSWERS_KEPT = 100  # more commands than a screen asks about at a time


class Wish(NamedTuple):
    """A picture that a thread waits for."""

    query: Query
    again: Frame | None  # the frame to look at again; None for the newest
    picture: Future[Picture]


class RemoteSession:
    """The session that trains the run in a folder in another process: what `Session` is for a
    viewer in its own.

    Args:
        name: the name of this viewer, for the others.
        only_looks: whether the session shall refuse all commands of this viewer.
    """

    def __init__(
        self, folder: Path, name: str, pictures_a_second: float = 10.0, only_looks: bool = False
    ) -> None:
        self.folder = folder
        self.ended = ""  # why no more pictures come
        self._period = 1 / pictures_a_second
        self._period_of_a_watcher = max(self._period, SECONDS_OF_A_WATCHER)
        self._only_looks = only_looks
        self._woken = threading.Event()
        self._stopped = threading.Event()
        # Guards the three below, which other threads fill and the thread "viewing" empties
        self._lock = threading.Lock()
        self._outbox: list[Command | TakeControl] = []
        self._wishes: list[Wish] = []
        self._numbered = 0
        self._frames: tuple[Frame, ...] = ()  # as the session keeps them for this viewer
        self._not_done: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._last = Picture(Frame(State.LOADING, EchoConfig()))
        self._newest = self._last  # of `_wanted`
        self._shown: Picture | None = None
        self._wanted = Query()
        self._answered_at = time.monotonic()
        self._connection = connected(folder)
        greeted(self._connection, folder, name=name, wants="pictures", only_looks=only_looks)
        self._connection.settimeout(None)
        try:
            self._exchange(self._wanted)
        except (OSError, WireError) as error:
            self._connection.close()
            raise _unanswered(folder, error) from error
        threading.Thread(target=self._converse, name="viewing", daemon=True).start()

    # ---- for the screen's thread

    def look(self, query: Query) -> Picture:
        """The newest picture that has arrived. Only the first is waited for: later the one before
        is shown until one for a new query has come."""
        is_first = self._shown is None
        self._wanted = query
        self._shown = self._newest_for(query)
        if is_first and self._shown.query != query:
            self._shown = self._ask(query) or self._shown
        silent = self._silent
        if self.ended or not silent:
            return self._shown
        return replace(self._shown, audience=replace(self._shown.audience, silent=silent))

    def _newest_for(self, query: Query) -> Picture:
        newest, shown = self._newest, self._shown
        if newest.query == query:
            return newest
        self._woken.set()
        if shown is not None and shown.query == query:
            return replace(shown, audience=newest.audience)
        return newest

    def look_again(self, query: Query, picture: Picture) -> Picture:
        if query == picture.query:
            return picture
        return self._ask(query, picture.frame) or picture

    def send(self, command: Command) -> int:
        """Send a command; returns its number, counted from 1 over those of this viewer."""
        with self._lock:
            self._numbered += 1
            self._outbox.append(command)
            self._woken.set()
            return self._numbered

    def not_done(self, number: int) -> Answer | None:
        for answer in list(self._not_done):  # a copy: more may arrive meanwhile
            if answer.number == number:
                return answer
        return None

    def take_over(self) -> None:
        with self._lock:
            self._outbox.append(TakeControl())
            self._woken.set()

    @property
    def _silent(self) -> int:
        """For how many seconds the session has not answered; 0 if that is usual."""
        seconds = int(time.monotonic() - self._answered_at)
        return seconds if seconds >= SILENT_SECONDS + self._period else 0

    def _ask(self, query: Query, again: Frame | None = None) -> Picture | None:
        """The picture, if it comes soon."""
        if self.ended or self._stopped.is_set() or self._silent:
            return None
        wish = Wish(query, again, Future())
        with self._lock:
            self._wishes.append(wish)
            self._woken.set()
        with contextlib.suppress(TimeoutError):
            return wish.picture.result(PATIENCE_SECONDS)
        return None

    def run(self) -> None:
        self._stopped.wait()

    def stop(self) -> None:
        """Close the connection; the session goes on."""
        self._stopped.set()
        self._woken.set()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    # ---- on a thread of its own, which alone uses the connection

    def _converse(self) -> None:
        try:
            while not self._stopped.is_set() and not self.ended:
                steers = self._newest.audience.may_steer
                self._woken.wait(self._period if steers else self._period_of_a_watcher)
                for wish in self._taken_wishes():
                    wish.picture.set_result(self._exchange(wish.query, wish.again))
                self._exchange(self._wanted)
        except (OSError, WireError) as error:
            if not self._stopped.is_set():
                self._end(self._lost(error))
        finally:
            self._connection.close()

    def _taken_wishes(self) -> Sequence[Wish]:
        with self._lock:
            # In the lock, so that no wish comes between and waits for the next picture
            self._woken.clear()
            wishes, self._wishes = self._wishes, []
            return wishes

    def _exchange(self, query: Query, again: Frame | None = None) -> Picture:
        """Send what waits, and receive the picture."""
        with self._lock:
            todo = tuple(self._outbox)
            self._outbox.clear()
        place = self._frames.index(again) if again in self._frames else None
        send(self._connection, encode(Request(todo, query, place)))
        reply = decode(self._received(), Reply, kept_parts(self._frames))
        self._answered_at = time.monotonic()
        if reply.ended:
            self._end(reply.ended)
            return self._newest
        self._not_done += reply.not_done
        if reply.picture is not None:
            self._last = reply.picture
            self._frames = keeping(self._frames, self._last.frame)
        if query == self._wanted and again is None:
            self._newest = self._last
        return self._last

    def _received(self) -> bytes:
        return receive(self._connection, MOST_OF_AN_ANSWER)

    def _lost(self, error: OSError | WireError) -> str:
        reason = f" ({error})" if isinstance(error, WireError) else ""
        resume = f"go on with echornn-tui --resume {shlex.quote(str(self.folder))}"
        return f"the connection to the session is lost{reason}: if it has ended, {resume}"

    def _end(self, reason: str) -> None:
        audience = Audience(ended=reason, only_looks=self._only_looks)
        self._newest = replace(self._newest, audience=audience)
        self.ended = reason  # last: whoever reads it finds the picture that says so too


# ---- connections


def viewers_of(folder: Path, seconds: float = CONNECT_SECONDS) -> tuple[tuple[str, ...], str]:
    """The names of a session's viewers, and of the one that steers; an `AddressError` if there is
    no session."""
    with connected(folder, seconds) as connection:
        answer = greeted(connection, folder, wants="names")
    names = answer.get("names")
    if not isinstance(names, list):
        names = []
    return tuple(map(str, names)), str(answer.get("steering", ""))


def end_session(folder: Path, seconds: float = 30.0) -> str | None:
    """Have the session save and end; returns why not everything was saved, or None if it has not
    ended in time."""
    # A program that is loading may answer late
    with connected(folder, max(seconds, CONNECT_SECONDS)) as connection:
        greeted(connection, folder, wants="end")
        connection.settimeout(seconds)
        try:
            return str(receive_greeting(connection).get("trouble", ""))
        except TimeoutError:
            return None
        except OSError:
            return "it ended without a word"


def connected(folder: Path, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the session that trains the run in a folder; each message may take so many
    ``seconds``. An `AddressError` if there is none."""
    path = socket_of(folder)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        _connect(connection, path)
    except (OSError, ValueError) as error:
        connection.close()
        if isinstance(error, AddressError):
            raise
        if isinstance(error, (BlockingIOError, TimeoutError)):  # it accepts no more connections
            what = f"the program that trains the run in {folder} does not answer"
        else:
            what = f"the program that trained the run in {folder} has ended"
        raise AddressError(what) from error
    return connection


def _connect(connection: socket.socket, path: Path) -> None:
    """A ValueError if the path cannot be one."""
    require_own(path.parent)
    connection.connect(str(path))
    if not is_of_this_user(connection):
        raise AddressError(f"{path} belongs to another user")


def greeted(connection: socket.socket, folder: Path, **says: str | bool) -> dict[str, Any]:
    """What the session answers to a greeting; an `AddressError` if it refuses, or is another."""
    try:
        send_greeting(connection, run=identity(folder), **says)
        answer = receive_greeting(connection)
    except OSError as error:
        connection.close()
        raise _unanswered(folder, error) from error
    refused = answer.get("refused")
    if refused is None:
        return answer
    connection.close()
    if refused == OTHER_RUN:
        raise AddressError(
            f"no program trains the run in {folder} now: {POINTER_FILE} there is of another run"
        )
    other = answer.get("version", "?")
    own = greeting()["version"]
    trained_by = f"another version: {other}, and this is {own}"
    if other == own:
        trained_by = f"another build of version {own}"
    raise AddressError(f"the run in {folder} is trained by {trained_by}")


def _unanswered(folder: Path, error: OSError | WireError) -> AddressError:
    reason = (isinstance(error, OSError) and error.strerror) or error
    return AddressError(f"the program that trains the run in {folder} does not answer: {reason}")
