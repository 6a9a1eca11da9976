"""Hands the app its input a few messages at a time, so that it draws in between, however fast keys come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from textual.events import Callback, CursorPosition
from textual.message import Message

FEW = 4
"""The messages that the app gets before it may draw. Textual draws nothing while messages wait for the app."""

SHARE = 32
"""The app gets one in so many of the waiting messages at once, if these are more than `FEW`. The last key of a flood
then waits for about 200 drawings at most, on a slow machine too.
"""

MOST_WAITING = 1 << 14
"""The most messages that wait; with more, nothing is read, and the terminal waits."""

PATIENCE_SECONDS = 1.0
"""How long to wait for the app; it says nothing of what it gets before its first screen."""


Overtakes = Callable[[Message, Iterable[Message]], bool]
"""Says whether a message is handled before those that wait, such as the key that quits."""


class InTurn:
    """Messages on their way to the app. Only the thread that reads the terminal calls the methods.

    Args:
        deliver: gives the app a message from the terminal.
        send: gives the app a message that no terminal sends, behind those before it.
        overtakes: see `Overtakes`.
    """

    def __init__(
        self,
        deliver: Callable[[Message], object],
        send: Callable[[Message], object],
        overtakes: Overtakes,
    ) -> None:
        self._deliver = deliver
        self._send = send
        self._overtakes = overtakes
        self._waiting: deque[Message] = deque()
        self._is_free = True
        self._handed_on_at = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether no message waits."""
        return not self._waiting

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be read now."""
        return len(self._waiting) >= MOST_WAITING

    def add(self, message: Message) -> None:
        """Add a message behind the others. The answer to a query comes at once: what is drawn depends on it."""
        if isinstance(message, CursorPosition) or (self._waiting and self._overtakes(message, self._waiting)):
            self._deliver(message)
        else:
            self._waiting.append(message)

    def hand_on(self) -> None:
        """Give the app the next messages, if it has handled the ones before."""
        late = time.monotonic() - self._handed_on_at > PATIENCE_SECONDS
        if not self._waiting or not (self._is_free or late):
            return
        for _ in range(min(len(self._waiting), max(FEW, len(self._waiting) // SHARE))):
            self._deliver(self._waiting.popleft())
        self._is_free, self._handed_on_at = False, time.monotonic()
        self._send(Callback(self._handled))

    def _handled(self) -> None:
        self._is_free = True
