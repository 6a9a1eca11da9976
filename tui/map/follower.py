"""Reads the results of a sweep repeatedly while they are computed; on a separate thread, since reading may be slow."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable

from echornn.files.lock import is_held
from echornn.files.run_error import RunError
from echornn.maps.overview import overview_of
from echornn.maps.table import Overview
from echornn.runtime.background import Background
from echornn.sweeps.results import SweepResults

SECONDS_OF_A_RATE = 10.0
"""The time over which the number of trainings per second is averaged."""


class Follower:
    """Follows the folder of a sweep, and keeps the newest results.

    Attributes:
        overview: the newest results; the whole object is replaced when there are new ones.
        trouble: why the folder cannot be read any more; empty if it can.
        is_computed: whether some process is computing the sweep now.

    Args:
        results: the results at the start.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, results: SweepResults, clock: Callable[[], float] = time.monotonic) -> None:
        self._results = results
        self._clock = clock
        self._background = Background("map")
        self._seen: deque[tuple[float, int]] = deque([(clock(), results.known)])
        self.overview: Overview = overview_of(results)
        self.trouble = ""
        self.is_computed = False
        self._see_whether_it_is_computed()

    def look(self) -> None:
        """Start reading on the other thread; afterwards `overview` has the new results."""
        self._background.do(self.look_now)

    def look_now(self) -> None:
        """Read the folder now."""
        try:
            results = self._results.refresh()
        except RunError as error:
            self.trouble = str(error)
            return
        self.trouble = ""
        self._see_whether_it_is_computed()
        now = self._clock()
        while len(self._seen) > 1 and self._seen[1][0] <= now - SECONDS_OF_A_RATE:
            self._seen.popleft()
        self._seen.append((now, results.known))
        if results is not self._results:
            self._results, self.overview = results, overview_of(results, self.overview)

    def _see_whether_it_is_computed(self) -> None:
        with contextlib.suppress(OSError):
            self.is_computed = is_held(self._results.folder)

    @property
    def rate(self) -> float:
        """Trainings per second, measured by the results of the last seconds."""
        seen = list(self._seen)
        seconds = seen[-1][0] - seen[0][0]
        return (seen[-1][1] - seen[0][1]) / seconds if seconds > 0 else 0.0

    @property
    def results(self) -> SweepResults:
        """The results as last read."""
        return self._results

    def end(self) -> None:
        """Stop reading."""
        self._background.end()
