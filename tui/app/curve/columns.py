"""Assigns buckets of losses to the columns of a plot: pure functions."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt


class InBuckets(Protocol):
    """Data of a run in buckets of windows, such as a `Curve` or a `Band`."""

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle window of each bucket, counted from the first window of the data."""
        ...


def column_of(windows: float, length: int, columns: int) -> int:
    """The column of a window; ``windows`` is its distance from the first window of the axis."""
    return min(columns - 1, max(0, int(windows / length * columns)))


def smoothed(means: npt.NDArray[np.float32], buckets: int) -> npt.NDArray[np.float32]:
    """The moving mean over about ``buckets`` buckets around each bucket; NaN if no value is finite.

    Args:
        means: float32 [buckets].
        buckets: keep it constant while a curve grows, so that earlier parts do not change.
    """
    size = max(1, min(buckets, len(means))) | 1
    finite = np.isfinite(means)
    if size == 1 or not finite.any():
        return means
    reach = size // 2
    total, known = (
        np.cumsum(np.pad(values, (reach + 1, reach)))
        for values in (np.where(finite, means, 0).astype(np.float64), finite)
    )
    total, known = total[size:] - total[:-size], known[size:] - known[:-size]
    return np.where(finite, total / np.maximum(known, 1), np.nan).astype(np.float32)


def per_column(
    curve: InBuckets,
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    columns: int,
    length: int,
    offset: int = 0,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The lowest and the highest value in each column. The axis has ``length`` windows. A column without a bucket
    is NaN.

    Values between buckets are interpolated; the extremes of each bucket are kept in the column of its middle.

    Args:
        low, high: float64 [buckets].
        offset: the windows on the axis before the first window of the data.
    """
    if not len(low):
        return np.full(columns, np.nan), np.full(columns, np.nan)
    middle = curve.middles + offset
    at = (np.arange(columns) + 0.5) / columns * length - 0.5
    lowest, highest = (np.interp(at, middle, values, left=np.nan, right=np.nan) for values in (low, high))
    column = np.clip((middle + 0.5) / length * columns, 0, columns - 1).astype(int)
    np.fmin.at(lowest, column, low)
    np.fmax.at(highest, column, high)
    return lowest, highest
