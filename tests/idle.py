"""Detects that an app under Pilot has nothing more to do, by its event loop rather than by sleeping.

Textual's own `wait_for_idle` sleeps 20 ms twice per key, until the process has hardly worked. This one moves the loop's
clock forward to the next timer instead, so waiting for a timer takes no time.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

SOON = 1 / 50
"""Seconds; timers due within this time are waited for: the screen is drawn by a timer, up to sixty times a second."""

LEAST = 1 / 1000
"""Seconds that a timer already due counts for, so that a timer that repeats at once cannot wait forever."""

SETTLED = 1 / 100
"""Seconds without any work that count as idle: between two steps of a layout there may be nothing to do."""


class TurnedOnClock:
    """The clock of event loops and of Textual's timers in a test: real time plus all skipped time."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """The time in seconds."""
        return time.monotonic() + self._skipped

    async def wait_for_idle(self, min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        """Return when the loop has been idle for a while and no timer is due soon, or after ``max_sleep`` seconds.

        Seconds of work and skipped time count, so a loaded machine may take any time. What another thread is about to
        post cannot be known: a test that needs it waits for its effect.
        """
        loop: Any = asyncio.get_running_loop()  # asyncio has no public way to ask what it has to do
        loop.time = self.now
        begun, slept = time.thread_time(), 0.0
        was_idle = False
        while time.thread_time() - begun + slept < max_sleep:
            await asyncio.sleep(0)
            if loop._ready:
                was_idle = False
                continue
            due = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=math.inf)
            wait = due - self.now()
            if was_idle and wait > SOON:
                return
            was_idle = wait > SOON
            wait = SETTLED if was_idle else max(0.0, wait)
            slept += max(LEAST, wait)
            self._skipped += wait
