"""A part of a loss curve in buckets, to be drawn, and the causes of its branches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.history.buckets import OF_BAND, OF_LOSSES, Buckets, Windows
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
        first = max(first, self.at)
        epoch, in_epoch = self.epoch_and_window(first)
        start = first - in_epoch
        if in_epoch:
            epoch += 1
            start += self.windows_per_epoch
        count = max(0, math.ceil((last - start) / self.windows_per_epoch))
        every = _round_number(count / most)
        skipped = -epoch % every
        indices = range(skipped, count, every)
        return [(start + index * self.windows_per_epoch, epoch + index) for index in indices]


def _round_number(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, ... that is not less."""
    power = 1
    while True:
        for number in (power, 2 * power, 5 * power):
            if number >= least:
                return number
        power *= 10


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
        middles = (self.starts + self.ends - 1) / 2
        return np.maximum(middles - self.first, 0)


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

        def bounded(losses: Floats) -> Floats:
            return np.where(losses > most, np.float32(np.inf), losses)

        low, high, mean = bounded(self.low), bounded(self.high), bounded(self.mean)
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
    `LossHistory.of_one`."""

    buckets: Callable[[int, int, int], tuple[Windows, Buckets]]
    first: int
    last: int


class BucketedPiece(NamedTuple):
    """Windows of a curve that are in buckets already, all of them in the part that is drawn."""

    edges: Windows  # [2, buckets], as in `LossHistory.of_one`
    buckets: Buckets


def width_of(columns: int, windows: int) -> int:
    """The windows in a bucket, a power of two, with which ``windows`` windows need at most
    ``columns`` buckets."""
    least = max(1, windows / max(1, columns))
    return 1 << math.ceil(math.log2(least))


def _along(
    pieces: Sequence[CurvePiece | BucketedPiece], width: int, first: int, last: int
) -> Iterator[tuple[Windows, Buckets]]:
    for piece in pieces:
        if isinstance(piece, BucketedPiece):
            yield piece
            continue
        begin, end = max(first, piece.first), min(last, piece.last)
        if begin < end:
            yield piece.buckets(width, begin, end)


def _joined(
    pieces: Sequence[CurvePiece | BucketedPiece], width: int, first: int, last: int, numbers: int
) -> tuple[Windows, Buckets]:
    edges: list[Windows] = [np.empty((2, 0), np.int64)]
    buckets: list[Buckets] = [np.empty((numbers, 0))]
    for piece_edges, piece_buckets in _along(pieces, width, first, last):
        edges.append(piece_edges)
        buckets.append(piece_buckets)
    return np.concatenate(edges, axis=1), np.concatenate(buckets, axis=1)


def curve_of(
    pieces: Sequence[CurvePiece | BucketedPiece],
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
    # a mean beyond float32's range is drawn as infinite
    with np.errstate(over="ignore", invalid="ignore"):
        low, high, mean, error_rate = numbers.astype(np.float32)
    return Curve(first, last, width, starts, ends, low, high, mean, error_rate, segments)


def band_of(pieces: Sequence[CurvePiece], columns: int, first: int, last: int) -> Band:
    """The same for the band of several replicas, of pieces as in `LossHistory.of_all`."""
    width = width_of(columns, last - first)
    (starts, ends), numbers = _joined(pieces, width, first, last, len(OF_BAND) + 1)
    *quantiles, solved, replicas = numbers
    for sums in quantiles[1:-1]:  # all but the extremes
        sums /= ends - starts
    # a loss beyond float32's range is drawn as infinite
    with np.errstate(over="ignore", invalid="ignore"):
        low, tenth, median, ninetieth, high = np.stack(quantiles).astype(np.float32)
    return Band(
        first,
        last,
        width,
        starts,
        ends,
        low,
        tenth,
        median,
        ninetieth,
        high,
        solved.astype(np.int32),
        replicas.astype(np.int32),
    )


def shades_of(
    pieces: Sequence[CurvePiece], replicas: int, columns: int, first: int, last: int
) -> Floats:
    """Mean losses in columns of equal width, float32 [replicas, <= columns]; NaN if one is, or
    without a piece."""
    columns = max(0, min(columns, last - first))
    shades = np.full((replicas, columns), np.nan, np.float32)
    cuts = first + np.arange(columns + 1) * (last - first) // max(1, columns)
    width = max(1, width_of(columns, last - first) // 2)  # a column has several buckets
    for (starts, ends), buckets in _along(pieces, width, first, last):
        inside = np.flatnonzero((cuts[1:] > starts[0]) & (cuts[:-1] < ends[-1]))
        # A column has the buckets from that with its first window up to that of the next column; if
        # both are the same, that alone
        at = np.searchsorted(ends, cuts[inside], side="right")
        counts = np.add.reduceat(ends - starts, at)[:, np.newaxis]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            shades[:, inside] = (np.add.reduceat(buckets[2], at, axis=0) / counts).T
    return shades
