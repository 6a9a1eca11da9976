"""Keeps the losses of any number of windows, so that any part of their curve is drawn in constant
time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.windows import (
    PACKED_LOST,
    StoredWindows,
    error_rates_of,
    kept_type,
    losses_of,
    quantiles,
)
from echornn.progress import Floats

FACTOR = 4  # buckets of a level that are combined into one bucket of the next
# The least newest buckets of a level; older ones are dropped, since coarser levels have them
KEPT_BUCKETS = 1 << 18
# With many replicas, half the most bytes of a level, if they hold `LEAST_KEPT` buckets
LEVEL_BYTES = 1 << 24
LEAST_KEPT = 1 << 9  # enough to draw a whole run
BAND_KEPT = 1 << 16  # in each level of the quantiles
LOSSES_AT_ONCE = 1 << 20  # that are added in one step

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)  # the quantiles of a band, over the replicas

Windows = npt.NDArray[np.int64]
Buckets = npt.NDArray[np.floating[Any]]  # [numbers, buckets, ...]

Reducers = tuple[np.ufunc, ...]
"""For each number of a bucket, the function that computes it from the same number of smaller
buckets."""

OF_LOSSES: Reducers = (np.fmin, np.fmax, np.add, np.add)
"""Of the smallest and the largest loss, the sum of losses, and the sum of error rates."""

OF_BAND: Reducers = (np.fmin, np.add, np.add, np.add, np.fmax, np.fmax)
"""Of extremes, sums of the quantiles between, and the number of replicas that have solved the task
at the end."""

# Indices of replicas; a slice of all if there is no axis of replicas
Which = slice | npt.NDArray[np.int64]
ALL = slice(None)


class _Level:
    """The complete buckets ``start`` to ``stop`` of one width, of which at least the newest
    ``kept`` stay."""

    def __init__(
        self, kept: int, numbers: int, each: tuple[int, ...], dtype: npt.DTypeLike
    ) -> None:
        self._kept = kept
        self.start = self.stop = 0
        self._buckets: npt.NDArray[Any] = np.empty((numbers, 16, *each), dtype)

    def append(self, buckets: npt.NDArray[Any]) -> None:
        held, added, room = self.stop - self.start, buckets.shape[1], self._buckets.shape[1]
        if held + added > room:
            dropped = (
                (held + added - self._kept) // FACTOR * FACTOR
                if held + added > 2 * self._kept
                else 0
            )
            held -= dropped
            longer = max(min(2 * room, 2 * self._kept), held + added)
            grown = np.empty(
                (len(self._buckets), longer, *self._buckets.shape[2:]), self._buckets.dtype
            )
            grown[:, :held] = self._buckets[:, dropped : dropped + held]
            self._buckets, self.start = grown, self.start + dropped
        self._buckets[:, held : held + added] = buckets
        self.stop += added

    def stored(self, begin: int, stop: int) -> npt.NDArray[Any]:
        return self._buckets[:, begin - self.start : stop - self.start]


class Pyramid:
    """Numbers of consecutive windows, in levels of buckets: level k has one bucket for each 4^k
    windows.

    The time to add windows depends only on how many are added, the time to draw only on the number
    of columns; neither grows with the run. Memory is limited: a level that is too long drops its
    oldest part, which is then drawn from the next level, in which extremes are preserved. One
    thread may add while others draw.
    """

    def __init__(
        self,
        reducers: Reducers,
        start: int,  # the number of the first window
        kept: int,  # the least newest buckets in each level
        each: tuple[int, ...] = (),  # the lengths of the axes after the axis of buckets
        dtype: npt.DTypeLike = np.float64,
        stored: tuple[npt.DTypeLike, Callable[[StoredWindows], Sequence[Buckets]]] | None = None,
    ) -> None:
        """With ``stored``, the finest level has windows of this type, of which the function returns
        the numbers."""
        self._lock = threading.Lock()
        self._reducers, self._start = reducers, start
        self._shape = kept, len(reducers), each, dtype
        self._decode = None if stored is None else stored[1]
        self._levels = [
            _Level(*self._shape) if stored is None else _Level(kept, 1, each, stored[0])
        ]

    def __len__(self) -> int:
        return self._levels[0].stop

    def add(self, windows: npt.NDArray[Any]) -> None:
        """Add the next windows, at most ``kept``, [numbers, n, ...], or [1, n, ...] as they are
        stored."""
        with self._lock:
            self._levels[0].append(windows)
            for depth in itertools.count():
                if depth + 1 == len(self._levels):
                    self._levels.append(_Level(*self._shape))
                begin, stop = self._levels[depth + 1].stop, self._levels[depth].stop // FACTOR
                if begin == stop:
                    break
                buckets = self._grouped(self._numbers(depth, begin * FACTOR, stop * FACTOR), FACTOR)
                self._levels[depth + 1].append(buckets)

    def stored(self, first: int, last: int, which: Which = ALL) -> npt.NDArray[Any] | None:
        """The windows ``first`` to ``last`` as the finest level stores them; None if only wider
        buckets are left."""
        with self._lock:
            finest, first, last = self._levels[0], first - self._start, last - self._start
            return (
                None
                if first < finest.start
                else finest.stored(first, min(last, finest.stop))[..., which].copy()
            )

    def buckets(
        self, width: int, first: int, last: int, which: Which = ALL
    ) -> tuple[Windows, Buckets]:
        """The windows ``first`` to ``last`` in buckets that end at multiples of ``width``, a power
        of two: their first windows and the windows after their last, int64 [2, buckets], and their
        numbers.

        If the finest levels have dropped these windows, the buckets are wider, and the first may
        extend beyond the range. Its sums are then scaled to the share of its windows inside the
        range.
        """
        with self._lock:
            last = min(last - self._start, len(self))
            first = min(first - self._start, last)
            width = max(width, FACTOR ** self._finest(first))
            begin = min(-(-first // width) * width, last)
            end = max(last // width * width, begin)
            depth = min((width.bit_length() - 1) // 2, len(self._levels) - 1)
            size = FACTOR**depth
            starts: list[Windows] = [np.arange(begin, end, width, dtype=np.int64), np.array([last])]
            parts = [
                self._grouped(
                    self._numbers(depth, begin // size, end // size, which), width // size
                )
            ]
            if first < begin:
                starts.insert(0, np.array([first]))
                parts.insert(0, self._one(first, begin, which))
            if end < last:
                starts.insert(-1, np.array([end]))
                parts.append(self._one(end, last, which))
            edges = np.concatenate(starts) + self._start
            return np.stack([edges[:-1], edges[1:]]), np.concatenate(parts, axis=1)

    def _finest(self, window: int) -> int:
        return next(
            depth
            for depth, level in enumerate(self._levels)
            if window // FACTOR**depth >= level.start
        )

    def _one(self, first: int, last: int, which: Which) -> Buckets:
        parts, asked, covered = list[Buckets](), last - first, 0
        while first < last:
            size = FACTOR ** (depth := self._finest(first))
            while first % (size * FACTOR) == 0 and first + size * FACTOR <= last:
                depth, size = depth + 1, size * FACTOR
            begin = first // size
            stop = max(begin + 1, min(last // size, (begin // FACTOR + 1) * FACTOR))
            parts.append(np.stack(self._numbers(depth, begin, stop, which)))
            covered += (stop - begin) * size
            first = stop * size
        joined = np.concatenate(parts, axis=1)
        one = self._grouped(joined, joined.shape[1])
        if covered > asked:
            one[[reducer is np.add for reducer in self._reducers]] *= asked / covered
        return one

    def _numbers(self, depth: int, begin: int, stop: int, which: Which = ALL) -> Sequence[Buckets]:
        """The numbers of the buckets ``begin`` to ``stop`` of a level, as an array [buckets, ...]
        for each number."""
        stored = self._levels[depth].stored(begin, stop)[..., which]
        return list(stored) if depth or self._decode is None else self._decode(stored[0])

    def _grouped(self, numbers: Sequence[Buckets] | Buckets, group: int) -> Buckets:
        shape = len(numbers[0]) // group, group, *numbers[0].shape[1:]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            pairs = zip(self._reducers, numbers, strict=True)
            return np.stack(
                [reducer.reduce(number.reshape(shape), axis=1) for reducer, number in pairs]
            )


class LossHistory:
    """The losses and error rates of all replicas of a branch, from window ``start`` of the path on,
    and with several replicas their quantiles, if it has a ``band``; ``buckets`` is the least newest
    buckets in each level, by default as memory allows.
    """

    def __init__(
        self, config: EchoConfig, start: int = 0, buckets: int | None = None, band: bool = True
    ) -> None:
        self._replicas, self._start = config.replicas, start
        if buckets is None:
            of_one = len(OF_LOSSES) * np.dtype(np.float32).itemsize * config.replicas
            buckets = min(max(LEVEL_BYTES // of_one // FACTOR * FACTOR, LEAST_KEPT), KEPT_BUCKETS)
        self._at_once = min(buckets, BAND_KEPT, max(1, LOSSES_AT_ONCE // config.replicas))
        dtype = np.float64 if config.replicas == 1 else np.float32

        def numbers(windows: StoredWindows) -> Sequence[Buckets]:
            windows = np.ascontiguousarray(windows)
            losses: Buckets = losses_of(windows).astype(dtype, copy=False)
            return [
                losses,
                losses,
                losses,
                error_rates_of(windows, config).astype(dtype, copy=False),
            ]

        stored = kept_type(config.replicas), numbers
        self._each = Pyramid(OF_LOSSES, start, buckets, (config.replicas,), dtype, stored)
        self._all = Pyramid(OF_BAND, start, BAND_KEPT) if band and config.replicas > 1 else None

    def __len__(self) -> int:
        return len(self._each)

    @property
    def end(self) -> int:
        return self._start + len(self)

    def add(self, windows: StoredWindows, solved_at: Windows) -> None:
        """Add the next windows, [n, replicas], and the window, from 1, at which each replica solved
        the task, or 0."""
        known = np.sort(solved_at[solved_at > 0])
        for begin in range(0, len(windows), self._at_once):
            some = windows[begin : begin + self._at_once]
            if self._all is not None:
                solved = np.searchsorted(
                    known, self.end + 1 + np.arange(len(some)), side="right"
                ).astype(np.int32)
                band = np.append(quantiles(losses_of(some), SHARES), solved[np.newaxis], axis=0)
                band[: len(SHARES), (some == PACKED_LOST).all(axis=1)] = np.nan
                self._all.add(band)
            self._each.add(some[np.newaxis])

    def windows(self, first: int, last: int, which: Which = ALL) -> StoredWindows | None:
        """The windows ``first`` to ``last``, [n, replicas]; None if only wider buckets are still
        stored."""
        windows = self._each.stored(first, last, which)
        return None if windows is None else windows[0]

    def newest(self, first: int, last: int) -> Floats:
        """The losses of these windows; if only wider buckets are still stored, their mean, [1,
        replicas]."""
        windows = self.windows(first, last)
        if windows is not None:
            return losses_of(windows)
        edges, buckets = self._each.buckets(1 << (last - first).bit_length(), first, last)
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            means: Floats = (
                buckets[2].sum(axis=0, keepdims=True) / (edges[1] - edges[0]).sum()
            ).astype(np.float32)
        return means

    def of_one(self, replica: int, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The losses of a replica, `OF_LOSSES`, in buckets; see `Pyramid.buckets`."""
        edges, buckets = self._each.buckets(width, first, last, slice(replica, replica + 1))
        return edges, buckets[..., 0].astype(np.float64, copy=False)

    def of_some(
        self, replicas: Windows, width: int, first: int, last: int
    ) -> tuple[Windows, Buckets]:
        """The same for several replicas, on the last axis; NaN for one that does not exist."""
        there = replicas < self._replicas
        edges, buckets = self._each.buckets(width, first, last, np.where(there, replicas, 0))
        return edges, np.where(there, buckets, np.nan)

    def of_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The quantiles of several replicas, `OF_BAND`, and their number in buckets."""
        assert self._all is not None
        edges, buckets = self._all.buckets(width, first, last)
        return edges, np.append(buckets, np.full((1, buckets.shape[1]), self._replicas), axis=0)
