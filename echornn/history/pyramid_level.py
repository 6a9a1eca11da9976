"""One level of the pyramid: its newest buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FACTOR = 4
"""The number of buckets of a level that make one bucket of the next."""

KEPT_BUCKETS = 1 << 18
"""The least number of newest buckets that each level keeps: the finest level drops old ones, coarser levels keep
them.
"""

Windows = npt.NDArray[np.int64]

Buckets = npt.NDArray[np.floating[Any]]
"""Numbers for each bucket, [numbers, buckets, ...]; for losses the smallest, the largest, their sum, and the sum of the
error rates.
"""

Reducers = tuple[np.ufunc, ...]
"""For each number of a bucket, the function that computes it from those of smaller buckets."""

OF_LOSSES: Reducers = (np.fmin, np.fmax, np.add, np.add)

Which = slice | npt.NDArray[np.int64]
"""The indices of replicas; all, if there is no such axis."""

ALL = slice(None)


class PyramidLevel:
    """One level of the pyramid: the buckets ``start`` to ``stop``, in an array that grows up to a bound.

    Args:
        kept: the least number of newest buckets that it keeps.
        reducers: one for each number of a bucket.
        each: the lengths of the axes after that of the buckets; by default none.
        dtype: the type of the stored numbers.
    """

    def __init__(
        self,
        kept: int,
        reducers: Reducers = OF_LOSSES,
        each: tuple[int, ...] = (),
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self._kept = kept
        self._reducers = reducers
        self.start = 0
        self.stop = 0
        self._buckets: npt.NDArray[Any] = np.empty((len(reducers), 16, *each), dtype)

    def replace(self, begin: int, buckets: npt.NDArray[Any]) -> None:
        """Replace all buckets from ``begin`` on by these."""
        kept = begin - self.start
        needed = kept + buckets.shape[1]
        room = self._buckets.shape[1]
        if needed > room:
            dropped = (needed - self._kept) // FACTOR * FACTOR if needed > 2 * self._kept else 0
            longer = max(room if dropped else min(2 * room, 2 * self._kept), needed - dropped)
            grown = np.empty((len(self._buckets), longer, *self._buckets.shape[2:]), self._buckets.dtype)
            grown[:, : kept - dropped] = self._buckets[:, dropped:kept]
            self._buckets = grown
            self.start += dropped
        self.stop = begin + buckets.shape[1]
        self._buckets[:, begin - self.start : self.stop - self.start] = buckets

    def buckets(self, begin: int, stop: int, which: Which = ALL) -> Buckets:
        """The buckets ``begin`` to ``stop``."""
        return np.stack(self._numbers(begin, stop, which))

    def none(self, which: Which = ALL) -> Buckets:
        """No buckets."""
        return np.empty((len(self._reducers), 0, *self._buckets.shape[2:]))[..., which]

    def grouped(self, begin: int, stop: int, group: int, which: Which = ALL) -> Buckets:
        """The buckets ``begin`` to ``stop`` in groups of ``group``; the last group may be smaller."""
        return self._reduced(self._numbers(begin, max(begin, stop), which), group)

    def one(self, buckets: Buckets) -> Buckets:
        """All of these buckets as one; none if there are none."""
        return self._reduced(buckets, buckets.shape[1])

    def _reduced(self, numbers: Iterable[Buckets], group: int) -> Buckets:
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            return np.stack([_grouped(*pair, group) for pair in zip(self._reducers, numbers, strict=True)])

    def shared(self, buckets: Buckets, shares: npt.NDArray[np.float64]) -> Buckets:
        """The buckets with each sum scaled to a share, 0 to 1, of its windows."""
        every = shares.reshape(-1, *[1] * (buckets.ndim - 2))
        pairs = zip(self._reducers, buckets, strict=True)
        return np.stack([number * every if reducer is np.add else number for reducer, number in pairs])

    def _numbers(self, begin: int, stop: int, which: Which) -> Sequence[Buckets]:
        """The numbers of these buckets, each [buckets, ...]."""
        return list(self._stored(begin, stop)[..., which])

    def _stored(self, begin: int, stop: int) -> npt.NDArray[Any]:
        return self._buckets[:, begin - self.start : stop - self.start]


def _grouped(reducer: np.ufunc, number: Buckets, group: int) -> Buckets:
    """A number for each group of so many buckets, from the number of each bucket; the last group may be smaller."""
    if group <= 1 or not len(number):
        return number
    groups, rest = divmod(len(number), group)
    whole = groups * group  # without the rest, since this is ten times as fast as `reduceat`
    of_whole: Buckets = reducer.reduce(number[:whole].reshape(groups, group, *number.shape[1:]), axis=1)
    if not rest:
        return of_whole
    return np.concatenate([of_whole, reducer.reduce(number[whole:], axis=0, keepdims=True)])
