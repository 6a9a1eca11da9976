"""Every loss of a run, kept so that any part of it can be drawn in constant time."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Cause = Literal["start", "reset", "redraw", "regenerate", "edit", "preset", "undo"]
"""What begins a stretch of windows; a preset is an edit that starts over, whatever it changes."""

FACTOR = 4
"""Buckets of a level that make one bucket of the next."""

KEPT_BUCKETS = 1 << 18
"""Newest buckets that each level keeps at the least: the finest level forgets, the coarser ones remember."""


Buckets = npt.NDArray[np.float64]
"""[4, buckets]: smallest loss, largest loss, sum of the losses, sum of the error rates."""


@dataclass(frozen=True)
class Segment:
    """A stretch of windows that follow each other in the data; a command (or the start) begins a new one.

    Attributes:
        at: first window of the segment, counted over the whole run from 0.
        cause: what began it.
        epoch, window: position of that window in the experiment.
        windows_per_epoch: how many windows an epoch has here.
        goes_on: whether the weights of the window before are trained on here; else the curve begins anew.
    """

    at: int
    cause: Cause
    epoch: int
    window: int
    windows_per_epoch: int
    goes_on: bool = False

    def position(self, window: int) -> tuple[int, int]:
        """Epoch and window of the run's window number ``window``, which lies in this segment."""
        epochs, in_epoch = divmod(self.window + window - self.at, self.windows_per_epoch)
        return self.epoch + epochs, in_epoch

    def epoch_starts(self, first: int, last: int, most: int) -> list[tuple[int, int]]:
        """Where epochs begin in ``first <= window < last``, as (window of the run, epoch).

        At most ``most`` of them: of more, every 2nd, 5th, 10th, ... is taken.
        """
        next_epoch, in_epoch = self.position(max(first, self.at))
        start = max(first, self.at) - in_epoch
        if start < max(first, self.at):
            start, next_epoch = start + self.windows_per_epoch, next_epoch + 1
        count = max(0, math.ceil((last - start) / self.windows_per_epoch))
        every = next(step for step in _round_numbers() if step * most >= count)
        skipped = -next_epoch % every
        return [(start + index * self.windows_per_epoch, next_epoch + index) for index in range(skipped, count, every)]


@dataclass(frozen=True, eq=False)
class Curve:
    """A part of the run in buckets of equal width, the last perhaps unfinished.

    Attributes:
        first, last: windows of the run that it covers, ``first <= window < last``.
        width: windows in a bucket.
        starts: int64 [buckets], first window of each.
        low, high: float32 [buckets], smallest and largest loss; NaN only where every loss is.
        mean: float32 [buckets], mean loss; NaN where a loss is.
        error_rate: float32 [buckets], wrong predictions per prediction, 0 to 1.
        segments: those that reach into it, in order; the first may have begun before it.
    """

    first: int
    last: int
    width: int
    starts: npt.NDArray[np.int64]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    error_rate: npt.NDArray[np.float32]
    segments: tuple[Segment, ...]


