"""The falls of the loss from block to block, and the noise of their means."""

from __future__ import annotations

import numpy as np

from echornn.history.block_means import Numbers, Windows

SURE = 2.5
"""The number of standard errors by which a mean must be beyond a limit."""

SMOOTHED = 4
"""The number of blocks that are averaged: the last eighth to sixteenth of a long stretch."""

NORMAL_STEP = 0.954
"""The median absolute difference of two normal random numbers, in units of their standard deviation."""

SHORT_SPAN = 8
"""The number of blocks whose mean is compared with the mean of equally many blocks before, to notice early that the
loss falls again.
"""

LEAST = 1e-6
"""The distance from the floor, in nats, below which a loss counts as being at the floor."""


def smoothed(values: Numbers, over: int = SMOOTHED) -> Numbers:
    """The moving mean of each value and the values before it, ``over`` in all, or as many as there are."""
    padded = np.append(np.zeros(over - 1), values)
    sums = np.lib.stride_tricks.sliding_window_view(padded, over).sum(axis=-1)
    means: Numbers = sums / np.minimum(np.arange(1, len(values) + 1), over)
    return means


def standard_error(blocks: Numbers) -> Numbers:
    """The standard error of a moving mean due to the noise of the blocks.

    It is estimated from the median difference of neighbouring blocks, which a fall of the loss hardly affects.
    """
    steps = np.abs(np.diff(blocks, prepend=blocks[0]))
    padded = np.append(np.full(2 * SHORT_SPAN - 1, np.inf), steps)
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * SHORT_SPAN), axis=-1)
    known = np.minimum(np.arange(1, len(blocks) + 1), 2 * SHORT_SPAN)
    typical = np.take_along_axis(ordered, (known[:, np.newaxis] - 1) // 2, axis=-1)[:, 0]
    error: Numbers = typical / NORMAL_STEP / np.sqrt(np.minimum(np.arange(1, len(blocks) + 1), SMOOTHED))
    return error


def fall_of_halves(blocks: Numbers, ends: Windows, floor: float) -> Numbers:
    """The fall of the loss at each block: by what share of what was left to learn the mean of the last half of the
    stretch is below the mean of the quarter before. NaN if there was no such quarter.
    """
    sizes = np.diff(ends, prepend=0)
    sums, windows = np.append(0, np.cumsum(blocks * sizes)), np.append(0, ends)
    half, quarter = (np.searchsorted(windows, ends / part) for part in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        before = (sums[half] - sums[quarter]) / (windows[half] - windows[quarter])
        now = (sums[1:] - sums[half]) / (ends - windows[half])
        return _share(before - floor, now - floor)


def recent_fall(blocks: Numbers, floor: float, unsure: Numbers, span: int) -> Numbers:
    """The fall at each block, of the last ``span`` blocks against equally many before; NaN if it may be noise."""
    falls = np.full(len(blocks), np.nan)
    if len(blocks) >= 2 * span:
        sums = np.append(0, np.cumsum(blocks))
        means = (sums[span:] - sums[:-span]) / span
        before, now = means[:-span], means[span:]
        noise = before - now < unsure[2 * span - 1 :]
        falls[2 * span - 1 :] = np.where(noise, np.nan, _share(before - floor, now - floor))
    return falls


def _share(before: Numbers, now: Numbers) -> Numbers:
    """The share by which the loss fell; 0 if nothing was left to learn."""
    left = np.maximum(before, LEAST)
    share: Numbers = (left - np.maximum(now, LEAST)) / left
    return share
