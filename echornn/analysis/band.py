"""The band of a population's curve: quantiles of the losses of all replicas, and how many have solved the task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.analysis.loss_history import Curve
from echornn.analysis.pyramid_level import Reducers, Windows
from echornn.progress import Floats

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
"""Quantiles over the replicas that a band tells, and in which order."""

OF_BAND: Reducers = (np.fmin, np.add, np.add, np.add, np.fmax, np.fmax)
"""How a bucket is made of others: extremes, sums of the quantiles within, and how many were solved at its end."""


@dataclass(frozen=True, eq=False)
class Band:
    """Losses over all replicas, in buckets of about equal width, in order.

    The quantiles are those of each window, and their mean over a bucket's windows; a replica whose loss is no finite
    number counts as infinite. All are NaN where a window was lost. Windows of one network alone have no buckets.

    Attributes:
        first, last: windows that it covers, ``first <= window < last``.
        width: windows in a bucket that is cut off by nothing.
        starts, ends: int64 [buckets], the first window of each, and the one after its last.
        low, high: float32 [buckets], smallest and largest loss of any replica.
        tenth, median, ninetieth: float32 [buckets], 10, 50 and 90 % of the replicas lie below.
        solved: int32 [buckets], how many had solved the task at the bucket's end.
        replicas: int32 [buckets], of how many.
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
        """Buckets."""
        return len(self.starts)

    def as_curve(self) -> Curve:
        """The median as if it were a network's loss; errors are not known."""
        unknown = np.full(len(self), np.nan, np.float32)
        edges = (self.first, self.last, self.width, self.starts, self.ends)
        return Curve(*edges, self.median, self.median, self.median, unknown)

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """float64 [buckets], the middle window of each, counted from `first`."""
        middles: npt.NDArray[np.float64] = np.clip((self.starts + self.ends - 1) / 2 - self.first, 0, None)
        return middles