class LossHistory:
    """Losses and error rates of all windows, as a pyramid: level k has one bucket for each 4^k windows.

    Adding costs time in proportion to what is added, drawing to the columns drawn, neither to the run's length.
    Memory is bounded: where a level has grown past `KEPT_BUCKETS` its oldest part is dropped, and that part of
    the run is drawn from the next level, whose buckets keep its extremes. One thread may add while others draw.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels = [_Level()]
        self._segments: list[Segment] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def begin(self, cause: Cause, epoch: int, window: int, windows_per_epoch: int, goes_on: bool = False) -> None:
        """The next window added is ``window`` of ``epoch``, and begins a new segment; see `Segment`."""
        with self._lock:
            self._segments.append(Segment(self._length, cause, epoch, window, windows_per_epoch, goes_on))

    def append(self, losses: npt.NDArray[np.float32], error_rates: npt.NDArray[np.float32]) -> None:
        """Add windows, in order: their losses in nats and their error rates in 0..1, both float32 [n]."""
        for begin in range(0, len(losses), KEPT_BUCKETS):
            piece = slice(begin, begin + KEPT_BUCKETS)
            with self._lock:
                self._add(losses[piece], error_rates[piece])

    def _add(self, losses: npt.NDArray[np.float32], error_rates: npt.NDArray[np.float32]) -> None:
        changed = self._length
        self._length += len(losses)
        level = self._levels[0]
        level.replace(changed, np.stack([losses, losses, losses, error_rates]).astype(np.float64))
        for depth in itertools.count(1):
            if level.stop <= FACTOR:
                break
            if depth == len(self._levels):
                self._levels.append(_Level())
            coarser = self._levels[depth]
            changed = min(changed // FACTOR, coarser.stop)
            coarser.replace(changed, level.grouped(changed * FACTOR, level.stop, FACTOR))
            level = coarser

    def curve(self, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """The windows from ``first`` up to ``last`` (all, unless given) in at most ``columns + 1`` buckets."""
        with self._lock:
            last = self._length if last is None else min(last, self._length)
            first = min(max(first, 0), last)
            exponent = max(0, math.ceil(math.log2(max(1, (last - first) / max(1, columns)))))
            for depth in range(min(exponent // 2, len(self._levels) - 1), len(self._levels)):
                bucket = FACTOR**depth
                width = max(2**exponent, bucket)
                begin = first // width * (width // bucket)
                if begin >= self._levels[depth].start:
                    break
            level = self._levels[depth]
            stop = min(-(-last // width) * (width // bucket), level.stop)
            low, high, total, errors = level.grouped(begin, stop, width // bucket)
            starts = (np.arange(len(low), dtype=np.int64) + first // width) * width
            counts = np.minimum(starts + width, self._length) - starts
            ends = [segment.at for segment in self._segments[1:]] + [math.inf]
            segments = tuple(
                segment
                for segment, end in zip(self._segments, ends, strict=False)
                if segment.at < max(last, 1) and end > first
            )
            return Curve(
                first,
                last,
                width,
                starts,
                low.astype(np.float32),
                high.astype(np.float32),
                (total / counts).astype(np.float32),
                (errors / counts).astype(np.float32),
                segments,
            )

    def segment_of(self, window: int) -> Segment:
        """The segment that the run's window number ``window`` lies in.

        Raises:
            IndexError: nothing was begun at or before it.
        """
        with self._lock:
            return next(segment for segment in reversed(self._segments) if segment.at <= window)


class _Level:
    """One level of the pyramid: the buckets ``start`` to ``stop``, in an array that grows up to a bound."""

    def __init__(self) -> None:
        self.start = 0
        self.stop = 0
        self._buckets: Buckets = np.empty((4, 1024))

    def replace(self, begin: int, buckets: Buckets) -> None:
        """Put these buckets in the place of all from ``begin`` on."""
        kept = begin - self.start
        needed = kept + buckets.shape[1]
        room = self._buckets.shape[1]
        if needed > room:
            dropped = (needed - KEPT_BUCKETS) // FACTOR * FACTOR if needed > 2 * KEPT_BUCKETS else 0
            grown = np.empty((4, max(room, needed - dropped) if dropped else max(2 * room, needed)))
            grown[:, : kept - dropped] = self._buckets[:, dropped:kept]
            self._buckets = grown
            self.start += dropped
        self.stop = begin + buckets.shape[1]
        self._buckets[:, begin - self.start : self.stop - self.start] = buckets

    def grouped(self, begin: int, stop: int, group: int) -> Buckets:
        """The buckets ``begin`` to ``stop`` in groups of ``group``, the last perhaps smaller."""
        if stop <= begin:
            return np.empty((4, 0))
        low, high, total, errors = self._buckets[:, begin - self.start : stop - self.start]
        edges = np.arange(0, stop - begin, group)
        return np.stack(
            [
                np.fmin.reduceat(low, edges),
                np.fmax.reduceat(high, edges),
                np.add.reduceat(total, edges),
                np.add.reduceat(errors, edges),
            ]
        )


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, ..."""
    for power in itertools.count():
        yield from (10**power, 2 * 10**power, 5 * 10**power)
