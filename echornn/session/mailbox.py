"""The one door to the training thread: commands come in from any thread, and wait for their turn."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Errand = Callable[[], None]
"""Something to do on the training thread."""


class Mailbox:
    """Any thread sends; the training thread takes, and waits here while there is nothing to do."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._errands: deque[Errand] = deque()
        self._sent = self._done = 0
        self._closed = False

    def send(self, errand: Errand) -> None:
        """Have this done in its turn."""
        with self._changed:
            self._errands.append(errand)
            self._sent += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Tell the training thread to stop."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether it was told to stop."""
        return self._closed

    def take(self, seconds: float | None) -> list[Errand]:
        """All errands there are; where there are none, the first that come within so long (None: for ever)."""
        with self._changed:
            if not (self._closed or self._errands) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            errands = list(self._errands)
            self._errands.clear()
            return errands

    def done(self, errands: int) -> None:
        """So many of the errands taken are done."""
        with self._changed:
            self._done += errands
            self._changed.notify_all()

    def wait_until_done(self, seconds: float | None = None) -> bool:
        """Wait until all that was sent before is done, at most so long; whether it is."""
        with self._changed:
            sent = self._sent
            return self._changed.wait_for(lambda: self._done >= sent, seconds)
