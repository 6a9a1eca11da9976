"""A queue of commands from any thread to the training thread, with their answers; sending never waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from echornn.session.commands import Answer, Command, Sent, When

Notice = Callable[[], None]
"""A function that another thread asks the training thread to call."""

Letter = Sent | Notice

ANSWERS_KEPT = 1_000
"""The number of newest answers that are kept; a caller that needs all of them must read them in time."""


class Mailbox:
    """Commands and notices in the order sent. Any thread may send; only the training thread takes and answers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._letters: deque[Letter] = deque()
        self._underway: Sent | None = None
        self._numbered = 0
        self._answers: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._sent = 0
        self._done = -1
        self._ended = False
        self.stopping = False
        """Whether the thread was asked to stop."""

    # ---- for any thread

    def send(self, command: Command) -> int:
        """Add a command; returns its number, counted from 1."""
        with self._changed:
            self._numbered += 1
            self._add(Sent(self._numbered, command))
            return self._numbered

    def notify(self, notice: Notice) -> None:
        """Have a function called on the training thread."""
        with self._changed:
            self._add(notice)

    def _add(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._sent += 1
        self._changed.notify_all()

    @property
    def pending(self) -> tuple[Command, ...]:
        """The commands whose turn has not come, oldest first; after the end, those that were never carried out."""
        with self._changed:
            letters = list(self._letters)  # a copy, since a signal handler may send more
            return tuple(letter.command for letter in letters if isinstance(letter, Sent))

    @property
    def unanswered(self) -> tuple[Command, ...]:
        """The command that is being carried out, and the pending commands."""
        with self._changed:
            underway = () if self._underway is None else (self._underway.command,)
            return (*underway, *self.pending)

    @property
    def answered(self) -> int:
        """The number of the newest answered command."""
        with self._changed:
            first = next((letter.number for letter in list(self._letters) if isinstance(letter, Sent)), None)
            underway = None if self._underway is None else self._underway.number
            return min((one for one in (first, underway) if one is not None), default=self._numbered + 1) - 1

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the newest commands, at most `ANSWERS_KEPT`, oldest first."""
        with self._changed:
            return tuple(self._answers)

    def stop(self) -> None:
        """Ask the training thread to stop: from now on `wait` returns False."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, at most ``seconds``; returns whether they are."""
        self.notify(lambda: None)  # so that current work is done too
        with self._changed:
            sent = self._sent
            self._changed.wait_for(lambda: self._done >= sent or self._ended, seconds)
            return self._done >= sent

    # ---- for the training thread

    def wait(self, seconds: float | None, idle: bool) -> bool:
        """Wait for a command or notice; returns False if the thread should stop.

        Args:
            seconds: the longest time to wait; None for no limit.
            idle: whether all commands taken before are done.
        """
        with self._changed:
            if idle and not self._letters:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._letters) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            return not self.stopping

    def take(self, arrived: bool) -> Letter | None:
        """The next command or notice whose turn has come; None if there is none, or if the thread should stop. A
        command that has to wait is overtaken only by notices and commands of `When.AT_ONCE`.

        Args:
            arrived: whether the session has reached the position to which it was sent.
        """
        with self._changed:
            may_go = True
            for letter in () if self.stopping else list(self._letters):
                when = letter.command.when if isinstance(letter, Sent) else When.AT_ONCE
                if when is not When.AT_ONCE:
                    may_go = may_go and (arrived or when is When.IN_ORDER)
                if may_go or when is When.AT_ONCE:
                    self._letters.remove(letter)
                    self._underway = letter if isinstance(letter, Sent) else None
                    return letter
            return None

    def answer(self, answer: Answer) -> None:
        """Store the answer to a command."""
        with self._changed:
            self._underway = None
            self._answers.append(answer)

    def end(self) -> None:
        """End the queue: no more commands will be carried out, and `when_idle` stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
