"""A part of a run's loss curve: in buckets, to be drawn, and in blocks, by which training is
judged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.history.pyramid import OF_BAND, OF_LOSSES, Buckets
from echornn.history.pyramid import Windows as Windows
from echornn.progress import Floats

Numbers = npt.NDArray[np.float64]

Cause = Literal["start", "reset", "redraw", "regenerate", "edit", "preset", "alone", "back", "lost"]
"""What begins a branch: a preset is an edit that starts over, whatever it changes; with alone, a
replica continues without the others; back trains on from a past position; a lost branch cannot be
read.
"""

# Where branches begin in a curve
MARKS: dict[Cause, str] = {"regenerate": "data", "edit": "edit", "back": "back"}


@dataclass(frozen=True)
class Segment:
    """Windows that are consecutive in the data; the first is window ``at`` of the curve, ``window``
    of its epoch."""

    at: int
    cause: Cause
    epoch: int
    window: int
    windows_per_epoch: int

    def epoch_and_window(self, window: int) -> tuple[int, int]:
        """The epoch, and the window in it, of window ``window`` of the curve, which must be in this
        segment."""
        epochs, in_epoch = divmod(self.window + window - self.at, self.windows_per_epoch)
        return self.epoch + epochs, in_epoch

    def epoch_starts(self, first: int, last: int, most: int) -> list[tuple[int, int]]:
        """(window, epoch) of the starts of epochs from ``first`` to ``last``; if over ``most``,
        every 2nd, 5th..."""
        next_epoch, in_epoch = self.epoch_and_window(max(first, self.at))
        start = max(first, self.at) - in_epoch
        if in_epoch:
            start, next_epoch = start + self.windows_per_epoch, next_epoch + 1
        count = max(0, math.ceil((last - start) / self.windows_per_epoch))
        round_numbers = (step * 10**power for power in itertools.count() for step in (1, 2, 5))
        every = next(number for number in round_numbers if number * most >= count)
        skipped = -next_epoch % every
        return [
            (start + index * self.windows_per_epoch, next_epoch + index)
            for index in range(skipped, count, every)
        ]


@dataclass(frozen=True, eq=False)
class InBuckets:
    """A part of a run's windows, ``first <= window < last``, in consecutive buckets of about equal
    width."""

    first: int
    last: int
    width: int  # windows in a complete bucket
    starts: Windows  # [buckets], the first window
    ends: Windows  # [buckets], the window after the last

    @property
    def middles(self) -> Numbers:
        """The middle of each bucket, float64 [buckets], in windows after `first`."""
        return np.asarray(np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None))


@dataclass(frozen=True, eq=False)
class Curve(InBuckets):
    """The losses of one network; all arrays are [buckets]."""

    low: Floats  # NaN only if all losses are NaN
    high: Floats
    mean: Floats  # NaN if a loss is NaN
    error_rate: Floats  # share of wrong predictions, 0 to 1
    # Those that overlap this part, in order; the first may begin before it
    segments: tuple[Segment, ...] = ()

    def below(self, most: float) -> Curve:
        """The same curve with losses above ``most`` as infinite."""
        low, high, mean = (
            np.where(one > most, np.float32(np.inf), one)
            for one in (self.low, self.high, self.mean)
        )
        return replace(self, low=low, high=high, mean=mean)


@dataclass(frozen=True, eq=False)
class Band(InBuckets):
    """Quantiles of the losses of several replicas in each window, averaged over the windows of a
    bucket; NaN counts as infinite, and a lost window makes all of them NaN. A single network has no
    buckets. All arrays are [buckets].
    """

    low: Floats  # of any replica
    tenth: Floats  # 10 % quantile
    median: Floats
    ninetieth: Floats
    high: Floats
    solved: npt.NDArray[np.int32]  # replicas that have solved the task at the end of the bucket
    replicas: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.starts)

    def as_curve(self) -> Curve:
        """The median, as the curve of a single network; its error rates are unknown (NaN)."""
        unknown = np.full(len(self), np.nan, np.float32)
        edges = (self.first, self.last, self.width, self.starts, self.ends)
        return Curve(*edges, self.median, self.median, self.median, unknown)


class CurvePiece(NamedTuple):
    """The windows ``first <= window < last`` of a curve; ``buckets(width, first, last)`` as in
    `Pyramid.buckets`."""

    buckets: Callable[[int, int, int], tuple[Windows, Buckets]]
    first: int
    last: int


def width_of(columns: int, windows: int) -> int:
    """The windows in a bucket, a power of two, with which ``windows`` windows need at most
    ``columns`` buckets."""
    return 1 << max(0, math.ceil(math.log2(max(1, windows / max(1, columns)))))


def _along(
    pieces: Sequence[CurvePiece], width: int, first: int, last: int
) -> Iterator[tuple[Windows, Buckets]]:
    for buckets, begin, end in pieces:
        if max(first, begin) < min(last, end):
            yield buckets(width, max(first, begin), min(last, end))


def _joined(
    pieces: Sequence[CurvePiece], width: int, first: int, last: int, numbers: int
) -> tuple[Windows, Buckets]:
    none = np.empty((2, 0), np.int64), np.empty((numbers, 0))
    edges, buckets = zip(none, *_along(pieces, width, first, last), strict=True)
    return np.concatenate(edges, axis=1), np.concatenate(buckets, axis=1)


def curve_of(
    pieces: Sequence[CurvePiece],
    columns: int,
    first: int,
    last: int,
    segments: tuple[Segment, ...] = (),
) -> Curve:
    """The curve of the windows ``first`` to ``last``, in about ``columns`` buckets, of pieces in
    order."""
    width = width_of(columns, last - first)
    (starts, ends), numbers = _joined(pieces, width, first, last, len(OF_LOSSES))
    numbers[2:] /= ends - starts
    with np.errstate(over="ignore"):  # a mean beyond float32's range is drawn as infinite
        low, high, mean, error_rate = numbers.astype(np.float32)
    return Curve(first, last, width, starts, ends, low, high, mean, error_rate, segments)


def band_of(pieces: Sequence[CurvePiece], columns: int, first: int, last: int) -> Band:
    """The same for the band of several replicas, of pieces as in `LossHistory.of_all`."""
    width = width_of(columns, last - first)
    (starts, ends), numbers = _joined(pieces, width, first, last, len(OF_BAND) + 1)
    numbers[1:4] /= ends - starts
    with np.errstate(over="ignore"):  # a loss beyond float32's range is drawn as infinite
        quantiles = numbers[:5].astype(np.float32)
    return Band(first, last, width, starts, ends, *quantiles, *numbers[5:].astype(np.int32))


def shades_of(
    pieces: Sequence[CurvePiece], replicas: int, columns: int, first: int, last: int
) -> Floats:
    """Mean losses in columns of equal width, float32 [replicas, <= columns]; NaN if one is, or
    without a piece."""
    columns = max(0, min(columns, last - first))
    shades = np.full((replicas, columns), np.nan, np.float32)
    cuts = first + np.arange(columns + 1) * (last - first) // max(1, columns)
    for (starts, ends), buckets in _along(
        pieces, max(1, width_of(columns, last - first) // 2), first, last
    ):
        inside = np.flatnonzero((cuts[1:] > starts[0]) & (cuts[:-1] < ends[-1]))
        at = np.clip(np.searchsorted(ends, cuts[inside], side="right"), 0, len(ends) - 1)
        counts = np.add.reduceat(ends - starts, at)[:, np.newaxis]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            shades[:, inside] = (np.add.reduceat(buckets[2], at, axis=0) / counts).T
    return shades


FIRST_BLOCK = 64  # windows in each of the first blocks
# The least blocks in the second half of a long run; there are at most twice as many
BLOCKS_IN_HALF = 32
LOWEST, HIGHEST = 2.0**-24, 1024.0  # other losses count as these; the lowest in a logarithm only

UNIT = 2.0**-24
"""Losses are added as multiples of this number, so that a sum does not depend on the pieces in
which they arrive."""


@dataclass(frozen=True, eq=False)
class BlockMeans:
    """The mean loss and error rate of each block of windows since the training settings last
    changed.

    A complete block does not depend on later losses, nor on the pieces in which losses arrive. So
    the blocks at an earlier position are the beginning of the blocks now. There are about ``32 *
    log2(windows / 4096) + 64`` blocks.
    """

    begun: int = 0  # windows along the path before the first block
    windows: int = 0  # since then
    # [blocks], in windows since ``begun``
    ends: Windows = field(default_factory=lambda: np.empty(0, np.int64))
    # [blocks], NaN if one is NaN or infinite
    losses: Numbers = field(default_factory=lambda: np.empty(0))
    # Of losses without these; spikes hardly change them
    logs: Numbers = field(default_factory=lambda: np.empty(0))
    # Shares of wrong predictions, 0 to 1
    errors: Numbers = field(default_factory=lambda: np.empty(0))
    under_way: Windows = field(default_factory=lambda: np.zeros(4, np.int64))
    """The sums of these since the last block, in multiples of `UNIT`, and the number of NaN or
    infinite losses."""

    def __len__(self) -> int:
        return len(self.ends)

    def after(self, losses: Floats, errors: Floats) -> BlockMeans:
        """The blocks after more windows, with these losses and error rates, float32 [n]; both NaN
        for a lost window."""
        windows = self.windows + len(losses)
        new_ends = np.array(list(_ends_between(self.windows, windows)), np.int64)
        bad = ~np.isfinite(losses)
        known = np.clip(np.where(bad, 0, losses), 0, HIGHEST)
        logs = np.log(np.clip(np.where(bad, 1, losses), LOWEST, HIGHEST).astype(np.float64))
        sums = np.zeros((4, len(losses) + 1), np.int64)
        for row, values in zip(
            sums, (known / UNIT, logs / UNIT, np.nan_to_num(errors) / UNIT, bad), strict=True
        ):
            row[1:] = np.rint(values)
        edges = np.array([0, *(new_ends - self.windows), len(losses)])
        sums = np.diff(sums.cumsum(axis=1)[:, edges])
        sums[:, 0] += self.under_way
        ends = np.append(self.ends, new_ends)
        sizes, (total, of_logs, of_errors, of_bad) = (
            np.diff(ends, prepend=0)[len(self) :],
            sums[:, :-1],
        )
        return BlockMeans(
            self.begun,
            windows,
            ends,
            np.append(self.losses, np.where(of_bad > 0, np.nan, total * UNIT / sizes)),
            np.append(self.logs, of_logs * UNIT / np.maximum(1, sizes - of_bad)),
            np.append(self.errors, of_errors * UNIT / sizes),
            sums[:, -1],
        )

    def until(self, windows: int) -> BlockMeans:
        """The complete blocks of the first ``windows`` windows; the windows since then can be added
        again."""
        count = int(np.searchsorted(self.ends, windows, side="right"))
        means = self.losses[:count], self.logs[:count], self.errors[:count]
        return BlockMeans(
            self.begun, int(self.ends[count - 1]) if count else 0, self.ends[:count], *means
        )


def _ends_between(windows: int, last: int) -> Iterator[int]:
    while True:
        size = max(
            FIRST_BLOCK, 1 << max(0, windows.bit_length() - 1) >> BLOCKS_IN_HALF.bit_length() - 1
        )
        windows = (windows // size + 1) * size
        if windows > last:
            return
        yield windows
