"""Reads a sweep's folder again and again while it is filled, on a thread of its own, since a disk may hang."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable

from echornn.files.lock import is_held
from echornn.files.run_error import RunError
from echornn.maps.survey import surveyed
from echornn.maps.table import Surveyed
from echornn.runtime.background import Background
from echornn.sweeps.results import SweepResults

SECONDS_OF_A_RATE = 10.0
"""Over which trainings a second are counted."""


class Follower:
    """What is known of a sweep.

    Attributes:
        surveyed: replaced as a whole when more is known.
        trouble: why the folder can be read no more; empty where it can.
        is_computed: whether a process computes it now.

    Args:
        results: as first read.
        clock: seconds that never go back.
    """

    def __init__(self, results: SweepResults, clock: Callable[[], float] = time.monotonic) -> None:
        self._results = results
        self._clock = clock
        self._background = Background("map")
        self._seen: deque[tuple[float, int]] = deque([(clock(), results.known)])
        self.surveyed: Surveyed = surveyed(results)
        self.trouble = ""
        self.is_computed = False
        self._see_whether_it_is_computed()

    def look(self) -> None:
        """Look again soon; what is found is in `surveyed` then."""
        self._background.do(self.look_now)

    def look_now(self) -> None:
        """Look again."""
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
            self._results, self.surveyed = results, surveyed(results, self.surveyed)

    def _see_whether_it_is_computed(self) -> None:
        with contextlib.suppress(OSError):
            self.is_computed = is_held(self._results.folder)

    @property
    def rate(self) -> float:
        """Trainings a second that have become known lately."""
        seen = list(self._seen)
        seconds = seen[-1][0] - seen[0][0]
        return (seen[-1][1] - seen[0][1]) / seconds if seconds > 0 else 0.0

    @property
    def results(self) -> SweepResults:
        """As they are in the folder."""
        return self._results

    def end(self) -> None:
        """Look no more."""
        self._background.end()
