"""Limits how many frames are on their way to the terminal: a slow connection gets fewer frames, but no old ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

ASK = "\x1b[6n"
"""A query for the cursor's position (ECMA-48, DSR); the terminal answers once it has drawn everything before it."""

MOST_UNDERWAY = 2
"""The most frames on their way at once; more than one, so that a fast connection with a long delay is not idle."""

PATIENCE_SECONDS = 10.0
"""An answer that takes longer than this counts as lost."""

SETTLING_SECONDS = 0.5
"""How long the app waits at the end for answers; late answers would reach the shell as input."""


class Backpressure:
    """Counts queries to the terminal and their answers. A terminal that never answers does not hold up frames for long.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._underway = 0
        self._asked_at = 0.0
        self._answers = False
        self._settled = asyncio.Event()

    @property
    def is_clear(self) -> bool:
        """Whether another frame may be drawn now."""
        if self._clock() - self._asked_at > PATIENCE_SECONDS:
            self._underway = 0
        return not self._answers or self._underway < MOST_UNDERWAY

    @property
    def is_settled(self) -> bool:
        """Whether no answer is outstanding."""
        return not (self._answers and self._underway)

    def asked(self) -> None:
        """Record that a frame and `ASK` were sent."""
        self._underway += 1
        self._asked_at = self._clock()

    def answered(self) -> None:
        """Record that an answer has arrived."""
        self._answers = True
        self._underway = max(0, self._underway - 1)
        if not self._underway:
            self._settled.set()

    async def settle(self) -> None:
        """Wait for outstanding answers, at most `SETTLING_SECONDS`."""
        self._settled.clear()
        if not self.is_settled:
            try:
                await asyncio.wait_for(self._settled.wait(), SETTLING_SECONDS)
            except TimeoutError:
                return
