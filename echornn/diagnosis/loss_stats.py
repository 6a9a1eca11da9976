"""What the losses of a network tell: statistics, the place on the task's ladder, the trend, and
where they fell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.history.block_means import HIGHEST, BlockMeans
from echornn.history.buckets import Windows
from echornn.history.curve import Curve, Numbers
from echornn.levels import (
    BELOW_CHANCE,
    FAR_ABOVE,
    MOST_AT_CHANCE,
    chance_level,
    chance_width,
    is_one_step,
    lost_level,
    mean_floor,
)
from echornn.progress import Bools, Floats
from echornn.solved import RECENT_WINDOWS as RECENT_WINDOWS
from echornn.tasks.task import Level


@dataclass(frozen=True, eq=False)
class LossStats:
    """Statistics of the losses since the weights or the task last changed; windows are those of the
    path, from 1."""

    windows: int = 0  # trained since then
    # [up to RECENT_WINDOWS], oldest first
    recent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    solved_at: int | None = None  # the window at which the mean first fell below the solved level
    # Since any setting, like the learning rate, changed
    block_means: BlockMeans = field(default_factory=BlockMeans)
    # Of an earlier task, which these weights had solved before it was changed
    before: EchoConfig | None = None
    # The window at which the task was lost again; None also if it was solved since
    lost_at: int | None = None
    # The window at which the loss left its range, for the last time if it came back
    left_at: int | None = None
    left_to: float = math.nan  # its loss
    left_norm: float = math.nan  # the norm of its gradient; NaN if unknown

    @property
    def mean(self) -> float:
        """The mean of the recent losses in nats; NaN if there are none, or if one is NaN."""
        return float(self.recent.mean(dtype=np.float64)) if self.recent.size else math.nan

    @property
    def mean_spread(self) -> float:
        """Two standard errors of the mean, from the scatter of the recent losses; NaN if there are
        fewer than two."""
        count = self.recent.size
        if count < 2:
            return math.nan
        return 2 * float(self.recent.std(ddof=1, dtype=np.float64)) / math.sqrt(count)

    def under(self, config: EchoConfig, was: EchoConfig, trained: int) -> LossStats:
        """The statistics with which the same weights continue under another configuration after
        ``trained`` windows."""
        if config == replace(was, num_epochs=config.num_epochs):
            return self
        if config.same_task(was):
            return replace(self, block_means=BlockMeans(begun=trained))
        solved = self.solved_at is not None and self.mean < lost_level(was)
        return LossStats(
            block_means=BlockMeans(begun=trained), before=was if solved else self.before
        )

    def leaving(
        self, before: Floats, losses: Floats, norms: Floats, trained: int, most: float
    ) -> LossStats:
        """With the window, after ``trained`` windows, at which the loss left its range: from
        `RECENT_WINDOWS` clearly below chance to far above them and above `LEAP` times chance; or
        else the first that is not finite or above ``most`` (see `most_loss`). ``before`` are the
        losses before these.
        """
        chance = most / FAR_ABOVE
        if (losses < LEAP * chance).all():  # as nearly always
            return self
        unknown = np.full(RECENT_WINDOWS - len(before), np.nan)
        joined = np.concatenate([unknown, before, losses])
        high = np.flatnonzero(~(joined < LEAP * chance))
        # Behind `RECENT_WINDOWS` losses of which none is high or unknown: so few need their mean
        leaps = high[np.diff(high, prepend=-1) > RECENT_WINDOWS] - RECENT_WINDOWS
        earlier = np.lib.stride_tricks.sliding_window_view(joined, RECENT_WINDOWS)[leaps]
        mean, spread = earlier.mean(axis=-1), earlier.std(axis=-1)
        was_below = mean < BELOW_CHANCE * chance
        is_far = ~(losses[leaps] < mean + OF_SPREAD * spread)
        found = leaps[was_below & is_far][-1:]
        if not len(found) and self.left_at is None:
            found = np.flatnonzero(~(losses < most))[:1]
        if not len(found):
            return self
        at = int(found[0])
        return replace(
            self,
            left_at=trained + at + 1,
            left_to=float(losses[at]),
            left_norm=float(norms[at]),
        )


# Times chance: a loss above this, after `RECENT_WINDOWS` below chance, has left its range
LEAP = 2.0
# Times the standard deviation of these: losses of a few trials scatter by more than chance
OF_SPREAD = 8
# The share of the distance to the next level on that side within which a loss is at a level,
# however sure it is: so near, both are written with almost the same digits; chosen by eye
NEAR = 0.01

SAME_LEVEL = 1e-6  # levels whose losses differ by less than this share of chance have the same loss


class LadderPosition(NamedTuple):
    """Where a mean loss is on a ladder: how much a learner with such a loss knows, not what the
    network knows."""

    at: Level | None  # the level that the loss is at; None if it is at none
    above: Level  # the level before that, or the last level whose loss is clearly higher
    # The level after that, or the first whose loss is clearly lower; None at the last level
    next: Level | None


def ladder_position(
    ladder: Sequence[Level], mean: float, unsure: float = 0.0, solved: float = -math.inf
) -> LadderPosition | None:
    """The position of a mean loss on a ladder; None if the ladder has fewer than two losses, or the
    mean is not known.

    No loss is at the first level (see `trend`), and only losses below ``solved`` at the last, if
    that is finite. A loss is at another level within its uncertainty; at none if that is more than
    half a distance.
    """
    levels = distinct(ladder)
    if len(levels) < 2 or math.isnan(mean):
        return None
    unsure = 0.0 if math.isnan(unsure) else unsure
    for above, level, *below in (levels[index - 1 :] for index in range(1, len(levels))):
        before = above.loss - level.loss
        after = level.loss - below[0].loss if below else before
        lowest = level.loss - max(NEAR * after, unsure)
        highest = level.loss + max(NEAR * before, unsure)
        is_at = lowest <= mean <= highest
        if not below and math.isfinite(solved):
            is_at = mean <= min(solved, level.loss + before / 2)
        if is_at and unsure <= min(before, after) / 2:
            return LadderPosition(level, above, below[0] if below else None)
    above = next((level for level in reversed(levels) if level.loss > mean + unsure), levels[0])
    lower = [level for level in levels[1:] if level.loss < mean - unsure] or levels[-1:]
    return LadderPosition(None, above, None if lower[0] is above else lower[0])


def distinct(ladder: Sequence[Level]) -> list[Level]:
    """The levels of different losses: of those with the same loss the first counts, whose learner
    knows least."""
    levels = list(ladder[:1])
    for level in ladder[1:]:
        if level.loss < levels[-1].loss - SAME_LEVEL * ladder[0].loss:
            levels.append(level)
    return levels


SURE = 2.5  # the standard errors by which a mean must be beyond a limit
SMOOTHED = 4  # the blocks that are averaged: the last eighth to sixteenth of a long stretch
# The blocks whose mean is compared with that of as many before, to notice early that the loss falls
SHORT_SPAN = 8
# The median absolute difference of two normal random numbers of standard deviation 1
NORMAL_STEP = 0.954
LEAST_LEFT = 1e-6  # a loss so near to the floor, in nats, counts as being there
# Shares of chance beyond which a mean leaves it, and below which it is back
APART, NEAR_CHANCE = MOST_AT_CHANCE, 0.03
# The loss falls if it fell by more than this share of what is left to learn
FALLS, STANDS = 0.06, 0.025
FIRST_JUDGED = 1024  # windows before which a loss is never said to stand
NOISE_KNOWN = 3  # blocks after which a loss can be told from chance, where few steps may be scored
# Times its uncertainty a mean must differ from another, so that it is no luck of many comparisons
FAR_APART = 2.0


@dataclass(frozen=True)
class Trend:
    """The trend at the newest block since the settings last changed; so that it does not flicker,
    it changes late."""

    level: Literal["early", "above", "chance", "below"]  # of the mean; below if chance is not known
    mean: float  # of the losses of the last `SMOOTHED` blocks
    unsure: float  # the mean's uncertainty due to noise, `SURE` standard errors
    wrong: float  # the share of wrong predictions in these blocks, 0 to 1
    falls: bool
    # The windows of the path after which the loss stayed as it is now, as far as noise lets it be
    # seen
    since: int


@lru_cache(maxsize=8)
def trend(config: EchoConfig, blocks: BlockMeans) -> Trend:
    if not len(blocks):
        return Trend("early", math.nan, 0.0, math.nan, False, 0)
    chance, floor, width = chance_level(config), mean_floor(config), chance_width(config)
    ends, losses = blocks.ends, np.where(np.isfinite(blocks.losses), blocks.losses, HIGHEST)
    means, unsure = _smoothed(losses), SURE * _standard_error(losses)
    known = np.arange(len(losses)) >= (0 if is_one_step(config) else NOISE_KNOWN)
    above = _held(
        known & (means - unsure > (1 + APART) * chance), means < (1 + NEAR_CHANCE) * chance
    )
    below = _held(
        known & (means + unsure < (1 - width * APART) * chance),
        means > (1 - width * NEAR_CHANCE) * chance,
    )
    below |= np.isnan(chance)
    lately = np.nan_to_num(_recent_fall(losses, floor, unsure))
    fall = np.fmax(_fall_of_halves(losses, ends, floor), lately) if is_one_step(config) else lately
    begins = np.append(False, below[1:] & ~below[:-1])
    soon_after = np.convolve(begins, np.ones(2 * SHORT_SPAN, np.int64))[: len(begins)] > 0
    falls = _held(
        (fall > FALLS) | begins, (ends >= FIRST_JUDGED) & (fall < STANDS) & ~soon_after, first=True
    )
    noise = FAR_APART * float(max(unsure[-1], np.median(unsure)))
    away = np.flatnonzero(
        np.abs(means - means[-1]) > max(FALLS * (means[-1] - floor), noise) + 1e-9
    )
    return Trend(
        "above" if above[-1] else "below" if below[-1] else "chance",
        float(means[-1]),
        float(unsure[-1]),
        float(_smoothed(blocks.errors)[-1]),
        bool(falls[-1]),
        blocks.begun + (int(ends[away[-1]]) if away.size else 0),
    )


def _smoothed(values: Numbers) -> Numbers:
    """The moving mean of each value and the values before it, `SMOOTHED` in all, or as many as
    there are."""
    padded = np.append(np.zeros(SMOOTHED - 1), values)
    sums = np.lib.stride_tricks.sliding_window_view(padded, SMOOTHED).sum(axis=-1)
    return np.asarray(sums / np.minimum(np.arange(1, len(values) + 1), SMOOTHED))


def _standard_error(blocks: Numbers) -> Numbers:
    """The standard error of a moving mean, from the median difference of neighbours, which a fall
    hardly affects."""
    steps, count = np.abs(np.diff(blocks, prepend=blocks[0])), np.arange(1, len(blocks) + 1)
    padded = np.append(np.full(2 * SHORT_SPAN - 1, np.inf), steps)
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * SHORT_SPAN), axis=-1)
    middle = (np.minimum(count, 2 * SHORT_SPAN)[:, np.newaxis] - 1) // 2
    typical = np.take_along_axis(ordered, middle, axis=-1)[:, 0]
    return np.asarray(typical / NORMAL_STEP / np.sqrt(np.minimum(count, SMOOTHED)))


def _fall_of_halves(blocks: Numbers, ends: Windows, floor: float) -> Numbers:
    """The fall of the last half against the quarter before, as a share of what was left to learn;
    maybe NaN."""
    sizes = np.diff(ends, prepend=0)
    sums, windows = np.append(0, np.cumsum(blocks * sizes)), np.append(0, ends)
    half, quarter = (np.searchsorted(windows, ends / part) for part in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        before = (sums[half] - sums[quarter]) / (windows[half] - windows[quarter])
        now = (sums[1:] - sums[half]) / (ends - windows[half])
        return _share_of_what_was_left(before - floor, now - floor)


def _recent_fall(blocks: Numbers, floor: float, unsure: Numbers) -> Numbers:
    """The fall at each block, of the last `SHORT_SPAN` against equally many before; NaN if it may
    be noise."""
    falls, first = np.full(len(blocks), np.nan), 2 * SHORT_SPAN - 1
    if len(blocks) > first:
        sums = np.append(0, np.cumsum(blocks))
        means = (sums[SHORT_SPAN:] - sums[:-SHORT_SPAN]) / SHORT_SPAN
        before, now = means[:-SHORT_SPAN], means[SHORT_SPAN:]
        shares = _share_of_what_was_left(before - floor, now - floor)
        falls[first:] = np.where(before - now < unsure[first:], np.nan, shares)
    return falls


def _share_of_what_was_left(before: Numbers, now: Numbers) -> Numbers:
    left = np.maximum(before, LEAST_LEFT)
    return np.asarray((left - np.maximum(now, LEAST_LEFT)) / left)


def _held(on: Bools, off: Bools, first: bool = False) -> Bools:
    """True from each ``on`` until the next ``off``; ``first`` before the first of them (a Schmitt
    trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    return np.where(newest < 0, first, on[newest])


# Windows before and after a fall that are examined one by one; fewer could be noise
LEAST_SOUGHT = 200
SLIGHT = 0.05  # the share of a fall by which the loss may already be lower where it begins
FLAT = 0.02  # the share of the steepest fall below which the loss counts as constant

# With a number of columns, from one window to another
CurveOf = Callable[[int, int, int | None], Curve]


def turning_points(
    curve_of: CurveOf, columns: int, first: int, last: int, loss_stats: LossStats
) -> list[int]:
    """The last window before the loss fell (until the task was solved), and the last before the
    task was lost."""
    solved, lost = loss_stats.solved_at or 0, loss_stats.lost_at or 0
    fall = before_the_fall(curve_of, columns, first, solved if first < solved < last else last)
    found = set() if fall is None else {max(first, fall - 1)}
    return sorted(found | {window for window in (lost - 2,) if first <= window < last})


def before_the_fall(curve_of: CurveOf, columns: int, first: int, last: int) -> int | None:
    """The window at which the largest fall of the loss began, among windows ``first`` to ``last``;
    None if it did not fall. The range around it is narrowed until single windows are examined, or
    the fall is too long for this.
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
        first, last = (
            max(first, min(begin - LEAST_SOUGHT // 2, steepest - reach)),
            min(last, steepest + reach),
        )
        if last - first > length * 3 // 4:
            break
    return found


def begin_of_the_fall(losses: Floats) -> tuple[int, int] | None:
    """The index at which the largest fall begins, and the index at which it is steepest; None if
    the loss never falls.

    It is steepest where the mean of some losses is lowest compared with that of equally many
    before, and begins after the last earlier mean that is still high. Everything from the first NaN
    or infinite loss on is ignored.
    """
    means = losses.astype(np.float64)
    means = means[: int(np.argmin(np.append(np.isfinite(means), False)))]
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
    while begin > level and means[max(0, begin - short) : begin].mean() < above - SLIGHT * (
        above - below
    ):
        begin -= 1
    return begin, steepest


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss in nats with ``decimals`` decimals; as a power of ten if it is very large or would
    round to zero."""
    if math.isfinite(loss) and abs(loss) >= 1e5:
        return f"{loss:.3e}"
    text = f"{loss:.{decimals}f}"
    return f"{loss:.1e}" if loss and not text.strip("-0.") else text


def loss_in_column(loss: float) -> str:
    """A loss below others, with four decimals as they have; ``<0.0001`` if it would round to
    zero."""
    return "<0.0001" if 0 < loss < 0.00005 else loss_text(loss)


def task_loss_text(config: EchoConfig, loss: float) -> str:
    """A loss; of a text also in bits a symbol, as ``1.512 (2.182 bits)``."""
    return loss_text(loss) + bits_text(config, loss)


def bits_text(config: EchoConfig, loss: float) -> str:
    """A loss of a text in bits a symbol, as `` (2.182 bits)``; empty for other tasks."""
    return f" ({loss_text(loss / math.log(2), 3)} bits)" if config.the_task.characters else ""
