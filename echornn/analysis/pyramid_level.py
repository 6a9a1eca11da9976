"""One level of the pyramid in which losses are kept: its newest buckets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FACTOR = 4
"""Buckets of a level that make one bucket of the next."""

KEPT_BUCKETS = 1 << 18
"""Newest buckets that each level keeps at the least: the finest level forgets, the coarser ones remember."""


Windows = npt.NDArray[np.int64]

Buckets = npt.NDArray[np.float64]
"""[4, buckets]: smallest loss, largest loss, sum of the losses, sum of the error rates."""


class Level:
    """One level of the pyramid: the buckets ``start`` to ``stop``, in an array that grows up to a bound."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self.start = 0
        self.stop = 0
        self._buckets: Buckets = np.empty((4, 16))

    def replace(self, begin: int, buckets: Buckets) -> None:
        """Put these buckets in the place of all from ``begin`` on."""
        kept = begin - self.start
        needed = kept + buckets.shape[1]
        room = self._buckets.shape[1]
        if needed > room:
            dropped = (needed - self._kept) // FACTOR * FACTOR if needed > 2 * self._kept else 0
            grown = np.empty((4, max(room if dropped else min(2 * room, 2 * self._kept), needed - dropped)))
            grown[:, : kept - dropped] = self._buckets[:, dropped:kept]
            self._buckets = grown
            self.start += dropped
        self.stop = begin + buckets.shape[1]
        self._buckets[:, begin - self.start : self.stop - self.start] = buckets

    def buckets(self, begin: int, stop: int) -> Buckets:
        """The buckets ``begin`` to ``stop``."""
        return self._buckets[:, begin - self.start : stop - self.start]

    def grouped(self, begin: int, stop: int, group: int) -> Buckets:
        """The buckets ``begin`` to ``stop`` in groups of ``group``, the last perhaps smaller."""
        if stop <= begin:
            return np.empty((4, 0))
        return reduced(self.buckets(begin, stop), np.arange(0, stop - begin, group))


def reduced(buckets: Buckets, edges: Windows) -> Buckets:
    """The buckets from each edge to the next as one."""
    if not len(edges):
        return np.empty((4, 0))
    low, high, total, errors = buckets
    return np.stack(
        [
            np.fmin.reduceat(low, edges),
            np.fmax.reduceat(high, edges),
            np.add.reduceat(total, edges),
            np.add.reduceat(errors, edges),
        ]
    )
