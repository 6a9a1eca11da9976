"""A pyramid of buckets of 1, 4, 16, ... windows, from which any part of a curve is drawn in constant time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
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


class Pyramid:
    """Numbers of consecutive windows, in levels of buckets: level k has one bucket for each 4^k windows.

    The time to add windows depends only on how many are added, the time to draw only on the number of columns; neither
    grows with the run. Memory is limited: a level that is too long drops its oldest part, which is then drawn from the
    next level, in which extremes are preserved. One thread may add while others draw.

    Args:
        finest: an empty level for single windows.
        coarser: makes an empty level for wider buckets.
    """

    def __init__(self, finest: PyramidLevel, coarser: Callable[[], PyramidLevel]) -> None:
        self._lock = threading.Lock()
        self._levels = [finest]
        self._coarser = coarser

    def __len__(self) -> int:
        return self._levels[0].stop

    def add(self, windows: npt.NDArray[Any]) -> None:
        """Add the next windows, [numbers, n, ...], with the numbers that the finest level stores."""
        with self._lock:
            level = self._levels[0]
            changed = level.stop
            level.replace(changed, windows)
            for depth in itertools.count(1):
                if level.stop <= FACTOR:
                    break
                if depth == len(self._levels):
                    self._levels.append(self._coarser())
                coarser = self._levels[depth]
                changed = min(changed // FACTOR, coarser.stop)
                coarser.replace(changed, level.grouped(changed * FACTOR, level.stop, FACTOR))
                level = coarser

    def windows(self, first: int, last: int, which: Which = ALL) -> Buckets | None:
        """The windows ``first`` to ``last``, one bucket each; None if only wider buckets are still stored."""
        with self._lock:
            finest = self._levels[0]
            return None if first < finest.start else finest.buckets(first, min(last, finest.stop), which)

    def buckets(self, width: int, first: int, last: int, which: Which = ALL) -> tuple[Windows, Buckets]:
        """The windows ``first`` to ``last`` in buckets that end at multiples of ``width``.

        If the finest levels have dropped these windows, the buckets are wider, and the outermost may extend beyond the
        range. Their sums are then scaled to the share of their windows inside the range.

        Args:
            width: a power of two.

        Returns:
            The edges, int64 [2, buckets]: the first window of each bucket, and the window after its last. And the
            `Buckets`.
        """
        with self._lock:
            last = min(last, len(self))
            if last <= first:
                return np.empty((2, 0), np.int64), self._none(which)
            begin, end = -(-first // width) * width, last // width * width
            if begin >= end:  # within a bucket, or across one edge of two
                cuts = [first, begin, last] if first < begin < last else [first, last]
                parts = [self._one(*cut, which) for cut in itertools.pairwise(cuts)]
                starts = np.array(cuts[:-1], np.int64)
            else:
                inner_starts, inner = self._aligned(begin, end, width, which)
                parts = [self._one(first, begin, which), inner, self._one(end, last, which)]
                edges = [first] * (first < begin), inner_starts, [end] * (end < last)
                starts = np.concatenate(edges).astype(np.int64)
            return np.stack([starts, np.append(starts[1:], last)]), np.concatenate(parts, axis=1)

    def _none(self, which: Which) -> Buckets:
        return self._levels[0].none(which)

    def _aligned(self, begin: int, end: int, width: int, which: Which) -> tuple[Windows, Buckets]:
        """The buckets between two multiples of ``width``, and the first window of each; wider if only wider buckets are
        stored.
        """
        depth = min((width.bit_length() - 1) // 2, len(self._levels) - 1)
        while begin // FACTOR**depth < self._levels[depth].start and depth + 1 < len(self._levels):
            depth += 1
        size = FACTOR**depth
        group, first, stop = max(1, width // size), begin // size, -(-end // size)
        starts: Windows = np.arange(first, stop, group, dtype=np.int64) * size
        buckets = self._levels[depth].grouped(first, stop, group, which)
        if size > width:  # the outermost buckets extend beyond the range
            covered = np.minimum(starts + size, len(self)) - starts
            asked = np.minimum(starts + size, end) - np.maximum(starts, begin)
            buckets = self._levels[depth].shared(buckets, asked / covered)
        return np.maximum(starts, begin), buckets

    def _one(self, first: int, last: int, which: Which) -> Buckets:
        """The windows as one bucket, made from as few stored buckets as possible; no bucket if there are no windows."""
        parts, asked, covered = [self._none(which)], last - first, 0

        def take(depth: int, begin: int, stop: int) -> None:
            nonlocal covered
            if begin >= stop:
                return
            parts.append(self._levels[depth].buckets(begin, stop, which))
            covered += min(stop * FACTOR**depth, len(self)) - begin * FACTOR**depth

        for depth, level in enumerate(self._levels):
            size, coarser = FACTOR**depth, FACTOR ** (depth + 1)
            if first >= last:
                break
            known = first // size >= level.start
            if depth + 1 == len(self._levels) or (known and last - first <= 2 * coarser):
                take(depth, first // size, -(-last // size))
                break
            above, below = -(-first // coarser) * coarser, last // coarser * coarser
            if known:
                take(depth, first // size, above // size)
                take(depth, below // size, last // size)
                first, last = above, below
            else:  # dropped in this level: the next level's bucket extends beyond the range
                first = first // coarser * coarser
                if last // size >= level.start:
                    take(depth, below // size, last // size)
                    last = below
                else:
                    last = -(-last // coarser) * coarser
        one = self._levels[0].one(np.concatenate(parts, axis=1))
        return one if covered == asked else self._levels[0].shared(one, np.array([asked / covered]))
