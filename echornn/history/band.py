"""The band of a curve: quantiles of the losses of several replicas, and how many have solved the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Curve, HistoryPiece, width_of
from echornn.history.pyramid_level import Buckets, Reducers, Windows
from echornn.progress import Floats

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
"""The quantiles over the replicas in a band, in this order."""

OF_BAND: Reducers = (np.fmin, np.add, np.add, np.add, np.fmax, np.fmax)
"""How a bucket is made from smaller ones: extremes, sums of the quantiles, and the number solved at its end."""


@dataclass(frozen=True, eq=False)
class Band:
    """The losses of all replicas, in consecutive buckets of about equal width.

    Quantiles are taken for each window, then averaged over a bucket's windows; a loss that is not finite counts as
    infinite. All are NaN where a window was lost. Windows of a single network have no buckets.

    Attributes:
        first, last: the windows that it covers, ``first <= window < last``.
        width: the windows in a whole bucket.
        starts, ends: int64 [buckets], the first window of each, and the one after its last.
        low, high: float32 [buckets], the smallest and the largest loss of any replica.
        tenth, median, ninetieth: float32 [buckets], the losses below which 10, 50 and 90 % of the replicas lie.
        solved: int32 [buckets], how many had solved the task at the bucket's end.
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
        """The median as if it were the loss of one network; error rates are unknown."""
        unknown = np.full(len(self), np.nan, np.float32)
        edges = (self.first, self.last, self.width, self.starts, self.ends)
        return Curve(*edges, self.median, self.median, self.median, unknown)

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """float64 [buckets], the middle window of each, counted from `first`."""
        middles: npt.NDArray[np.float64] = np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None)
        return middles


class OfSeveral(Protocol):
    """The history of several networks; that of a lone network has no band."""

    @property
    def replicas(self) -> int:
        """The number of networks."""
        ...

    def over_all(self, width: int, first: int, last: int) -> tuple[Windows, Buckets]:
        """Buckets of the quantiles, as `Pyramid.buckets`: [numbers of `OF_BAND`, buckets]."""
        ...


def band_of(pieces: Sequence[HistoryPiece[OfSeveral]], columns: int, first: int, last: int) -> Band:
    """The windows from ``first`` up to ``last`` of these pieces, in order along the curve, in about ``columns``
    buckets."""
    width = width_of(columns, last - first)
    edges: list[Windows] = [np.empty((2, 0), np.int64)]
    values: list[Buckets] = [np.empty((len(OF_BAND), 0))]
    replicas: list[int] = []
    for piece in pieces:
        begin, end = max(first, piece.first), min(last, piece.last)
        if begin < end:
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


def solved_after(solved_at: npt.NDArray[np.int64], first: int, windows: int) -> npt.NDArray[np.int32]:
    """How many replicas had solved the task after each of some windows, int32 [windows].

    Args:
        solved_at: int64 [replicas], window along the path, from 1; 0 if not solved.
        first: the windows along the path before the first of these.
    """
    known = np.sort(solved_at[solved_at > 0])
    return np.searchsorted(known, np.arange(first + 1, first + windows + 1), side="right").astype(np.int32)
