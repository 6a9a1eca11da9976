"""Limits how many frames are on their way to the terminal, so that a slow connection gets fewer, never old ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

ASK = "\x1b[6n"
"""Asks where the cursor is (ECMA-48, DSR); a terminal answers when it has drawn all that came before."""

MOST_UNDERWAY = 2
"""Frames under way at once, so that a line that is quick but long is not left idle."""

PATIENCE_SECONDS = 10.0
"""An answer that takes longer was lost."""

SETTLING_SECONDS = 0.5
"""How long leaving waits for answers, which the shell would take for input."""


class Backpressure:
    """Counts what the terminal was asked, and what it answered. One that never answers is not waited for.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._underway = 0
        self._asked_at = 0.0
        self._answers = False
        self._settled = asyncio.Event()

    @property
    def is_clear(self) -> bool:
        """Whether a frame may be drawn now."""
        if self._clock() - self._asked_at > PATIENCE_SECONDS:
            self._underway = 0
        return not self._answers or self._underway < MOST_UNDERWAY

    @property
    def is_settled(self) -> bool:
        """Whether no answer is to be expected."""
        return not (self._answers and self._underway)

    def asked(self) -> None:
        """A frame and `ASK` were sent."""
        self._underway += 1
        self._asked_at = self._clock()

    def answered(self) -> None:
        """An answer has come."""
        self._answers = True
        self._underway = max(0, self._underway - 1)
        if not self._underway:
            self._settled.set()

    async def settle(self) -> None:
        """Wait for the answers that are still to come, for a moment at most."""
        self._settled.clear()
        if not self.is_settled:
            try:
                await asyncio.wait_for(self._settled.wait(), SETTLING_SECONDS)
            except TimeoutError:
                return
