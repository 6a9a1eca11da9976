"""The distribution of the losses of several replicas, window by window (a band around the median curve)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Curve, HistoryPiece, width_of, within
from echornn.history.loss_history import OF_BAND, LossHistory
from echornn.history.pyramid import Buckets, Windows
from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class Band:
    """Quantiles of the losses of all replicas, in consecutive buckets of about equal width.

    Quantiles are computed in each window, then averaged over the windows of a bucket. NaN and infinite losses count as
    infinite. All quantiles are NaN where a window was lost. A single network has no buckets.

    Attributes:
        first, last: the windows of the band, ``first <= window < last``.
        width: the number of windows in a complete bucket.
        starts, ends: int64 [buckets], the first window of each bucket, and the window after its last.
        low, high: float32 [buckets], the smallest and the largest loss of any replica.
        tenth, median, ninetieth: float32 [buckets], the 10, 50 and 90 % quantiles of the losses.
        solved: int32 [buckets], the number of replicas that have solved the task at the end of each bucket.
        replicas: int32 [buckets], the number of replicas.
    """

    first: int
    last: int
    width: int
    starts: Windows
    ends: Windows
    low: Floats
    tenth: Floats
    median: Floats
    ninetieth: Floats
    high: Floats
    solved: npt.NDArray[np.int32]
    replicas: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """The number of buckets."""
        return len(self.starts)

    def as_curve(self) -> Curve:
        """The median, as the curve of a single network; its error rates are unknown (NaN)."""
        unknown = np.full(len(self), np.nan, np.float32)
        edges = (self.first, self.last, self.width, self.starts, self.ends)
        return Curve(*edges, self.median, self.median, self.median, unknown)

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle of each bucket, float64 [buckets], in windows after `first`."""
        middles: npt.NDArray[np.float64] = np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None)
        return middles


def band_of(pieces: Sequence[HistoryPiece[LossHistory]], columns: int, first: int, last: int) -> Band:
    """The band of the windows ``first`` to ``last``, in about ``columns`` buckets; the pieces are in order along the
    curve.
    """
    width = width_of(columns, last - first)
    edges: list[Windows] = [np.empty((2, 0), np.int64)]
    values: list[Buckets] = [np.empty((len(OF_BAND), 0))]
    replicas: list[int] = []
    for piece, begin, end in within(pieces, first, last):
        of_piece, buckets = piece.history.over_all(width, begin - piece.offset, end - piece.offset)
        edges.append(of_piece + piece.offset)
        values.append(buckets)
        replicas += [piece.history.replicas] * buckets.shape[1]
    starts, ends = np.concatenate(edges, axis=1)
    low, tenth, median, ninetieth, high, solved = np.concatenate(values, axis=1)
    counts = ends - starts
    with np.errstate(over="ignore"):  # a loss beyond float32's range is drawn as infinite
        return Band(
            first,
            last,
            width,
            starts,
            ends,
            low.astype(np.float32),
            (tenth / counts).astype(np.float32),
            (median / counts).astype(np.float32),
            (ninetieth / counts).astype(np.float32),
            high.astype(np.float32),
            solved.astype(np.int32),
            np.array(replicas, np.int32),
        )


def shades_of(
    pieces: Sequence[HistoryPiece[LossHistory]], replicas: Sequence[int], columns: int, first: int, last: int
) -> Floats:
    """The mean losses of these replicas from window ``first`` to ``last``, in columns of equal width.

    Returns:
        float32 [replicas, columns], with fewer columns if there are fewer windows. NaN if a loss is NaN, if only one
        network was trained there, or if there is no such replica.
    """
    columns = max(0, min(columns, last - first))
    shades = np.full((len(replicas), columns), np.nan, np.float32)
    if not columns:
        return shades
    cuts = first + np.arange(columns + 1) * (last - first) // columns
    width = max(1, width_of(columns, last - first) // 2)
    for piece, begin, end in within(pieces, first, last):
        if piece.history.replicas == 1:
            continue
        known = np.array([at for at, one in enumerate(replicas) if one < piece.history.replicas], np.int64)
        which = np.array(replicas, np.int64)[known]
        edges, buckets = piece.history.each(which, width, begin - piece.offset, end - piece.offset)
        starts, ends = edges + piece.offset
        inside = np.flatnonzero((cuts[1:] > begin) & (cuts[:-1] < end))
        at = np.clip(np.searchsorted(ends, cuts[inside], side="right"), 0, len(ends) - 1)
        counts = np.add.reduceat(ends - starts, at)[:, np.newaxis]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            sums = np.add.reduceat(buckets[2], at, axis=0)
        shades[np.ix_(known, inside)] = (sums / counts).T
    return shades
