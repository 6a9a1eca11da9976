"""The trend of the loss: its mean over the newest blocks, above, at or below chance, and whether it falls or stands.

It is judged at each block of `echornn.history.curve`, and changes only if the numbers are well beyond a limit, so
that it does not flicker.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_level, chance_width, mean_floor
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import HIGHEST, BlockMeans, Curve, Numbers, Windows
from echornn.progress import Floats

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


Level = Literal["above", "chance", "below"]

APART, NEAR = MOST_AT_CHANCE, 0.03
"""A mean further from chance than the first share is apart from it; nearer than the second, it is at chance again."""

FALLS, STANDS = 0.06, 0.025
"""The loss falls if it fell by more than the first share of what is left to learn, and stands below the second."""

FIRST_JUDGED = 1024
"""The number of windows before which a loss is never said to stand."""

NOISE_KNOWN = 3
"""The blocks after which the noise is known well enough to tell a loss from chance, where few steps may be scored."""

FAR_APART = 2.0
"""How many times its uncertainty a mean must differ from another, so that it is no luck of many comparisons."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trend:
    """The trend at the newest block since the settings last changed. Windows are counted along the path.

    Attributes:
        level: where the mean is, compared with chance; below if chance is not known.
        mean: the mean loss of the last `SMOOTHED` blocks.
        unsure: its uncertainty due to noise, `SURE` standard errors.
        wrong: the share of wrong predictions in these blocks, 0 to 1.
        falls: whether the loss falls.
        since: the number of windows after which the loss stayed as it is now, as far as noise lets it be seen.
    """

    level: Level
    mean: float
    unsure: float
    wrong: float
    falls: bool
    since: int


def trend(config: EchoConfig, blocks: BlockMeans) -> Trend | None:
    """The trend at the newest of these blocks; None before the first is complete."""
    if not len(blocks):
        return None
    return _trend(config, blocks.begun, *(one.tobytes() for one in (blocks.ends, blocks.losses, blocks.errors)))


@lru_cache(maxsize=8)
def _trend(config: EchoConfig, begun: int, of_ends: bytes, of_losses: bytes, of_errors: bytes) -> Trend:
    """`trend`, computed once for each new block, though every frame needs it."""
    ends, losses, errors = np.frombuffer(of_ends, np.int64), np.frombuffer(of_losses), np.frombuffer(of_errors)
    chance, floor, width = chance_level(config), mean_floor(config), chance_width(config)
    losses = np.where(np.isfinite(losses), losses, HIGHEST)
    means, unsure = smoothed(losses), SURE * standard_error(losses)
    is_echo = config.the_task.echoed_lag is not None
    known = np.arange(len(losses)) >= (0 if is_echo else NOISE_KNOWN)
    above = _held(known & (means - unsure > (1 + APART) * chance), means < (1 + NEAR) * chance)
    below = _held(known & (means + unsure < (1 - width * APART) * chance), means > (1 - width * NEAR) * chance)
    below |= np.isnan(chance)
    lately = np.nan_to_num(recent_fall(losses, floor, unsure, SHORT_SPAN))
    fall = np.fmax(fall_of_halves(losses, ends, floor), lately) if is_echo else lately
    begins = np.append(False, below[1:] & ~below[:-1])
    falls = _held((fall > FALLS) | begins, (ends >= FIRST_JUDGED) & (fall < STANDS) & ~_soon_after(begins), first=True)
    noise = FAR_APART * float(max(unsure[-1], np.median(unsure)))
    away = np.flatnonzero(np.abs(means - means[-1]) > max(FALLS * (means[-1] - floor), noise) + 1e-9)
    return Trend(
        "above" if above[-1] else "below" if below[-1] else "chance",
        float(means[-1]),
        float(unsure[-1]),
        float(smoothed(errors)[-1]),
        bool(falls[-1]),
        begun + (int(ends[away[-1]]) if away.size else 0),
    )


