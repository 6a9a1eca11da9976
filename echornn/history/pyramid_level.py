"""One level of the pyramid of buckets, which stores its newest buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FACTOR = 4
"""The number of buckets of a level that are combined into one bucket of the next."""

KEPT_BUCKETS = 1 << 18
"""The least number of newest buckets in each level: the finest level drops old buckets, which the coarser levels still
cover.
"""

Windows = npt.NDArray[np.int64]

Buckets = npt.NDArray[np.floating[Any]]
"""The numbers of each bucket, [numbers, buckets, ...]. For losses these are the smallest, the largest, the sum, and the
sum of the error rates.
"""

Reducers = tuple[np.ufunc, ...]
"""For each number of a bucket, the function that computes it from the same number of smaller buckets."""

OF_LOSSES: Reducers = (np.fmin, np.fmax, np.add, np.add)

Which = slice | npt.NDArray[np.int64]
"""Indices of replicas; a slice of all if there is no axis of replicas."""

ALL = slice(None)


class PyramidLevel:
    """One level of the pyramid: the buckets ``start`` to ``stop``, in an array of limited length.

    Args:
        kept: the least number of newest buckets to store.
        reducers: the function that combines buckets, for each number of a bucket.
        each: the lengths of the axes after the axis of buckets; by default there are none.
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
        self._type = dtype
        self.start = 0
        self.stop = 0
        self._buckets: npt.NDArray[Any] = np.empty((len(reducers), 16, *each), dtype)

    def replace(self, begin: int, buckets: npt.NDArray[Any]) -> None:
        """Replace all buckets from ``begin`` on with these."""
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
        """An array of the right shape, with no buckets."""
        return np.empty((len(self._reducers), 0, *self._buckets.shape[2:]), self._type)[..., which]

    def grouped(self, begin: int, stop: int, group: int, which: Which = ALL) -> Buckets:
        """The buckets ``begin`` to ``stop``, combined in groups of ``group``; the last group may be smaller."""
        return self._reduced(self._numbers(begin, max(begin, stop), which), group)

    def one(self, buckets: Buckets) -> Buckets:
        """All of these buckets combined into one bucket; no bucket if there are none."""
        return self._reduced(buckets, buckets.shape[1])

    def _reduced(self, numbers: Iterable[Buckets], group: int) -> Buckets:
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            return np.stack([_grouped(*pair, group) for pair in zip(self._reducers, numbers, strict=True)])

    def shared(self, buckets: Buckets, shares: npt.NDArray[np.float64]) -> Buckets:
        """The buckets, with each sum multiplied by a share of its windows, 0 to 1."""
        every = shares.reshape(-1, *[1] * (buckets.ndim - 2))
        pairs = zip(self._reducers, buckets, strict=True)
        return np.stack([number * every if reducer is np.add else number for reducer, number in pairs])

    def _numbers(self, begin: int, stop: int, which: Which) -> Sequence[Buckets]:
        """The numbers of these buckets, as an array [buckets, ...] for each number."""
        return list(self._stored(begin, stop)[..., which])

    def _stored(self, begin: int, stop: int) -> npt.NDArray[Any]:
        return self._buckets[:, begin - self.start : stop - self.start]


def _grouped(reducer: np.ufunc, number: Buckets, group: int) -> Buckets:
    """Combine the values of each ``group`` consecutive buckets into one value; the last group may be smaller."""
    if group <= 1 or not len(number):
        return number
    groups, rest = divmod(len(number), group)
    whole = groups * group  # without the rest, since this is ten times as fast as `reduceat`
    of_whole: Buckets = reducer.reduce(number[:whole].reshape(groups, group, *number.shape[1:]), axis=1)
    if not rest:
        return of_whole
    return np.concatenate([of_whole, reducer.reduce(number[whole:], axis=0, keepdims=True)])
