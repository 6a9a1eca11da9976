"""The band of a population's curve: quantiles of the losses of all replicas, and how many have solved the task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.history.loss_history import Curve
from echornn.history.pyramid_level import Reducers, Windows
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
