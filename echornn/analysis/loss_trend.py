"""Between which levels the loss is (chance, solved, ...), and whether it falls; it changes only on clear evidence.

Everything is judged once a block of `echornn.analysis.reviews`, from means over several blocks, and a judgement is left
only where the numbers are well on the other side: so it never flickers, and it depends on the losses alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from echornn.analysis.reviews import HIGHEST, Numbers, Reviews, Windows
from echornn.config import EchoConfig
from echornn.tasks.levels import (
    chance_level,
    fits_register,
    guessing_errors,
    lost_level,
    mean_floor,
    solved_level,
)

SMOOTHED = 4
"""Blocks that are judged together: the last eighth to sixteenth of a long stretch."""

APART, NEAR = 0.06, 0.03
"""Share of chance by which a mean loss must differ to be apart from it, and below which it is at chance again."""

SURE = 2.5
"""Standard errors by which a mean must be beyond a level too."""

NORMAL_STEP = 0.954
"""Median size of the difference of two numbers of a normal distribution, in its standard deviations."""

FEWER, AS_MANY = 0.9, 0.95
"""Share of a guesser's errors below which fewer are made, and above which as many are again."""

FALLS, STANDS = 0.06, 0.03
"""Share of what is left to learn by which the loss must fall to be falling, and below which it stands."""

FEW_NUMBERS_FALL = 3
"""So many times faster must it fall where a linear shift register for the echo does not fit into the state: most seeds
soon go no further there."""

SLIPPED, RECOVERED = 0.25, 0.15
"""Share of the way from chance to the best mean loss that must be lost again for the loss to have slipped, and below
which it has recovered."""

SHORT_SPAN = 8
"""Blocks of which the mean is compared with that of as many before, to see at once that it falls again."""

LEAST = 1e-6
"""Nats above the floor that are as good as none."""

FIRST_JUDGED = 1024
"""Windows before which a loss is not said to stand still."""

Flags = npt.NDArray[np.bool_]


class LossLevel(StrEnum):
    """Between which levels a mean loss lies."""

    WORSE = "worse than chance"
    CHANCE = "at chance"
    BELOW = "below chance"
    SOLVED = "solved"


@dataclass(frozen=True)
class LossTrend:
    """What the blocks of a stretch say up to its newest. Numbers of windows are along the path, as on the curve.

    Attributes:
        level: see `LossLevel`.
        since: windows before it stood there.
        changes: how often the level changed in the last half of the stretch.
        mean: mean loss over the last `SMOOTHED` blocks, nats; where it is solved, over more, but only those since.
        newest: mean loss of the last one.
        errors: wrong predictions per prediction over the last `SMOOTHED` blocks, 0 to 1.
        windows: how many these blocks have.
        better: whether fewer are wrong than of one who guesses, whatever the loss is.
        best, best_at, best_errors: lowest such mean loss so far, the windows trained then, and wrong predictions per
            prediction there.
        slipped: whether a part of the way from chance to that best is lost again.
        falls: whether the loss falls.
        fall: share of what was left to learn by which it fell from the second quarter of the stretch to its last half,
            below 0 where it rose.
        stands_since: where it stands, windows after which it was no more than `FALLS` away from what it was when that
            was seen.
        relapses: how often it was solved and then was so no more.
        lost_at: windows after which it was so no more, the last time; None where it always was.
        until: windows trained when it was judged last.
    """

    level: LossLevel
    since: int
    changes: int
    mean: float
    newest: float
    errors: float
    windows: int
    better: bool
    best: float
    best_at: int
    best_errors: float
    slipped: bool
    falls: bool
    fall: float
    stands_since: int
    relapses: int
    lost_at: int | None
    until: int


def loss_trend(config: EchoConfig, reviews: Reviews) -> LossTrend | None:
    """The trend at the newest block of a stretch; None if it has no block yet."""
    if not len(reviews):
        return None
    return _trend(config, reviews.begun, *(one.tobytes() for one in (reviews.ends, reviews.losses, reviews.errors)))


