"""Records when networks lost the echo again, so that this can be looked up for any window of a stretch."""

from __future__ import annotations

import bisect

from echornn.data.solved import Crossings, Windows


class LostLog:
    """Records when each of many runs lost the echo, and when it solved the echo again; from this the state at any
    window follows.

    Attributes:
        now: int64 [runs], the window at which each run lost the echo, as known at the newest window; 0 if it has not,
            or has solved it again.

    Args:
        before: the value of `now` before the first window that is appended.
    """

    def __init__(self, before: Windows) -> None:
        self.now = before
        self._before = before
        self._windows: list[int] = []
        self._runs: list[int] = []
        self._lost_at: list[int] = []

    def append(self, crossings: Crossings) -> None:
        """Add the crossings of the next windows."""
        if crossings.windows.size:
            self.now = crossings.after(self.now)
            self._windows += crossings.windows.tolist()
            self._runs += crossings.runs.tolist()
            self._lost_at += crossings.lost_at.tolist()

    def at(self, window: int) -> Windows:
        """The value of `now` as it was after a window of the stretch."""
        count = bisect.bisect_right(self._windows, window)
        if count == len(self._windows):
            return self.now
        known = self._before.copy()
        known[self._runs[:count]] = self._lost_at[:count]  # if a run has several crossings, the last one counts
        return known
