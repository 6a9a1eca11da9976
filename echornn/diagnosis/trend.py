"""The trend of a loss: above, at or below chance, and whether it falls.

It is read from the means of blocks. So that it does not flicker, it changes late: each answer has
two limits, one to become true and one to become false again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from echornn.config import EchoConfig
from echornn.history.block_means import HIGHEST, BlockMeans
from echornn.history.buckets import Windows
from echornn.history.curve import Numbers
from echornn.levels import MOST_AT_CHANCE, chance_level, chance_width, has_one_rung, mean_floor
from echornn.progress import Bools

# Chosen so that 28 runs, kept as the means of every 64 windows, are said to be what they were
# (eleven of them are in tests/door/library/judged.py):

SURE = 2.5  # the standard errors by which a mean must be beyond a limit
SMOOTHED = 4  # the blocks that are averaged: the last eighth to sixteenth of a long stretch
# The blocks whose mean is compared with that of as many before, to notice early that the loss falls
SHORT_SPAN = 8
# Shares of chance beyond which a mean leaves it, and below which it is back
APART, NEAR_CHANCE = MOST_AT_CHANCE, 0.03
# The loss falls if it fell by more than this share of what is left to learn, and stands with less
FALLS, STANDS = 0.06, 0.025
FIRST_JUDGED = 1024  # windows before which a loss is never said to stand
NOISE_KNOWN = 3  # blocks after which a loss can be told from chance, where few steps may be scored
# Times its uncertainty a mean must differ from another, so that it is no luck of many comparisons
FAR_APART = 2.0

# The median absolute difference of two normal random numbers of standard deviation 1:
# sqrt(2) times the 75 % quantile, 0.6745
NORMAL_STEP = 0.954
LEAST_LEFT = 1e-6  # a loss so near to the floor, in nats, counts as being there
ROUNDED = 1e-9  # by which means of equal losses may differ


@dataclass(frozen=True)
class Trend:
    """The trend at the newest block since the settings last changed."""

    level: Literal["early", "above", "chance", "below"]  # of the mean; below if chance is not known
    mean: float  # of the losses of the last `SMOOTHED` blocks
    unsure: float  # the mean's uncertainty due to noise, `SURE` standard errors
    wrong: float  # the share of wrong predictions in these blocks, 0 to 1
    falls: bool
    # The windows of the path after which the loss stayed as it is now, as far as noise lets it be
    # seen
    since: int


EARLY = Trend("early", math.nan, 0.0, math.nan, False, 0)


@lru_cache(maxsize=8)
def trend(config: EchoConfig, blocks: BlockMeans) -> Trend:
    if not len(blocks):
        return EARLY
    losses = np.where(np.isfinite(blocks.losses), blocks.losses, HIGHEST)
    means = _smoothed(losses)
    unsure = SURE * _standard_error(losses)
    is_below = _below_chance(config, means, unsure)
    is_falling = _falling(config, losses, blocks.ends, unsure, is_below)
    level: Literal["above", "chance", "below"] = "chance"
    if _above_chance(config, means, unsure)[-1]:
        level = "above"
    elif is_below[-1]:
        level = "below"
    return Trend(
        level,
        mean=float(means[-1]),
        unsure=float(unsure[-1]),
        wrong=float(_smoothed(blocks.errors)[-1]),
        falls=bool(is_falling[-1]),
        since=blocks.begun + _windows_before(config, means, blocks.ends, unsure),
    )


def _above_chance(config: EchoConfig, means: Numbers, unsure: Numbers) -> Bools:
    chance = chance_level(config)
    leaves = means - unsure > (1 + APART) * chance
    is_back = means < (1 + NEAR_CHANCE) * chance
    return _held(_noise_is_known(config, means) & leaves, is_back)


def _below_chance(config: EchoConfig, means: Numbers, unsure: Numbers) -> Bools:
    chance, width = chance_level(config), chance_width(config)
    if math.isnan(chance):
        return np.ones(len(means), np.bool_)
    leaves = means + unsure < (1 - width * APART) * chance
    is_back = means > (1 - width * NEAR_CHANCE) * chance
    return _held(_noise_is_known(config, means) & leaves, is_back)


def _noise_is_known(config: EchoConfig, means: Numbers) -> Bools:
    first = 0 if has_one_rung(config) else NOISE_KNOWN
    return np.arange(len(means)) >= first


def _falling(
    config: EchoConfig, losses: Numbers, ends: Windows, unsure: Numbers, is_below: Bools
) -> Bools:
    """Whether the loss falls at each block."""
    floor = mean_floor(config)
    fall = np.nan_to_num(_recent_fall(losses, floor, unsure))
    if has_one_rung(config):
        fall = np.fmax(_fall_of_halves(losses, ends, floor), fall)
    leaves_chance = np.append(False, is_below[1:] & ~is_below[:-1])
    # What has just left chance falls, though the blocks that are compared are still at chance
    has_just_left = _holds_for(2 * SHORT_SPAN, leaves_chance)
    falls = (fall > FALLS) | leaves_chance
    stands = (ends >= FIRST_JUDGED) & (fall < STANDS) & ~has_just_left
    return _held(falls, stands, first=True)


def _windows_before(config: EchoConfig, means: Numbers, ends: Windows, unsure: Numbers) -> int:
    """The windows up to the last block whose mean was clearly another than it is now."""
    noise = FAR_APART * float(max(unsure[-1], np.median(unsure)))
    apart = max(FALLS * (means[-1] - mean_floor(config)), noise) + ROUNDED
    others = np.flatnonzero(np.abs(means - means[-1]) > apart)
    return int(ends[others[-1]]) if others.size else 0


def _smoothed(values: Numbers) -> Numbers:
    """The moving mean of each value and the values before it, `SMOOTHED` in all, or as many as
    there are."""
    padded = np.append(np.zeros(SMOOTHED - 1), values)
    sums = np.lib.stride_tricks.sliding_window_view(padded, SMOOTHED).sum(axis=-1)
    return np.asarray(sums / np.minimum(np.arange(1, len(values) + 1), SMOOTHED))


def _standard_error(losses: Numbers) -> Numbers:
    """The standard error of a moving mean, from the median difference of neighbours, which a fall
    hardly affects."""
    span = 2 * SHORT_SPAN
    count = np.arange(1, len(losses) + 1)
    steps = np.abs(np.diff(losses, prepend=losses[0]))
    padded = np.append(np.full(span - 1, np.inf), steps)  # the medians are of those before
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, span), axis=-1)
    middle = (np.minimum(count, span) - 1) // 2
    median = np.take_along_axis(ordered, middle[:, np.newaxis], axis=-1)[:, 0]
    return np.asarray(median / NORMAL_STEP / np.sqrt(np.minimum(count, SMOOTHED)))


def _fall_of_halves(losses: Numbers, ends: Windows, floor: float) -> Numbers:
    """The fall of the last half against the quarter before, as a share of what was left to learn;
    maybe NaN."""
    sizes = np.diff(ends, prepend=0)
    sums = np.append(0, np.cumsum(losses * sizes))
    windows = np.append(0, ends)
    half = np.searchsorted(windows, ends / 2)
    quarter = np.searchsorted(windows, ends / 4)
    with np.errstate(invalid="ignore", divide="ignore"):
        before = (sums[half] - sums[quarter]) / (windows[half] - windows[quarter])
        now = (sums[1:] - sums[half]) / (ends - windows[half])
        return _share_of_what_was_left(before - floor, now - floor)


def _recent_fall(losses: Numbers, floor: float, unsure: Numbers) -> Numbers:
    """The fall at each block, of the last `SHORT_SPAN` against equally many before; NaN if it may
    be noise."""
    falls = np.full(len(losses), np.nan)
    first = 2 * SHORT_SPAN - 1
    if len(losses) <= first:
        return falls
    sums = np.append(0, np.cumsum(losses))
    means = (sums[SHORT_SPAN:] - sums[:-SHORT_SPAN]) / SHORT_SPAN
    before, now = means[:-SHORT_SPAN], means[SHORT_SPAN:]
    shares = _share_of_what_was_left(before - floor, now - floor)
    falls[first:] = np.where(before - now < unsure[first:], np.nan, shares)
    return falls


def _share_of_what_was_left(before: Numbers, now: Numbers) -> Numbers:
    left = np.maximum(before, LEAST_LEFT)
    return np.asarray((left - np.maximum(now, LEAST_LEFT)) / left)


def _holds_for(blocks: int, begins: Bools) -> Bools:
    """True for so many blocks from each in which it begins: of 2 and 0 1 0 0 1, 0 1 1 0 1."""
    return np.convolve(begins, np.ones(blocks, np.int64))[: len(begins)] > 0


def _held(on: Bools, off: Bools, first: bool = False) -> Bools:
    """True from each ``on`` until the next ``off``; ``first`` before the first of them (a Schmitt
    trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    return np.where(newest < 0, first, on[newest])
