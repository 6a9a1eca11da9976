"""Looks at a session in another process, and sends it commands."""

from __future__ import annotations

import contextlib
import shlex
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.config import EchoConfig
from echornn.remote import messages
from echornn.remote.connection import AddressError, connected, greeted
from echornn.remote.messages import FRAMES_KEPT, Request, Shown, TakeOver, WireError, decode, encode, known_of
from echornn.session.commands import Answer, Command
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience, Picture, Query

PATIENCE_SECONDS = 0.25
"""How long a key waits for the picture that it has changed; then the one before is shown, until it comes."""

SILENT_SECONDS = 3
"""For how many seconds a session may not answer before the screen says so."""

SECONDS_OF_A_WATCHER = 0.25
"""The least seconds between two pictures of a viewer that only watches, so that many of them cost training little."""

ANSWERS_KEPT = 100
"""How many of the newest answers to commands that were not carried out are kept."""

LOST = "the connection to the session is lost"


@dataclass(eq=False)
class _Asked:
    """A picture that the screen waits for."""

    query: Query
    again: Frame | None  # the frame to look at again; None for the newest
    picture: Picture | None = None
    answered: threading.Event = field(default_factory=threading.Event)


class RemoteSession:
    """A session in another process, for a viewer: what `Session` is for a viewer in its own.

    A thread of its own waits for the connection. Questions that a key asks wait for it at most `PATIENCE_SECONDS`.

    Args:
        folder: the folder of the run that the session trains.
        name: the name of this viewer, for the others.
        pictures_a_second: how often a new picture is asked for.
        only_looks: whether the session shall refuse all commands of this viewer.
    """

    def __init__(self, folder: Path, name: str, pictures_a_second: float = 10.0, only_looks: bool = False) -> None:
        self.folder = folder
        self._connection = connected(folder)
        greeted(self._connection, folder, name=name, wants="pictures", only_looks=only_looks)
        self._connection.settimeout(None)
        self._period = 1 / pictures_a_second
        self._only_looks = only_looks
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._outbox: list[Command | TakeOver] = []
        self._asked: list[_Asked] = []
        self._numbered = 0
        self._frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self._not_done: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._last = self._newest = Picture(Frame(State.LOADING, EchoConfig()))
        self._wanted = Query()
        self._stopping = False
        self._answered_at = time.monotonic()
        self.ended = ""  # why no more pictures come
        try:
            self._look(self._wanted)
        except (OSError, WireError) as error:
            self._connection.close()
            why = (isinstance(error, OSError) and error.strerror) or error
            raise AddressError(f"the program that trains the run in {folder} does not answer: {why}") from error
        threading.Thread(target=self._converse, name="viewing", daemon=True).start()

    # ---- for the screen's thread

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The newest picture that has arrived; see `Session.look`. After another, one for a new query is not waited
        for: later calls have it.
        """
        picture = newest = self._newest
        if before is None:
            picture = newest if newest.query == query else self._ask(query) or newest
        else:
            self._wanted = query
            if newest.query != query:
                self._woken.set()
                picture = replace(before, audience=newest.audience) if before.query == query else newest
        if not self._silent or self.ended:
            return picture
        return replace(picture, audience=replace(picture.audience, silent=self._silent))

    def look_again(self, query: Query, picture: Picture) -> Picture:
        """Another picture of the same position; the one before if none comes in time."""
        return picture if query == picture.query else self._ask(query, picture.frame) or picture

    def send(self, command: Command) -> int:
        """Send a command; returns its number, counted from 1 over those of this viewer."""
        with self._lock:
            self._numbered += 1
            self._outbox.append(command)
            self._woken.set()
            return self._numbered

    def not_done(self, number: int) -> Answer | None:
        """The answer to a command of this viewer that was not carried out; see `Session.not_done`."""
        return next((one for one in list(self._not_done) if one.number == number), None)

    def take_over(self) -> None:
        """Let this viewer steer."""
        with self._lock:
            self._outbox.append(TakeOver())
            self._woken.set()

    @property
    def _silent(self) -> int:
        """For how many seconds the session has not answered; 0 if that is usual."""
        seconds = int(time.monotonic() - self._answered_at)
        return seconds if seconds >= SILENT_SECONDS + self._period else 0

    def _ask(self, query: Query, again: Frame | None = None) -> Picture | None:
        """A picture for this query, if it comes in time."""
        if self.ended or self._stopping or self._silent:
            return None
        asked = _Asked(query, again)
        with self._lock:
            self._asked.append(asked)
            self._woken.set()
        asked.answered.wait(PATIENCE_SECONDS)
        return asked.picture

    def run(self) -> None:
        """Wait for `stop`."""
        self._stopped.wait()

    def stop(self) -> None:
        """Close the connection; the session goes on."""
        self._stopping = True
        self._woken.set()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._stopped.set()

    # ---- on a thread of its own, which alone uses the connection

    def _converse(self) -> None:
        """Deliver commands and fetch pictures until `stop`, or until the session has ended."""
        try:
            while not self._stopping and not self.ended:
                steers = self._newest.audience.may_steer
                self._woken.wait(self._period if steers else max(self._period, SECONDS_OF_A_WATCHER))
                with self._lock:
                    self._woken.clear()
                    asked, self._asked = self._asked, []
                for one in asked:
                    one.picture = self._look(one.query, one.again)
                    one.answered.set()
                self._look(self._wanted)
        except (OSError, WireError) as error:
            if self._stopping:
                return
            lost = LOST if isinstance(error, OSError) else f"{LOST} ({error})"
            self._end(f"{lost}: if it has ended, go on with echornn-tui --resume {shlex.quote(str(self.folder))}")
        finally:
            self._connection.close()

    def _end(self, reason: str) -> None:
        self._newest = replace(self._newest, audience=Audience(ended=reason, only_looks=self._only_looks))
        self.ended = reason  # last: whoever reads it finds the picture that says so too

    def _look(self, query: Query, again: Frame | None = None) -> Picture:
        """Deliver the waiting commands, and fetch a picture."""
        with self._lock:
            outbox, self._outbox = tuple(self._outbox), []
        place = next((place for place, one in enumerate(self._frames) if one is again), None)
        messages.send(self._connection, encode(Request(outbox, query, place)))
        shown = decode(self._received(), Shown, known_of(self._frames))
        self._answered_at = time.monotonic()
        if shown.ended:
            self._end(shown.ended)
            return self._newest
        self._not_done += shown.not_done
        if shown.picture is not None:
            self._last = shown.picture
            if self._last.frame not in self._frames:
                self._frames.append(self._last.frame)
        if query == self._wanted and again is None:
            self._newest = self._last
        return self._last

    def _received(self) -> bytes:
        return messages.receive(self._connection, messages.MOST_BYTES_OF_AN_ANSWER)
