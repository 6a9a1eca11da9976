"""A queue of commands from any thread to one thread, with their answers; sending never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from echornn.session.commands import Answer, Command, Sent

Notice = Callable[[], None]
"""A call that another thread of the session asks the training thread to make."""

Letter = Sent | Notice

ANSWERS_KEPT = 1_000
"""Only the newest are kept; a caller who needs all answers has to read them before that many more are sent."""


class Mailbox:
    """Commands and notices in the order sent. Any thread sends them, one thread takes them and answers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._letters: list[Letter] = []
        self._pending: dict[int, Sent] = {}
        self._underway: Sent | None = None
        self._numbered = 0
        self._answers: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._sent = 0
        self._taken = self._obeyed = 0
        self._done = -1
        self._ended = False
        self.stopping = False
        """Whether the thread was asked to stop."""

    # ---- for every thread

    def send(self, command: Command) -> int:
        """Add a command; returns its number, from 1."""
        with self._changed:
            self._numbered += 1
            sent = Sent(self._numbered, command)
            self._pending[sent.number] = sent
            self._add(sent)
            return sent.number

    def notify(self, notice: Notice) -> None:
        """Have this function called on the thread that takes commands."""
        with self._changed:
            self._add(notice)

    def _add(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._sent += 1
        self._changed.notify_all()

    @property
    def pending(self) -> tuple[Command, ...]:
        """The commands whose turn has not come yet, oldest first; after the end, those that were never carried out."""
        with self._changed:
            return tuple(sent.command for sent in list(self._pending.values()))  # a copy: a signal may send more

    @property
    def unanswered(self) -> tuple[Command, ...]:
        """The command that is being carried out, and the pending ones."""
        with self._changed:
            underway = () if self._underway is None else (self._underway.command,)
            return (*underway, *self.pending)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What came of the newest commands that were carried out, at most `ANSWERS_KEPT` of them, oldest first."""
        with self._changed:
            return tuple(self._answers)

    def stop(self) -> None:
        """Ask the thread to stop: from now on `take` gives None."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, but at most so long; returns whether they are."""
        self.notify(lambda: None)  # so that the work under way is done too
        with self._changed:
            sent = self._sent
            self._changed.wait_for(lambda: self._done >= sent or self._ended, seconds)
            return self._done >= sent

    @property
    def is_behind(self) -> bool:
        """Whether the thread has not yet finished with everything that was sent so far."""
        with self._changed:
            return self._obeyed < self._sent

    # ---- for the thread that takes commands

    def take(self, seconds: float | None, idle: bool) -> list[Letter] | None:
        """All that was sent since the last call; None if the thread is to stop.

        Args:
            seconds: how long to wait if nothing was sent yet; None for ever.
            idle: whether all commands taken before are done.
        """
        with self._changed:
            self._obeyed = self._taken
            if idle and not self._letters:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._letters) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            if self.stopping:
                return None
            letters, self._letters = self._letters, []
            self._taken += len(letters)
            return letters

    def begin(self, sent: Sent) -> None:
        """Say that the turn of a command has come: it is not pending any more."""
        with self._changed:
            self._underway = self._pending.pop(sent.number)

    def answer(self, answer: Answer) -> None:
        """Say what came of a command."""
        with self._changed:
            self._underway = None
            self._answers.append(answer)

    def end(self) -> None:
        """Say that no more commands will be carried out; `when_idle` stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
