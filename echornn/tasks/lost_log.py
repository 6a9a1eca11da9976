"""When many networks had lost the echo again, for any window of a stretch."""

from __future__ import annotations

import bisect

from echornn.tasks.solved import Crossings, Windows


class LostLog:
    """Keeps where each of many runs crossed from solved to lost and back: that tells of every window, and is little.

    Attributes:
        now: int64 [runs], number of the window at which each lost the echo, after the newest window; 0 where it has
            not, or has solved it again.

    Args:
        before: the same, where the stretch begins.
    """

    def __init__(self, before: Windows) -> None:
        self.now = before
        self._before = before
        self._windows: list[int] = []
        self._runs: list[int] = []
        self._lost_at: list[int] = []

    def append(self, crossings: Crossings) -> None:
        """What comes next."""
        if crossings.windows.size:
            self.now = crossings.after(self.now)
            self._windows += crossings.windows.tolist()
            self._runs += crossings.runs.tolist()
            self._lost_at += crossings.lost_at.tolist()

    def at(self, window: int) -> Windows:
        """`now`, as it was after a window of the stretch."""
        count = bisect.bisect_right(self._windows, window)
        if count == len(self._windows):
            return self.now
        known = self._before.copy()
        known[self._runs[:count]] = self._lost_at[:count]  # of several of a run, the last counts
        return known