@lru_cache(maxsize=8)
def _trend(config: EchoConfig, begun: int, of_ends: bytes, of_losses: bytes, of_errors: bytes) -> LossTrend:
    """The same; it is asked for with every frame, and blocks are complete far less often."""
    ends = np.frombuffer(of_ends, np.int64)
    losses, all_errors = np.frombuffer(of_losses), np.frombuffer(of_errors)
    chance, floor = chance_level(config), mean_floor(config)
    blocks = np.where(np.isfinite(losses), losses, HIGHEST)
    means = _smoothed(blocks)
    errors = _smoothed(all_errors)
    solved = _held(blocks < solved_level(config), blocks > lost_level(config))
    unsure = SURE * _standard_error(blocks)
    below = _held(means + unsure < (1 - APART) * chance, means - unsure > (1 - NEAR) * chance)
    worse = _held(means - unsure > (1 + APART) * chance, means + unsure < (1 + NEAR) * chance)
    guessing = guessing_errors(config)
    better = _held(errors < FEWER * guessing, errors > AS_MANY * guessing)
    order = (LossLevel.SOLVED, LossLevel.WORSE, LossLevel.BELOW, LossLevel.CHANCE)
    levels = np.argmax([solved, worse, below, np.ones_like(below)], axis=0)
    changed = np.flatnonzero(np.diff(levels)) + 1
    fall = _fall(blocks, ends, floor)
    newest = np.where(solved, fall, np.fmax(fall, _short_fall(blocks, floor, unsure)))
    part = 1 if fits_register(config) else FEW_NUMBERS_FALL
    stands = (ends >= FIRST_JUDGED) & (newest < np.where(solved, 0, part * STANDS))
    left_chance = np.append(False, below[1:] & ~below[:-1])
    falls = _held((newest > part * FALLS) | left_chance, stands & ~_lately(changed, len(ends)), first=True)
    lost = np.flatnonzero(solved[:-1] & ~solved[1:]) + 1
    seen = 1 + int(np.flatnonzero(falls[:-1])[-1]) if falls[:-1].any() else len(falls) - 1
    away = np.abs(means[: seen + 1] - means[seen]) > FALLS * max(means[seen] - floor, 0) + 1e-9
    best = int(np.argmin(means))
    half = int(np.searchsorted(ends, ends[-1] / 2))
    return LossTrend(
        level=order[levels[-1]],
        since=begun + (int(ends[changed[-1] - 1]) if changed.size else 0),
        changes=int((changed >= half).sum()),
        mean=float(means[-1] if not solved[-1] else _since_solved(blocks, solved)),
        newest=float(blocks[-1]),
        errors=float(errors[-1]),
        windows=int(ends[-1] - (ends[-1 - SMOOTHED] if len(ends) > SMOOTHED else 0)),
        better=bool(better[-1]),
        best=float(means[best]),
        best_at=begun + int(ends[best]),
        best_errors=float(errors[best]),
        slipped=bool(_slipped(means, unsure, chance)[-1]),
        falls=bool(falls[-1]),
        fall=float(fall[-1]),
        stands_since=begun + (int(ends[np.flatnonzero(away)[-1]]) if away.any() else 0),
        relapses=len(lost),
        lost_at=begun + int(ends[lost[-1] - 1]) if lost.size else None,
        until=begun + int(ends[-1]),
    )


def _smoothed(values: Numbers) -> Numbers:
    """The mean of each and those before it, `SMOOTHED` in all, or as many as there are."""
    padded = np.append(np.zeros(SMOOTHED - 1), values)
    sums = np.lib.stride_tricks.sliding_window_view(padded, SMOOTHED).sum(axis=-1)
    smoothed: Numbers = sums / np.minimum(np.arange(1, len(values) + 1), SMOOTHED)
    return smoothed


