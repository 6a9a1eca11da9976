"""What the status says for some seconds: why a key did nothing, and what is under a pointer that
rests."""

from __future__ import annotations

import time
from collections.abc import Callable

HINT_SECONDS = 4.0  # chosen by eye: long enough to read a line


class Hints:
    """A text that ends by itself, and whether the mouse's pointer counts.

    ``changed`` is called when the status has to be drawn again.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._text_until = 0.0
        self._hovers_until = 0.0
        self._is_stale = False  # whether the pointer is over something else than the status shows
        self._text = ""
        self._work = ""  # what is being made, and how far it is

    @property
    def text(self) -> str:
        return self._text or self._work

    def say(self, text: str) -> None:
        self._text = text
        self._text_until = time.monotonic() + HINT_SECONDS
        self._changed()

    def forget(self) -> None:
        if self._text:
            self.say("")

    def working(self, text: str) -> None:
        """Say what is being made as long as it is; nothing at its end."""
        self._work = text
        self._changed()

    # ---- the pointer

    @property
    def hovers(self) -> bool:
        return self._hovers_until > 0

    def hovered(self) -> None:
        """Note that the pointer is over something else: it is read with the next frame, so that a
        slow line gets no more than its frames."""
        self._is_stale = True
        self._hovers_until = time.monotonic() + HINT_SECONDS

    def read(self) -> None:
        """Note that the status shows what is under the pointer."""
        self._is_stale = False

    def tick(self) -> None:
        """Show what is under the pointer, if that has changed, and end what was shown for long
        enough."""
        now = time.monotonic()
        if self._text and now > self._text_until:
            self.say("")
        if 0 < self._hovers_until < now:
            self._hovers_until = 0.0
            self._is_stale = True
        if self._is_stale:
            self._changed()
