"""The losses of one network, stored so that any part of the curve is drawn in constant time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from echornn.history.pyramid import Pyramid
from echornn.history.pyramid_level import KEPT_BUCKETS, Buckets, PyramidLevel, Windows
from echornn.progress import Floats

Cause = Literal["start", "reset", "redraw", "regenerate", "edit", "preset", "alone", "back", "lost"]
"""What begins a branch: a preset is an edit that starts over, whatever it changes; with alone, one of several replicas
goes on without the others; back is training on from a position in the past; a lost branch cannot be read.
"""


@dataclass(frozen=True)
class Segment:
    """A stretch of windows that are consecutive in the data, with what began it.

    Attributes:
        at: the first window of the segment, counted along the curve from 0.
        cause: what began it.
        epoch, window: the position of that window in the experiment.
        windows_per_epoch: the number of windows in an epoch.
    """

    at: int
    cause: Cause
    epoch: int
    window: int
    windows_per_epoch: int

    def position(self, window: int) -> tuple[int, int]:
        """Epoch and window of the curve's window number ``window``, which must lie in this segment."""
        epochs, in_epoch = divmod(self.window + window - self.at, self.windows_per_epoch)
        return self.epoch + epochs, in_epoch

    def epoch_starts(self, first: int, last: int, most: int) -> list[tuple[int, int]]:
        """Where epochs begin in ``first <= window < last``, as (window of the run, epoch).

        There are at most ``most`` of them; if there are more, only every 2nd, 5th, 10th, ... is returned.
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
    """A part of a run's losses in consecutive buckets of about equal width.

    Attributes:
        first, last: the windows that it covers, ``first <= window < last``.
        width: the windows in a whole bucket.
        starts, ends: int64 [buckets], the first window of each, and the one after its last.
        low, high: float32 [buckets], smallest and largest loss; NaN only if every loss is NaN.
        mean: float32 [buckets], mean loss; NaN if a loss is NaN.
        error_rate: float32 [buckets], share of wrong predictions, 0 to 1.
        segments: those that overlap this part, in order; the first may have begun before it.
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
        """float64 [buckets], the middle window of each, counted from `first`."""
        middles: npt.NDArray[np.float64] = np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None)
        return middles


class OfOne(Protocol):
    """The history of one network."""

    def buckets(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """As `Pyramid.buckets` of losses: [4, buckets]."""
        ...


@dataclass(frozen=True, eq=False)
class HistoryPiece:
    """A part of a history, and its place along a curve.

    Attributes:
        history: the history.
        offset: the window along the curve at which the history begins.
        first, last: the windows along the curve to take from it, ``first <= window < last``.
    """

    history: OfOne
    offset: int
    first: int
    last: int


def width_of(columns: int, windows: int) -> int:
    """The windows in a bucket, a power of two, so that so many windows fill about ``columns`` columns, and no more."""
    return 1 << max(0, math.ceil(math.log2(max(1, windows / max(1, columns)))))


def curve_of(
    pieces: Sequence[HistoryPiece], columns: int, first: int, last: int, segments: tuple[Segment, ...] = ()
) -> Curve:
    """The windows from ``first`` up to ``last`` of these pieces, end to end, in about ``columns`` buckets.

    Args:
        pieces: the pieces in order along the curve.
        segments: all known segments; those that overlap the part are kept.
    """
    width = width_of(columns, last - first)
    edges: list[Windows] = []
    values: list[Buckets] = []
    for piece in pieces:
        begin, end = max(first, piece.first), min(last, piece.last)
        if begin < end:
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


class LossHistory(Pyramid):
    """The losses and error rates of all windows of one network.

    Args:
        kept: the least number of newest buckets that each level of the pyramid keeps.
    """

    def __init__(self, kept: int = KEPT_BUCKETS) -> None:
        super().__init__(PyramidLevel(kept), lambda: PyramidLevel(kept))
        self._kept = kept

    def append(self, losses: npt.NDArray[np.float32], error_rates: npt.NDArray[np.float32]) -> None:
        """Add windows, in order: their losses in nats and their error rates in 0..1, both float32 [n]."""
        for begin in range(0, len(losses), self._kept):
            some = slice(begin, begin + self._kept)
            self.add(np.stack([losses[some], losses[some], losses[some], error_rates[some]]))

    def curve(self, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """The windows from ``first`` up to ``last`` (by default all) in about ``columns`` buckets."""
        last = len(self) if last is None else min(last, len(self))
        return curve_of([HistoryPiece(self, 0, 0, last)], columns, min(max(first, 0), last), last)

    def losses(self, first: int, last: int) -> Floats | None:
        """The losses from ``first`` up to ``last``, float32 [n]; None if only coarser buckets of them are kept."""
        windows = self.windows(first, last)
        return None if windows is None else windows[0].astype(np.float32)

    def error_rates(self, first: int, last: int) -> Floats | None:
        """The error rates from ``first`` up to ``last``, float32 [n]; None as in `losses`."""
        windows = self.windows(first, last)
        return None if windows is None else windows[3].astype(np.float32)


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, ..."""
    for power in itertools.count():
        yield from (10**power, 2 * 10**power, 5 * 10**power)
