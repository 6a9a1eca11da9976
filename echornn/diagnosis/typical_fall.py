"""Whether the typical loss of a solved task clearly falls or rises. Single spikes decide nothing."""

from __future__ import annotations

import math

import numpy as np

from echornn.diagnosis.block_falls import LEAST
from echornn.history.block_means import Numbers, Windows

LEAST_BLOCKS = 16
"""The number of blocks below which nothing is said."""

GROUPS = 12
"""The number of groups of blocks between whose means a straight line is fitted. What is alike in neighbouring windows
hardly matters for means of so many windows.
"""

CLEAR = 7.0
"""The number of standard errors by which the slope must differ from zero. It is large because a run is judged again
after each block.
"""

NOTICED = 0.06
"""The least share of what is left to learn by which the loss must have fallen or risen."""


def typical_fall(logs: Numbers, ends: Windows, first: int, floor: float) -> float:
    """The share by which the typical loss fell over the newest blocks; negative if it rose, NaN if neither is clear.

    The *typical loss* of some windows is the geometric mean of their losses. A window whose loss is a thousand times as
    high raises the geometric mean of 64 windows by 11 %, but their mean to sixteen times. The newest blocks are those
    in the last half of the stretch, or the last `LEAST_BLOCKS`, as far as they come after block ``first``.

    `tests.benchmarks.false_falls` counts how often it is said of series that neither fall nor rise: of 400 with spikes,
    heavy tails, or correlated over 10 windows, at most 1 is ever said to fall in 40,000 windows, at most 3 to rise.

    Args:
        logs: float64 [blocks], the mean logarithm of the losses in each block.
        ends: int64 [blocks], the number of windows up to the end of each block.
        first: the first block that counts: the task has been solved since then.
        floor: the lowest possible mean loss.
    """
    half = min(int(np.searchsorted(ends, ends[-1] / 2)), len(ends) - LEAST_BLOCKS)
    begin = max(first, half)
    if len(ends) - begin < LEAST_BLOCKS:
        return math.nan
    windows = np.append(0, ends)
    sums = np.append(0, np.cumsum(logs * np.diff(windows)))
    edges = np.linspace(begin, len(ends), GROUPS + 1).astype(np.int64)
    means = np.diff(sums[edges]) / np.diff(windows[edges])
    middles = (windows[edges[1:]] + windows[edges[:-1]]) / 2
    times, apart = middles - middles.mean(), means - means.mean()
    slope = float(times @ apart / (times @ times))
    rest = apart - slope * times
    error = math.sqrt(float(rest @ rest) / (GROUPS - 2) / float(times @ times))
    before, now = np.exp(means.mean() + slope * (windows[[begin, -1]] - middles.mean())).tolist()
    share = (before - now) / max(before - floor, LEAST)
    return share if abs(slope) > CLEAR * error and abs(share) > NOTICED else math.nan
