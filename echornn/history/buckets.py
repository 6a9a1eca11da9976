"""Keeps the losses of any number of windows in bounded memory, so that any part of their curve is
drawn quickly: the newest as they are stored, all of them summed up in buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.windows import (
    StoredWindows,
    are_lost,
    error_rates_of,
    kept_type,
    losses_of,
    quantiles,
)
from echornn.progress import Floats

# Chosen by eye:

# Of one network: so many of its newest windows are kept as they are (4 MB), and so many buckets
MOST_KEPT = 1 << 18
# Of several networks: as many newest windows as have numbers that fit in here, a quarter as many
# buckets, since the rows of seeds are drawn from all of them; and enough to draw a whole run
BYTES_OF_SEVERAL = 1 << 24
LEAST_KEPT = 1 << 9
BAND_KEPT = 1 << 16  # buckets of the quantiles, which are few numbers however many networks
# Windows of the narrowest buckets. Few newest windows of several networks are kept, and what is
# older is drawn from buckets: wide ones would be too coarse
WIDTH_OF_ONE, WIDTH_OF_SEVERAL = 64, 4
LOSSES_AT_ONCE = 1 << 20  # that are added in one step, so that temporary arrays stay small

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


class NewestWindows:
    """The newest windows as they are stored, at least ``kept`` of them, numbered from 0."""

    def __init__(self, kept: int, replicas: int) -> None:
        self._kept = kept
        self._type = kept_type(replicas)
        self.start = self.stop = 0
        # as whole numbers, since NumPy copies records with fields ten times as slowly
        self._windows = np.empty((16, replicas), f"u{self._type.itemsize}")

    def append(self, windows: StoredWindows) -> None:
        held = self.stop - self.start
        needed = held + len(windows)
        if needed > len(self._windows):
            dropped = 0
            if needed > 2 * self._kept:
                dropped = needed - self._kept
            room = max(min(2 * len(self._windows), 2 * self._kept), needed)
            # another array: who reads the one before goes on with what it was
            grown = np.empty((room, *self._windows.shape[1:]), self._windows.dtype)
            held -= dropped
            grown[:held] = self._windows[dropped : dropped + held]
            self._windows = grown
            self.start += dropped
        self._windows[held : held + len(windows)] = windows.view(self._windows.dtype)
        self.stop += len(windows)

    def read(self, first: int, last: int, which: Which = ALL) -> StoredWindows:
        return self._windows[first - self.start : last - self.start, which].view(self._type)


class BucketLog:
    """Numbers of consecutive windows in buckets of one width, a power of two. When there are more
    than ``most`` of them, each two become one: memory is bounded, and extremes are preserved."""

    def __init__(
        self,
        reducers: Reducers,
        width: int,
        most: int,
        axes: tuple[int, ...],  # of a number: none, or that of the networks
        dtype: npt.DTypeLike,
    ) -> None:
        self.reducers = reducers
        self.width = self.narrowest = width
        self.windows = 0  # in all buckets; the last may be incomplete
        self._most = most
        self._count = 0
        self._buckets: Buckets = np.empty((len(reducers), 0, *axes), dtype)

    def append(self, numbers: Buckets) -> None:
        """Add the numbers of so many windows as make whole buckets of the narrowest width."""
        before, added = self.windows, numbers.shape[1]
        self.windows += added
        starts = np.arange(before, self.windows, self.narrowest)
        begins_bucket = np.diff(starts // self.width, prepend=-1) != 0
        buckets = joined(self.reducers, numbers, np.flatnonzero(begins_bucket) * self.narrowest)
        if before % self.width and added:  # the last one was incomplete
            pair = np.stack([self._buckets[:, self._count - 1], buckets[:, 0]], axis=1)
            buckets[:, :1] = joined(self.reducers, pair, np.zeros(1, np.int64))
            self._count -= 1
        self._extend(buckets)
        while self._count > self._most:
            self._halve()

    def _halve(self) -> None:
        pairs = np.arange(0, self._count, 2)
        halved = joined(self.reducers, self.read(0, self._count), pairs)
        self.width *= 2
        self._count = 0
        self._extend(halved)

    def _extend(self, buckets: Buckets) -> None:
        stop = self._count + buckets.shape[1]
        if stop > self._buckets.shape[1]:
            room = max(min(2 * self._buckets.shape[1], self._most), stop)
            grown = np.empty((len(self._buckets), room, *buckets.shape[2:]), self._buckets.dtype)
            grown[:, : self._count] = self._buckets[:, : self._count]
            self._buckets = grown
        self._buckets[:, self._count : stop] = buckets
        self._count = stop

    def read(self, begin: int, stop: int, which: Which = ALL) -> Buckets:
        return self._buckets[:, begin : min(stop, self._count)][..., which]


def joined(reducers: Reducers, numbers: Buckets, at: Windows) -> Buckets:
    """The numbers of adjacent buckets as those of one, from each index in ``at`` to the next. All
    but the first and the last are of equally many."""
    with np.errstate(over="ignore", invalid="ignore"):  # a sum beyond the type's range is infinite
        pairs = zip(reducers, numbers, strict=True)
        return np.stack([_joined(reducer, number, at) for reducer, number in pairs])


def _joined(reducer: np.ufunc, number: Buckets, at: Windows) -> Buckets:
    if number[:1].size == 1:
        return reducer.reduceat(number.ravel(), at).reshape(-1, *number.shape[1:])
    # NumPy's reduceat is slow where there is another axis
    last: Buckets = reducer.reduce(number[at[-1] :], axis=0, keepdims=True)
    if len(at) == 1:
        return last
    begin, end = int(at[1]), int(at[-1])
    first = reducer.reduce(number[:begin], axis=0, keepdims=True)
    groups = len(at) - 2
    if groups == 0:
        return np.concatenate([first, last])
    between = number[begin:end].reshape(groups, (end - begin) // groups, *number.shape[1:])
    return np.concatenate([first, reducer.reduce(between, axis=1), last])


def _round_down(window: int, width: int) -> int:
    return window // width * width


def _round_up(window: int, width: int) -> int:
    return -(-window // width) * width


class BranchNumbers:
    """One kind of numbers of a branch's windows: from the newest windows where they are still kept,
    else from buckets."""

    def __init__(
        self,
        newest: NewestWindows,
        log: BucketLog,
        # Of stored windows, [numbers, n, ...], of which the first has this number
        numbers_of: Callable[[StoredWindows, int], Buckets],
    ) -> None:
        self._newest = newest
        self._log = log
        self._numbers_of = numbers_of

    def catch_up(self) -> None:
        """Sum up the newest windows that complete a bucket."""
        begin = self._log.windows
        stop = _round_down(self._newest.stop, self._log.narrowest)
        if stop > begin:
            self._log.append(self._of_windows(begin, stop, ALL))

    def _of_windows(self, first: int, last: int, which: Which) -> Buckets:
        return self._numbers_of(self._newest.read(first, last, which), first)

    def buckets(self, width: int, first: int, last: int, which: Which) -> tuple[Windows, Buckets]:
        """The windows ``first`` to ``last`` in buckets; see `LossHistory.of_one`. Windows 10 to 300
        in buckets of 128 are 10 to 128, 128 to 256, and 256 to 300."""
        if first < self._newest.start:
            width = max(width, self._log.width)
        edges = np.arange(_round_down(first, width), _round_up(last, width) + 1, width)
        edges[:1] = first
        edges[-1:] = last
        begins, ends = edges[:-1], edges[1:]
        starts, numbers = self._pieces(width, first, last, which)
        at = np.searchsorted(np.maximum(starts[:-1], first), begins)
        buckets = joined(self._log.reducers, numbers, at)
        # The first and the last may have more windows than are asked for
        covered = np.append(starts[at[1:]], starts[-1]) - starts[at]
        share = ((ends - begins) / covered).reshape(-1, *[1] * (buckets.ndim - 2))
        for reducer, number in zip(self._log.reducers, buckets, strict=True):
            if reducer is np.add:
                number *= share
        return np.stack([begins, ends]), buckets

    def _pieces(self, width: int, first: int, last: int, which: Which) -> tuple[Windows, Buckets]:
        """The windows one by one, but as many as possible in buckets of the log that are not wider
        than ``width``: their starts, and the end of the last; and their numbers."""
        if first < self._newest.start:
            begin, end = self._logged_around(first, last)
        else:
            begin, end = self._logged_within(width, first, last)
        logged = self._log.width
        in_log = np.arange(begin, end, logged)
        from_log = self._log.read(begin // logged, begin // logged + len(in_log), which)
        before = first, max(first, begin)
        after = min(last, end), last
        starts = np.concatenate([np.arange(*before), in_log, np.arange(*after)])
        # those of no windows too: how the numbers lie in memory decides how their sums are rounded
        numbers = [self._of_windows(*before, which), from_log, self._of_windows(*after, which)]
        return np.append(starts, max(end, last)), np.concatenate(numbers, axis=1)

    def _logged_within(self, width: int, first: int, last: int) -> tuple[int, int]:
        """The windows, all of them kept, that whole buckets have, but none if these are wider than
        ``width``. Of 10 to 300, in buckets of 64: 64 to 256; the rest is read one by one."""
        logged = self._log.width
        begin, end = _round_up(first, logged), _round_down(last, logged)
        if logged > width or begin >= end:
            return first, first
        return begin, end

    def _logged_around(self, first: int, last: int) -> tuple[int, int]:
        """The windows from the whole bucket of ``first``, which is no longer kept, up to some that
        are. Of 10 to 300, in buckets of 64: 0 to 256 if those from 200 on are kept. If only those
        from 260 on are, 256 to 260 are in a bucket alone, so 0 to 320, or to the log's end."""
        logged = self._log.width
        begin, end = _round_down(first, logged), _round_down(last, logged)
        if end < self._newest.start:
            end = min(_round_up(last, logged), self._log.windows)
        return begin, end


