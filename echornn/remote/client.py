"""Looks at a session in another process, and sends it commands."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import stat
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.recorded_values import NO_RECORD
from echornn.remote import messages
from echornn.remote.messages import AddressError as AddressError
from echornn.remote.messages import Request, Shown, TakeOver, WireError, decode, encode, known_of
from echornn.runs.folders import POINTER_FILE
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
ANSWERS_KEPT = 100


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
        self._connection = connected(folder)
        greeted(self._connection, folder, name=name, wants="pictures", only_looks=only_looks)
        self._connection.settimeout(None)
        self._period = 1 / pictures_a_second
        self._only_looks = only_looks
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._outbox: list[Command | TakeOver] = []
        self._asked: list[tuple[Query, Frame | None, Future[Picture]]] = []
        self._numbered = 0
        self._frames: deque[Frame] = deque(maxlen=messages.FRAMES_KEPT)
        self._not_done: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._last = self._newest = Picture(Frame(State.LOADING, EchoConfig()))
        self._wanted = Query()
        self._answered_at = time.monotonic()
        self.ended = ""  # why no more pictures come
        try:
            self._look(self._wanted)
        except (OSError, WireError) as error:
            self._connection.close()
            raise unanswered(folder, error) from error
        threading.Thread(target=self._converse, name="viewing", daemon=True).start()

    # ---- for the screen's thread

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        """The newest picture that has arrived.

        If there was one before, one for a new query is not waited for.
        """
        picture = newest = self._newest
        if before is None:
            picture = newest if newest.query == query else self._ask(query) or newest
        else:
            self._wanted = query
            if newest.query != query:
                self._woken.set()
                picture = (
                    replace(before, audience=newest.audience) if before.query == query else newest
                )
        silent = 0 if self.ended else self._silent
        return (
            replace(picture, audience=replace(picture.audience, silent=silent))
            if silent
            else picture
        )

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return picture if query == picture.query else self._ask(query, picture.frame) or picture

    def send(self, command: Command) -> int:
        """Send a command; returns its number, counted from 1 over those of this viewer."""
        with self._lock:
            self._numbered += 1
            self._outbox.append(command)
            self._woken.set()
            return self._numbered

    def not_done(self, number: int) -> Answer | None:
        return next((one for one in list(self._not_done) if one.number == number), None)

    def take_over(self) -> None:
        with self._lock:
            self._outbox.append(TakeOver())
            self._woken.set()

    @property
    def _silent(self) -> int:
        """For how many seconds the session has not answered; 0 if that is usual."""
        seconds = int(time.monotonic() - self._answered_at)
        return seconds if seconds >= SILENT_SECONDS + self._period else 0

    def _ask(self, query: Query, again: Frame | None = None) -> Picture | None:
        if self.ended or self._stopped.is_set() or self._silent:
            return None
        answer = Future[Picture]()
        with self._lock:
            self._asked.append((query, again, answer))
            self._woken.set()
        with contextlib.suppress(TimeoutError):
            return answer.result(PATIENCE_SECONDS)
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
                self._woken.wait(
                    self._period if steers else max(self._period, SECONDS_OF_A_WATCHER)
                )
                with self._lock:
                    self._woken.clear()
                    asked, self._asked = self._asked, []
                for query, again, answer in asked:
                    answer.set_result(self._look(query, again))
                self._look(self._wanted)
        except (OSError, WireError) as error:
            if self._stopped.is_set():
                return
            why = "" if isinstance(error, OSError) else f" ({error})"
            resume = (
                f"if it has ended, go on with echornn-tui --resume {shlex.quote(str(self.folder))}"
            )
            self._end(f"the connection to the session is lost{why}: {resume}")
        finally:
            self._connection.close()

    def _end(self, reason: str) -> None:
        self._newest = replace(
            self._newest, audience=Audience(ended=reason, only_looks=self._only_looks)
        )
        self.ended = reason  # last: whoever reads it finds the picture that says so too

    def _look(self, query: Query, again: Frame | None = None) -> Picture:
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


# ---- connections


def socket_of(folder: Path) -> Path:
    pointer = folder / POINTER_FILE
    try:
        fields = json.loads(own_files.read_bytes(pointer, messages.MOST_BYTES_OF_A_GREETING))
        host, _, path = str(fields["host"]), int(fields["process"]), Path(str(fields["path"]))
    except FileNotFoundError:
        either = "is not trained now, or by a program that cannot be attached to"
        raise AddressError(f"the run in {folder} {either}") from None
    except (OSError, *NO_RECORD) as error:
        why = (
            (error.strerror or error)
            if isinstance(error, OSError)
            else "this program did not write it"
        )
        raise AddressError(f"{pointer} cannot be read: {why}") from error
    if host != socket.gethostname():
        raise AddressError(f"the run in {folder} is trained on {host!r}: attach there")
    # the session may have had another temporary folder than this process: batch systems set one for
    # each job
    if not path.is_absolute() or path.parent.name != messages.folder_name():
        raise AddressError(f"{pointer} points to {str(path)!r}, which is no socket of yours")
    return path


def connected(folder: Path, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the session that trains the run in a folder; each message may take so many
    ``seconds``."""
    path, connection = socket_of(folder), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        messages.require_own_folder(path.parent)
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise AddressError(f"{path} is not a socket of yours")
        connection.connect(str(path))
        if not messages.is_of_this_user(connection):
            raise AddressError(f"{path} belongs to another user")
    except (OSError, ValueError) as error:
        connection.close()
        if isinstance(error, AddressError):
            raise
        # It accepts no more connections
        is_stopped = isinstance(error, (BlockingIOError, TimeoutError))
        what = (
            "trains the run in {} does not answer"
            if is_stopped
            else "trained the run in {} has ended"
        )
        raise AddressError(f"the program that {what.format(folder)}") from error
    return connection


def unanswered(folder: Path, error: OSError | WireError) -> AddressError:
    why = (isinstance(error, OSError) and error.strerror) or error
    return AddressError(f"the program that trains the run in {folder} does not answer: {why}")


def greeted(connection: socket.socket, folder: Path, **says: str | bool) -> dict[str, Any]:
    try:
        messages.send_greeting(connection, run=messages.identity(folder), **says)
        said = messages.receive_greeting(connection)
        refused = said.get("refused")
        if refused is None:
            return said
    except OSError as error:
        connection.close()
        raise unanswered(folder, error) from error
    connection.close()
    if refused == messages.OTHER_RUN:
        raise AddressError(
            f"no program trains the run in {folder} now: {POINTER_FILE} there is of another run"
        )
    other, own = said.get("version", "?"), messages.greeting()["version"]
    by = (
        f"another build of version {own}"
        if other == own
        else f"another version: {other}, and this is {own}"
    )
    raise AddressError(f"the run in {folder} is trained by {by}")


def viewers_of(folder: Path, seconds: float = CONNECT_SECONDS) -> tuple[tuple[str, ...], str]:
    with connected(folder, seconds) as connection:
        said = greeted(connection, folder, wants="names")
    names = said.get("names")
    return tuple(map(str, names)) if isinstance(names, list) else (), str(said.get("steering", ""))


def end_session(folder: Path, seconds: float = 30.0) -> str | None:
    """Have the session save and end; returns why not everything was saved, or None if it has not
    ended in time."""
    # A program that is loading may answer late
    with connected(folder, max(seconds, CONNECT_SECONDS)) as connection:
        greeted(connection, folder, wants="end")
        connection.settimeout(seconds)
        try:
            return str(messages.receive_greeting(connection).get("trouble", ""))
        except TimeoutError:
            return None
        except OSError:
            return "it ended without a word"
