"""Detects that an app under Pilot has nothing more to do, by its event loop rather than by
sleeping.

Textual's own `wait_for_idle` sleeps 20 ms twice per key, until the process has hardly worked. This
one moves the loop's clock forward to the next timer instead, so waiting for a timer takes no time.
Apart from that, the clock moves only while the loop waits.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

SOON = 1 / 50
"""Seconds; timers due within this time are waited for: the screen is drawn by a timer, up to sixty
times a second."""

LEAST = 1 / 1000
"""Seconds that a timer already due counts for, so that a timer that repeats at once cannot wait
forever."""

SETTLED = 1 / 100
"""Seconds without any work that count as idle: between two steps of a layout there may be nothing
to do."""

MOST_TURNS = 10_000
"""The most turns of the loop for which work is waited for, so that work that never ends is seen:
hundreds of times as many as any key needs."""


class TurnedOnClock:
    """The clock of an event loop and of Textual's timers in a test. It moves only while the loop
    has nothing to do, by real time or by what is skipped: however long the machine takes for any
    work, no timer ends before its time.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._stopped_at: float | None = None

    def now(self) -> float:
        """The time in seconds."""
        return (time.monotonic() if self._stopped_at is None else self._stopped_at) + self._skipped

    def _stop_while_work_is_done(self, loop: Any) -> None:
        """Let real time count only while the loop waits for a timer, another thread or a file."""
        if self._stopped_at is not None:
            return
        self._stopped_at = time.monotonic()
        select = loop._selector.select

        def wait(timeout: float | None = None) -> Any:
            begun = time.monotonic()
            events = select(timeout)
            waited = time.monotonic() - begun
            # All of it, unless something came first: the machine may have taken longer
            if timeout is not None:
                waited = min(waited, timeout) if events else max(0.0, timeout)
            self._skipped += waited
            return events

        loop.time, loop._selector.select = self.now, wait

    async def wait_for_idle(self, min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        """Return when the loop has been idle for a while and no timer is due soon, or after
        ``max_sleep`` seconds of the clock, or after `MOST_TURNS`.

        What another thread is about to post cannot be known: a test that needs it waits for its
        effect.
        """
        loop: Any = asyncio.get_running_loop()  # asyncio has no public way to ask what it has to do
        self._stop_while_work_is_done(loop)
        turns, slept = 0, 0.0
        was_idle = False
        while slept < max_sleep and turns < MOST_TURNS:
            turns += 1
            await asyncio.sleep(0)
            if loop._ready:
                was_idle = False
                continue
            due = min(
                (timer.when() for timer in loop._scheduled if not timer.cancelled()),
                default=math.inf,
            )
            wait = due - self.now()
            if was_idle and wait > SOON:
                return
            was_idle = wait > SOON
            wait = SETTLED if was_idle else max(0.0, wait)
            slept += max(LEAST, wait)
            self._skipped += wait