class LossHistory:
    """The losses and error rates of all replicas of a branch, from window ``start`` of the path on,
    and with several replicas their quantiles, if it has a ``band``. At least the ``kept`` newest
    windows are kept as they are, and at most so many buckets; by default as memory allows.

    It has no lock: whoever adds and draws on different threads needs one.
    """

    def __init__(
        self, config: EchoConfig, start: int = 0, kept: int | None = None, band: bool = True
    ) -> None:
        replicas = config.replicas
        if kept is None:
            bytes_of_bucket = len(OF_LOSSES) * np.dtype(np.float32).itemsize * replicas
            kept = min(max(BYTES_OF_SEVERAL // bytes_of_bucket, LEAST_KEPT), MOST_KEPT)
        self._config = config
        self._replicas = replicas
        self._start = start
        self._newest = NewestWindows(kept, replicas)
        self._dtype: npt.DTypeLike = np.float64
        width, most = WIDTH_OF_ONE, kept
        if replicas > 1:
            self._dtype = np.float32
            width, most = WIDTH_OF_SEVERAL, max(kept // 4, LEAST_KEPT)
        # fewer than are kept, or those that do not complete a bucket yet would be dropped
        self._at_once = min(kept - width, max(1, LOSSES_AT_ONCE // replicas))
        log = BucketLog(OF_LOSSES, width, most, (replicas,), self._dtype)
        self._each = BranchNumbers(self._newest, log, self._numbers_of_each)
        self._all: BranchNumbers | None = None
        self._solved_at = np.empty(0, np.int64)  # of those that solved the task, in order
        if band and replicas > 1:
            # of single windows: quantiles take too long to be computed whenever they are drawn
            log = BucketLog(OF_BAND, 1, BAND_KEPT, (), np.float64)
            self._all = BranchNumbers(self._newest, log, self._numbers_of_all)

    def _numbers_of_each(self, windows: StoredWindows, _: int) -> Buckets:
        numbers = np.empty((len(OF_LOSSES), *windows.shape), self._dtype)
        windows = np.ascontiguousarray(windows)
        with np.errstate(invalid="ignore"):  # a damaged log may have any bits
            numbers[:3] = losses_of(windows)
            numbers[3] = error_rates_of(windows, self._config)
        return numbers

    def _numbers_of_all(self, windows: StoredWindows, first: int) -> Buckets:
        ends = self._start + first + 1 + np.arange(len(windows))
        numbers = np.empty((len(OF_BAND), len(windows)))
        numbers[:-1] = quantiles(losses_of(windows), SHARES)
        numbers[:-1, are_lost(windows)] = np.nan
        numbers[-1] = np.searchsorted(self._solved_at, ends, side="right")
        return numbers

    def __len__(self) -> int:
        return self._newest.stop

    @property
    def end(self) -> int:
        return self._start + len(self)

    def add(self, windows: StoredWindows, solved_at: Windows) -> None:
        """Add the next windows, [n, replicas], and the window, from 1, at which each replica solved
        the task, or 0."""
        self._solved_at = np.sort(solved_at[solved_at > 0])
        for begin in range(0, len(windows), self._at_once):
            self._newest.append(windows[begin : begin + self._at_once])
            self._each.catch_up()
            if self._all is not None:
                self._all.catch_up()

    def windows(self, first: int, last: int, which: Which = ALL) -> StoredWindows | None:
        """The windows ``first`` to ``last``, [n, replicas]; None if they are no longer kept."""
        first -= self._start
        last = min(last - self._start, len(self))
        if first < self._newest.start:
            return None
        return self._newest.read(first, last, which).copy()

    def newest(self, first: int, last: int) -> Floats:
        """The losses of these windows; if they are no longer kept, their mean, [1, replicas]."""
        windows = self.windows(first, last)
        if windows is not None:
            return losses_of(windows)
        width = 1 << (last - first).bit_length()
        edges, buckets = self._buckets(self._each, width, first, last)
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            sums = buckets[2].sum(axis=0, keepdims=True)
            means: Floats = (sums / (edges[1] - edges[0]).sum()).astype(np.float32)
        return means

    def of_one(self, replica: int, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The windows ``first`` to ``last``, at least one, of a replica in buckets that end at
        multiples of ``width``, a power of two: their first windows and the windows after their
        last, int64 [2, buckets], and their numbers, `OF_LOSSES`.

        If some are no longer kept, the buckets may be wider, and the first and the last may also
        have numbers of windows beyond the range; sums are then scaled to their share.
        """
        which = slice(replica, replica + 1)
        edges, buckets = self._buckets(self._each, width, first, last, which)
        return edges, buckets[..., 0].astype(np.float64, copy=False)

    def of_some(
        self, replicas: Windows, width: int, first: int, last: int
    ) -> tuple[Windows, Buckets]:
        """The same for several replicas, on the last axis; NaN for one that does not exist."""
        is_there = replicas < self._replicas
        which = np.where(is_there, replicas, 0)
        edges, buckets = self._buckets(self._each, width, first, last, which)
        return edges, np.where(is_there, buckets, np.nan)

    def of_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The quantiles of several replicas, `OF_BAND`, and their number in buckets."""
        assert self._all is not None
        edges, buckets = self._buckets(self._all, width, first, last)
        replicas = np.full((1, buckets.shape[1]), self._replicas)
        return edges, np.append(buckets, replicas, axis=0)

    def _buckets(
        self, numbers: BranchNumbers, width: int, first: int, last: int, which: Which = ALL
    ) -> tuple[Windows, Buckets]:
        last = min(last - self._start, len(self))
        first = min(first - self._start, last)
        edges, buckets = numbers.buckets(width, first, last, which)
        return edges + self._start, buckets
