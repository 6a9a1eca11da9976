"""When an app under Pilot has nothing more to do: its event loop says so, and no time is slept away.

Textual's own `wait_for_idle` sleeps a fiftieth of a second twice a key, until the process has hardly worked in one.
This one turns the loop's clock on to the next timer instead: the time that an app waits for a timer costs none.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

SOON = 1 / 50
"""Seconds; timers that are due by then are waited for: the screen is drawn by one, sixty times a second at most."""

LEAST = 1 / 1000
"""Seconds that a timer which is due already counts for: one that is due again and again ends the waiting, too."""

SETTLED = 1 / 100
"""Seconds for which nothing ran before that counts as idle: between two steps of a layout nothing may be ready."""


class TurnedOnClock:
    """The time of event loops and of Textual's timers in a test: the real one, and all that was skipped."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self._skipped

    async def wait_for_idle(self, min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        """Return when nothing has run in the loop for a while and no timer ends soon, or after ``max_sleep`` seconds.

        These are seconds of work and of skipped time: a loaded machine may take any time for them. What another
        thread is about to post cannot be known: a test that needs it waits for what it brings.
        """
        loop: Any = asyncio.get_running_loop()  # asyncio does not say in public what it has to do
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