def _held(on: Flags, off: Flags, first: bool = False) -> Flags:
    """True from each ``on`` until the next ``off``; ``first`` before the first of them (a Schmitt trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    held: Flags = np.where(newest < 0, first, on[newest])
    return held


def _soon_after(begins: Flags) -> Flags:
    """The ``2 * SHORT_SPAN`` blocks from each of these on."""
    counts = np.cumsum(np.append(np.zeros(2 * SHORT_SPAN, np.int64), begins))
    return np.not_equal(counts[2 * SHORT_SPAN :], counts[: -2 * SHORT_SPAN])


LEAST_SOUGHT = 200
"""The least number of windows before and after a fall that are examined one by one; fewer could not distinguish a fall
from noise.
"""

SLIGHT = 0.05
"""The share of a fall by which the loss may already be lower where the fall begins."""

FLAT = 0.02
"""The share of the steepest fall below which the loss counts as constant. A pause within a fall does not end the fall.
"""


CurveOf = Callable[[int, int, int | None], Curve]
"""A function that returns the curve, with a number of columns, from one window to another."""


def turning_points(curve_of: CurveOf, columns: int, first: int, last: int, loss_stats: LossStats) -> list[int]:
    """The last window before the loss fell, and the last window before the echo was lost, among windows ``first`` to
    ``last``.

    If the run solved the echo, only windows up to there are searched, because in a long run the fall is shorter than a
    column.
    """
    solved, lost = loss_stats.solved_at or 0, loss_stats.lost_at or 0
    fall = before_the_fall(curve_of, columns, first, solved if first < solved < last else last)
    found = set() if fall is None else {max(first, fall - 1)}
    return sorted(found | {window for window in (lost - 2,) if first <= window < last})


def before_the_fall(curve_of: CurveOf, columns: int, first: int, last: int) -> int | None:
    """The window at which the largest fall of the loss began, among windows ``first`` to ``last``.

    The search narrows the range around the beginning of the fall, until single windows are examined, or until the fall
    is too long for this. None if the loss did not fall.
    """
    found = None
    while last > first:
        length = last - first
        curve = curve_of(length if length <= 4 * LEAST_SOUGHT else columns, first, last)
        fall = begin_of_the_fall(curve.mean)
        if fall is None:
            break
        begin, steepest = (int(curve.starts[bucket]) for bucket in fall)
        found, reach = begin, max(4 * curve.width, LEAST_SOUGHT)
        if curve.width == 1:
            break
        first, last = max(first, min(begin - LEAST_SOUGHT // 2, steepest - reach)), min(last, steepest + reach)
        if last - first > length * 3 // 4:
            break
    return found


def begin_of_the_fall(losses: Floats) -> tuple[int, int] | None:
    """The index at which the largest fall begins, and the index at which it is steepest; None if the loss never falls.

    The fall is steepest where the mean of some losses is lowest compared with the mean of equally many losses before
    them. The fall begins after the last earlier loss that is still high, averaged with the losses before it, up to a
    small part of the fall.

    Args:
        losses: float32 [windows or buckets]; everything from the first NaN or infinite loss on is ignored.
    """
    means = losses.astype(np.float64)
    means = means[: next((index for index, one in enumerate(means) if not math.isfinite(one)), len(means))]
    if len(means) < 3:
        return None
    reach = max(1, len(means) // 20)
    falls = [
        float(means[max(0, index - reach) : index].mean() - means[index : index + reach].mean())
        for index in range(1, len(means))
    ]
    steepest = 1 + int(np.argmax(falls))
    most = falls[steepest - 1]
    if most <= 0:
        return None
    level = steepest
    while level > 1 and falls[level - 2] > FLAT * most:
        level -= 1
    above = float(means[max(0, level - reach) : level].mean())
    below = float(means[steepest : steepest + reach].mean())
    short = max(1, reach // 2)
    begin = min(len(means) - 1, steepest + short)
    while begin > level and means[max(0, begin - short) : begin].mean() < above - SLIGHT * (above - below):
        begin -= 1
    return begin, steepest
