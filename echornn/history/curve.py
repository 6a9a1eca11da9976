"""A part of a run's loss curve, in buckets that are computed from pieces of histories."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from echornn.history.pyramid import Buckets
from echornn.progress import Floats

Cause = Literal["start", "reset", "redraw", "regenerate", "edit", "preset", "alone", "back", "lost"]
"""What begins a branch: a preset is an edit that starts over, whatever it changes; with alone, a replica continues
without the others; back trains on from a past position; a lost branch cannot be read.
"""

MARKS: dict[Cause, str] = {"regenerate": "data", "edit": "edit", "back": "back"}
"""The label at the start of a branch, by cause. Branches with new weights begin a new curve, and have no label."""


@dataclass(frozen=True)
class Segment:
    """Windows that are consecutive in the data, with the event that began them.

    Attributes:
        at: the first window of the segment, counted along the curve from 0.
        cause: what began the segment.
        epoch, window: the first window's epoch, and its number in that epoch, both from 0.
        windows_per_epoch: the number of windows in an epoch.
    """

    at: int
    cause: Cause
    epoch: int
    window: int
    windows_per_epoch: int

    def epoch_and_window(self, window: int) -> tuple[int, int]:
        """The epoch, and the window in it, of window ``window`` of the curve, which must be in this segment."""
        epochs, in_epoch = divmod(self.window + window - self.at, self.windows_per_epoch)
        return self.epoch + epochs, in_epoch

    def epoch_starts(self, first: int, last: int, most: int) -> list[tuple[int, int]]:
        """The starts of epochs in ``first <= window < last``, as pairs (window along the curve, epoch).

        At most ``most`` starts are returned; if there are more, only every 2nd, 5th, 10th, ...
        """
        next_epoch, in_epoch = self.epoch_and_window(max(first, self.at))
        start = max(first, self.at) - in_epoch
        if start < max(first, self.at):
            start, next_epoch = start + self.windows_per_epoch, next_epoch + 1
        count = max(0, math.ceil((last - start) / self.windows_per_epoch))
        every = next(step for step in _round_numbers() if step * most >= count)
        skipped = -next_epoch % every
        return [(start + index * self.windows_per_epoch, next_epoch + index) for index in range(skipped, count, every)]


@dataclass(frozen=True, eq=False)
class Curve:
    """A part of a run's losses in consecutive buckets of about equal width.

    Attributes:
        first, last: the windows of this part, ``first <= window < last``.
        width: the number of windows in a complete bucket.
        starts, ends: int64 [buckets], the first window of each bucket, and the window after its last.
        low, high: float32 [buckets], the smallest and the largest loss; NaN only if all losses are NaN.
        mean: float32 [buckets], the mean loss; NaN if a loss is NaN.
        error_rate: float32 [buckets], the share of wrong predictions, 0 to 1.
        segments: the segments that overlap this part, in order; the first may begin before this part.
    """

    first: int
    last: int
    width: int
    starts: Windows
    ends: Windows
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    error_rate: npt.NDArray[np.float32]
    segments: tuple[Segment, ...] = ()

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle of each bucket, float64 [buckets], in windows after `first`."""
        middles: npt.NDArray[np.float64] = np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None)
        return middles

    def below(self, most: float) -> Curve:
        """The same curve with losses above ``most`` as infinite."""
        low, high, mean = (np.where(one > most, np.float32(np.inf), one) for one in (self.low, self.high, self.mean))
        return replace(self, low=low, high=high, mean=mean)


class OfOne(Protocol):
    """The history of one network, or of consecutive branches."""

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """The losses in buckets, [4, buckets]; arguments and edges as in `Pyramid.buckets`."""
        ...


History = TypeVar("History", covariant=True)