def _standard_error(blocks: Numbers) -> Numbers:
    """How far such a mean may be off by the noise of the blocks.

    It is read off the median of the steps from block to block, which a fall of the loss does not move.
    """
    steps = np.abs(np.diff(blocks, prepend=blocks[0]))
    padded = np.append(np.full(2 * SHORT_SPAN - 1, np.inf), steps)
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * SHORT_SPAN), axis=-1)
    known = np.minimum(np.arange(1, len(blocks) + 1), 2 * SHORT_SPAN)
    typical = np.take_along_axis(ordered, (known[:, np.newaxis] - 1) // 2, axis=-1)[:, 0]
    error: Numbers = typical / NORMAL_STEP / np.sqrt(np.minimum(np.arange(1, len(blocks) + 1), SMOOTHED))
    return error


def _held(on: Flags, off: Flags, first: bool = False) -> Flags:
    """On from where the first is, until the second is; before either, as ``first`` says (a Schmitt trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    held: Flags = np.where(newest < 0, first, on[newest])
    return held


def _slipped(means: Numbers, unsure: Numbers, chance: float) -> Flags:
    """At which blocks the mean had risen from the best so far by a clear share of the way back to chance."""
    best = np.minimum.accumulate(means)
    lost, way = means - best, chance - best
    return _held(lost - unsure > SLIPPED * way, (lost + unsure < RECOVERED * way) | (lost <= 0))


def _since_solved(blocks: Numbers, solved: Flags) -> float:
    """The mean of the last `2 * SHORT_SPAN` blocks, or those since it was solved: there the spikes weigh evenly."""
    not_so = np.flatnonzero(~solved)
    first = max(int(not_so[-1]) + 1 if not_so.size else 0, len(blocks) - 2 * SHORT_SPAN)
    return float(blocks[first:].mean())


def _lately(changed: npt.NDArray[np.intp], blocks: int) -> Flags:
    """At which blocks the level had changed less than ``2 * SHORT_SPAN`` blocks before."""
    lately = np.zeros(blocks, np.bool_)
    for index in changed.tolist():
        lately[index : index + 2 * SHORT_SPAN] = True
    return lately


def _fall(blocks: Numbers, ends: Windows, floor: float) -> Numbers:
    """Share of what was left to learn by which the last half of the stretch is lower than the quarter before it, as it
    was at each block; NaN where there was no such quarter."""
    sizes = np.diff(ends, prepend=0)
    sums, windows = np.append(0, np.cumsum(blocks * sizes)), np.append(0, ends)
    half, quarter = (np.searchsorted(windows, ends / part) for part in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        before = (sums[half] - sums[quarter]) / (windows[half] - windows[quarter])
        now = (sums[1:] - sums[half]) / (ends - windows[half])
        return _share(before - floor, now - floor)


def _short_fall(blocks: Numbers, floor: float, unsure: Numbers) -> Numbers:
    """The same of the last `SHORT_SPAN` blocks and as many before them; NaN where it may be noise."""
    fall = np.full(len(blocks), np.nan)
    if len(blocks) >= 2 * SHORT_SPAN:
        sums = np.append(0, np.cumsum(blocks))
        means = (sums[SHORT_SPAN:] - sums[:-SHORT_SPAN]) / SHORT_SPAN
        before, now = means[:-SHORT_SPAN], means[SHORT_SPAN:]
        noise = before - now < unsure[2 * SHORT_SPAN - 1 :]
        fall[2 * SHORT_SPAN - 1 :] = np.where(noise, np.nan, _share(before - floor, now - floor))
    return fall


def _share(before: Numbers, now: Numbers) -> Numbers:
    """By what share it fell; 0 where nothing was left to fall by."""
    left = np.maximum(before, LEAST)
    share: Numbers = (left - np.maximum(now, LEAST)) / left
    return share
