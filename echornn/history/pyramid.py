"""A pyramid of buckets of 1, 4, 16, ... windows, from which any part of a curve is drawn in constant time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.history.pyramid_level import ALL, FACTOR, Buckets, PyramidLevel, Which, Windows


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