@dataclass(frozen=True, eq=False)
class HistoryPiece(Generic[History]):
    """A part of a history, and its place along a curve.

    Attributes:
        history: the history, of one network or of all replicas.
        offset: the window along the curve at which the history begins.
        first, last: the windows along the curve that this piece covers, ``first <= window < last``.
    """

    history: History
    offset: int
    first: int
    last: int


def within(
    pieces: Sequence[HistoryPiece[History]], first: int, last: int
) -> Iterator[tuple[HistoryPiece[History], int, int]]:
    """The pieces with windows from ``first`` up to ``last``, each with the first such window and the end of them."""
    for piece in pieces:
        begin, end = max(first, piece.first), min(last, piece.last)
        if begin < end:
            yield piece, begin, end


def width_of(columns: int, windows: int) -> int:
    """The number of windows in a bucket, a power of two, with which ``windows`` windows need at most ``columns``
    buckets.
    """
    return 1 << max(0, math.ceil(math.log2(max(1, windows / max(1, columns)))))


def curve_of(
    pieces: Sequence[HistoryPiece[OfOne]], columns: int, first: int, last: int, segments: tuple[Segment, ...] = ()
) -> Curve:
    """The curve of the windows ``first`` to ``last``, in about ``columns`` buckets.

    Args:
        pieces: the pieces of histories, in order along the curve.
        segments: all segments of the curve; only those that overlap this part are kept.
    """
    width = width_of(columns, last - first)
    edges: list[Windows] = []
    values: list[Buckets] = []
    for piece, begin, end in within(pieces, first, last):
        of_piece, buckets = piece.history.buckets(width, begin - piece.offset, end - piece.offset)
        edges.append(of_piece + piece.offset)
        values.append(buckets)
    starts, ends = np.concatenate(edges, axis=1) if edges else np.empty((2, 0), np.int64)
    low, high, total, errors = np.concatenate(values, axis=1) if values else np.empty((4, 0))
    counts = ends - starts
    nexts = [segment.at for segment in segments[1:]] + [math.inf]
    shown = tuple(
        segment
        for segment, end in zip(segments, nexts, strict=False)
        if segment.at < max(last, 1) and (end > first or segment.at == first)
    )
    with np.errstate(over="ignore"):  # a mean beyond float32's range is drawn as infinite
        return Curve(
            first,
            last,
            width,
            starts,
            ends,
            low.astype(np.float32),
            high.astype(np.float32),
            (total / counts).astype(np.float32),
            (errors / counts).astype(np.float32),
            shown,
        )


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, ..."""
    for power in itertools.count():
        yield from (10**power, 2 * 10**power, 5 * 10**power)


FIRST_BLOCK = 64
"""The number of windows in each of the first blocks."""

BLOCKS_IN_HALF = 32
"""The least number of blocks in the second half of a long run; there are at most twice as many."""

UNIT = 2.0**-24
"""Losses and error rates are added as integer multiples of this number, so that a sum does not depend on the pieces in
which losses arrive.
"""

HIGHEST = 1024.0
"""The largest loss in nats; higher losses count as this."""

LOWEST = 2.0**-24
"""The smallest loss whose logarithm is taken; lower losses count as this."""

Numbers = npt.NDArray[np.float64]
Windows = npt.NDArray[np.int64]


class _Block(NamedTuple):
    """The sums over the windows of an incomplete block; losses, their logarithms and error rates are multiples of
    `UNIT`.
    """

    windows: int = 0
    losses: int = 0
    logs: int = 0
    errors: int = 0
    bad: int = 0


NOTHING = _Block()


@dataclass(frozen=True, eq=False)
class BlockMeans:
    """The mean loss and error rate of each block of windows since the training settings last changed.

    A complete block does not depend on later losses, nor on the pieces in which losses arrive. So the blocks at an
    earlier position are the beginning of the blocks now. There are about ``32 * log2(windows / 4096) + 64`` blocks.

    Attributes:
        begun: the number of windows along the path before the first block.
        windows: the number of windows since then.
        ends: int64 [blocks], the number of windows up to the end of each block.
        losses: float64 [blocks], the mean loss of each block in nats, at most `HIGHEST`; NaN if a loss was NaN or
            infinite.
        logs: float64 [blocks], the mean of the natural logarithms of each block's losses, without the NaN and infinite
            ones; single spikes hardly change it.
        errors: float64 [blocks], the share of wrong predictions, 0 to 1.
    """

    begun: int = 0
    windows: int = 0
    ends: Windows = field(default_factory=lambda: np.empty(0, np.int64))
    losses: Numbers = field(default_factory=lambda: np.empty(0))
    logs: Numbers = field(default_factory=lambda: np.empty(0))
    errors: Numbers = field(default_factory=lambda: np.empty(0))
    under_way: _Block = NOTHING
    """The block that is not yet complete."""

    def __len__(self) -> int:
        """The number of complete blocks."""
        return len(self.ends)

    def after(self, losses: Floats, errors: Floats) -> BlockMeans:
        """The blocks after more windows, which have these losses in nats and these error rates, 0 to 1, float32 [n]
        each.

        Both are NaN for a lost window; the mean loss of its block is then NaN, and no errors are added.
        """
        windows = self.windows + len(losses)
        ends = list(_ends_between(self.windows, windows))
        edges = np.array([0, *(end - self.windows for end in ends), len(losses)])
        bad = ~np.isfinite(losses)
        sums = (
            _sums(_whole(np.where(bad, 0, losses)), edges),
            _sums(_logs(np.where(bad, 1, losses)), edges),
            _sums(_whole(np.nan_to_num(errors)), edges),
            _sums(bad, edges),
        )
        blocks = [_Block(*block) for block in zip(np.diff(edges).tolist(), *sums, strict=True)]
        blocks[0] = _Block(*map(int.__add__, self.under_way, blocks[0]))
        *complete, under_way = blocks
        return replace(
            self,
            windows=windows,
            ends=np.append(self.ends, np.array(ends, np.int64)),
            losses=np.append(self.losses, [np.nan if one.bad else one.losses * UNIT / one.windows for one in complete]),
            logs=np.append(self.logs, [one.logs * UNIT / max(1, one.windows - one.bad) for one in complete]),
            errors=np.append(self.errors, [one.errors * UNIT / one.windows for one in complete]),
            under_way=under_way,
        )

    def until(self, windows: int) -> BlockMeans:
        """The blocks after only the first ``windows`` windows, without the block that was incomplete then.

        The windows since the last of `ends` can then be added again with `after`.
        """
        count = int(np.searchsorted(self.ends, windows, side="right"))
        end = int(self.ends[count - 1]) if count else 0
        cut = (self.ends[:count], self.losses[:count], self.logs[:count], self.errors[:count])
        return BlockMeans(self.begun, end, *cut)


def _sums(values: npt.NDArray[np.bool_] | Windows, edges: Windows) -> list[int]:
    """The sum of the values between each edge and the next."""
    known = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=known[1:])
    sums: list[int] = np.diff(known[edges]).tolist()
    return sums


def _whole(values: npt.ArrayLike) -> Windows:
    whole: Windows = np.rint(np.clip(values, 0, HIGHEST) / UNIT).astype(np.int64)
    return whole


def _logs(losses: npt.ArrayLike) -> Windows:
    logs: Windows = np.rint(np.log(np.clip(losses, LOWEST, HIGHEST).astype(np.float64)) / UNIT).astype(np.int64)
    return logs


def _ends_between(windows: int, last: int) -> Iterator[int]:
    """The ends of the blocks after ``windows`` windows, up to ``last``."""
    while True:
        size = max(FIRST_BLOCK, 1 << max(0, windows.bit_length() - 1) >> BLOCKS_IN_HALF.bit_length() - 1)
        windows = (windows // size + 1) * size
        if windows > last:
            return
        yield windows
