"""Whether windows are trained now, and how many: those that a key asked for, or as many as the speed allows."""

from __future__ import annotations

from echornn.session.pace import Pace

WATCHABLE_SPEED = 100.0
"""Up to this speed, in windows a second, windows are trained one by one, so that the tape has no gaps."""


class Drive:
    """What the keys that pause, resume and step have set.

    Attributes:
        running: whether it trains on and on.
        owed: windows still to be trained at full speed, before it pauses; what changes the network does not settle it.
        to_the_end: whether they are owed up to the end of the epoch.

    Args:
        pace: how many windows are due.
    """

    def __init__(self, pace: Pace) -> None:
        self.running = True
        self.owed = 0
        self.to_the_end = False
        self._pace = pace

    def pause(self) -> None:
        """Train no more."""
        self.running = False
        self.forgive()

    def resume(self) -> None:
        """Train on and on."""
        self.running = True
        self.forgive()
        self._pace.restart()

    def step(self, windows: int) -> None:
        """Train so many windows more than are owed, then no more."""
        self.running = self.to_the_end = False
        self.owed += max(0, windows)

    def finish(self, windows: int) -> None:
        """Train to the end of the epoch, which is so many windows away, then no more."""
        self.running, self.to_the_end = False, True
        self.owed = windows

    def forgive(self) -> None:
        """Train nothing of what is owed."""
        self.owed, self.to_the_end = 0, False

    def toggle(self) -> None:
        """Pause where it trains, resume where it does not."""
        if self.running or self.owed:
            self.pause()
        else:
            self.resume()

    def trained(self, windows: int) -> None:
        """So many of what was owed are trained."""
        self.owed = max(0, self.owed - windows)
        self.to_the_end &= self.owed > 0

    def wait_seconds(self) -> float | None:
        """Seconds until windows are to be trained; None where none are."""
        if self.owed:
            return 0.0
        return self._pace.wait_seconds() if self.running else None

    def windows(self, at_most: int) -> int:
        """How many windows to train now, in a slice of at most so many."""
        if self.owed:
            return min(self.owed, at_most)
        if not self.running:
            return 0
        return min(self._pace.due(), 1 if self._pace.speed <= WATCHABLE_SPEED else at_most)
