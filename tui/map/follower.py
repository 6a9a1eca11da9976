"""Reads the results of a sweep repeatedly while they are computed; on a separate thread, since reading may be slow."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from echornn.files.lock import is_held
from echornn.files.run_error import RunError
from echornn.maps.overview import overview_of
from echornn.maps.table import Overview
from echornn.runtime.background import Background
from echornn.sweeps.results import SweepResults

SECONDS_OF_A_RATE = 10.0
"""The time over which the number of trainings per second is averaged."""


@dataclass(frozen=True, eq=False)
class SweepSeen:
    """A sweep as its folder was last read.

    Attributes:
        overview: the results; the same object as before if there were no new ones.
        trouble: why the folder cannot be read any more; empty if it can.
        is_computed: whether some process was computing the sweep.
        rate: trainings per second, measured by the results of the last seconds.
    """

    overview: Overview
    trouble: str = ""
    is_computed: bool = False
    rate: float = 0.0


class Follower:
    """Follows the folder of a sweep.

    Attributes:
        results: the results as last read.
        seen: what was last read of the sweep; the whole object is replaced.

    Args:
        results: the results at the start.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, results: SweepResults, clock: Callable[[], float] = time.monotonic) -> None:
        self.results = results
        self._clock = clock
        self._background = Background("map")
        self._known: deque[tuple[float, int]] = deque([(clock(), results.known)])
        self.seen = SweepSeen(overview_of(results), is_computed=self._is_computed(False))

    def look(self) -> None:
        """Start reading on the other thread; afterwards `seen` has the new results."""
        self._background.do(self.look_now)

    def look_now(self) -> None:
        """Read the folder now."""
        before = self.seen
        try:
            results = self.results.refresh()
        except RunError as error:
            self.seen = replace(before, trouble=str(error))
            return
        now = self._clock()
        while len(self._known) > 1 and self._known[1][0] <= now - SECONDS_OF_A_RATE:
            self._known.popleft()
        self._known.append((now, results.known))
        overview = before.overview if results is self.results else overview_of(results, before.overview)
        self.results = results
        self.seen = SweepSeen(overview, "", self._is_computed(before.is_computed), self._rate())

    def _is_computed(self, otherwise: bool) -> bool:
        """Whether some process is computing the sweep; ``otherwise`` if the disk cannot be read."""
        try:
            return is_held(self.results.folder)
        except OSError:
            return otherwise

    def _rate(self) -> float:
        (begun, first), (ended, last) = self._known[0], self._known[-1]
        return (last - first) / (ended - begun) if ended > begun else 0.0

    def end(self) -> None:
        """Stop reading."""
        self._background.end()
