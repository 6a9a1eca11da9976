"""A queue of commands from any thread to one thread; sending never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

Command = Callable[[], None]


class Mailbox:
    """Commands in the order sent. Any thread sends them, one thread takes them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._commands: list[Command] = []
        self._sent = 0
        self._taken = self._obeyed = 0
        self._done = -1
        self._ended = False
        self.stopping = False
        """Whether it was asked to stop."""

    # ---- for every thread

    def send(self, command: Command) -> None:
        """Add a command, to be carried out after all that were sent before."""
        with self._changed:
            self._commands.append(command)
            self._sent += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask the thread to stop: from now on `take` gives None."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def when_idle(self, seconds: float | None = None) -> bool:
        """Wait until all commands sent so far are done, but at most so long; returns whether they are."""
        self.send(lambda: None)  # so that what is under way now is done too
        with self._changed:
            sent = self._sent
            self._changed.wait_for(lambda: self._done >= sent or self._ended, seconds)
            return self._done >= sent

    @property
    def is_behind(self) -> bool:
        """Whether the thread has not come back yet from the commands that were sent so far."""
        with self._changed:
            return self._obeyed < self._sent

    # ---- for the thread that takes them

    def take(self, seconds: float | None, idle: bool) -> list[Command] | None:
        """All commands sent since the last call; None if the thread is to stop.

        Args:
            seconds: how long to wait if there is no command yet; None for ever.
            idle: whether all commands taken before are done.
        """
        with self._changed:
            self._obeyed = self._taken
            if idle and not self._commands:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._commands) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            if self.stopping:
                return None
            commands, self._commands = self._commands, []
            self._taken += len(commands)
            return commands

    def end(self) -> None:
        """Say that no more commands will be carried out; `when_idle` stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
