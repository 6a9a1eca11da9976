"""Where a stretch of training stands: between chance and solved, falling or not, with hysteresis.

Everything is judged once a block of `echornn.analysis.reviews`, from means over several blocks, and a judgement is left
only where the numbers are well on the other side: so it never flickers, and it depends on the losses alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from echornn.analysis.reviews import HIGHEST, Numbers, Reviews, Windows
from echornn.config import EchoConfig
from echornn.tasks.levels import (
    chance_level,
    guessing_errors,
    lost_level,
    mean_floor,
    numbers_held,
    numbers_needed,
    solved_level,
)

SMOOTHED = 4
"""Blocks that are judged together: the last eighth to sixteenth of a long stretch."""

APART, NEAR = 0.06, 0.03
"""Share of chance by which a mean loss must differ to be apart from it, and below which it is at chance again."""

FEWER, AS_MANY = 0.9, 0.95
"""Share of a guesser's errors below which fewer are made, and above which as many are again."""

FALLS, STANDS = 0.06, 0.03
"""Share of what is left to learn by which the loss must fall to be falling, and below which it stands."""

SMALL_STATE_FALLS = 3
"""So many times faster must it fall where the state has no room for the echo, so that little of what is left can go."""

SHORT_SPAN = 8
"""Blocks of which the mean is compared with that of as many before, to see at once that it falls again."""

LEAST = 1e-6
"""Nats above the floor that are as good as none."""

FIRST_JUDGED = 1024
"""Windows before which a loss is not said to stand still."""

Flags = npt.NDArray[np.bool_]


class Level(StrEnum):
    """Between which levels a mean loss lies."""

    WORSE = "worse than chance"
    CHANCE = "at chance"
    BELOW = "below chance"
    SOLVED = "solved"


@dataclass(frozen=True)
class Standing:
    """What the blocks of a stretch say up to its newest. Numbers of windows are along the path, as on the curve.

    Attributes:
        level: see `Level`.
        since: windows before it stood there.
        changes: how often the level changed in the last half of the stretch.
        mean: mean loss over the last `SMOOTHED` blocks, nats.
        newest: mean loss of the last one.
        errors: wrong predictions per prediction there, 0 to 1.
        better: whether fewer are wrong than of one who guesses, whatever the loss is.
        best, best_at: lowest such mean loss so far, and the windows trained then.
        falls: whether the loss falls.
        fall: share of what was left to learn by which it fell from the second quarter of the stretch to its last half,
            below 0 where it rose.
        stands_since: windows after which it was no more than `FALLS` away from what it is now.
        relapses: how often it was solved and then was so no more.
        lost_at: windows trained when that was seen last; None where it never was.
        until: windows trained when it was judged last.
    """

    level: Level
    since: int
    changes: int
    mean: float
    newest: float
    errors: float
    better: bool
    best: float
    best_at: int
    falls: bool
    fall: float
    stands_since: int
    relapses: int
    lost_at: int | None
    until: int


def standing(config: EchoConfig, reviews: Reviews) -> Standing | None:
    """Where the stretch stands; None where it has no block yet."""
    if not len(reviews):
        return None
    chance, floor = chance_level(config), mean_floor(config)
    blocks = np.where(np.isfinite(reviews.losses), reviews.losses, HIGHEST)
    ends = reviews.ends
    means = _smoothed(blocks)
    errors = _smoothed(reviews.errors)
    solved = _held(blocks < solved_level(config), blocks > lost_level(config))
    below = _held(means < (1 - APART) * chance, means > (1 - NEAR) * chance)
    worse = _held(means > (1 + APART) * chance, means < (1 + NEAR) * chance)
    guessing = guessing_errors(config)
    better = _held(errors < FEWER * guessing, errors > AS_MANY * guessing)
    order = (Level.SOLVED, Level.WORSE, Level.BELOW, Level.CHANCE)
    levels = np.argmax([solved, worse, below, np.ones_like(below)], axis=0)
    changed = np.flatnonzero(np.diff(levels)) + 1
    fall = _fall(blocks, ends, floor)
    newest = np.where(solved, fall, np.fmax(fall, _short_fall(blocks, floor)))
    needed = numbers_needed(config)
    part = SMALL_STATE_FALLS if needed is not None and needed > numbers_held(config) else 1
    stands = (ends >= FIRST_JUDGED) & (newest < np.where(solved, 0, part * STANDS))
    left_chance = np.append(False, below[1:] & ~below[:-1])
    falls = _held((newest > part * FALLS) | left_chance, stands & ~_lately(changed, len(ends)), first=True)
    lost = np.flatnonzero(solved[:-1] & ~solved[1:]) + 1
    away = np.abs(means - means[-1]) > FALLS * max(means[-1] - floor, 0) + 1e-9
    best = int(np.argmin(means))
    half = int(np.searchsorted(ends, ends[-1] / 2))
    return Standing(
        level=order[levels[-1]],
        since=reviews.begun + (int(ends[changed[-1] - 1]) if changed.size else 0),
        changes=int((changed >= half).sum()),
        mean=float(means[-1]),
        newest=float(blocks[-1]),
        errors=float(errors[-1]),
        better=bool(better[-1]),
        best=float(means[best]),
        best_at=reviews.begun + int(ends[best]),
        falls=bool(falls[-1]),
        fall=float(fall[-1]),
        stands_since=reviews.begun + (int(ends[np.flatnonzero(away)[-1]]) if away.any() else 0),
        relapses=len(lost),
        lost_at=reviews.begun + int(ends[lost[-1]]) if lost.size else None,
        until=reviews.begun + int(ends[-1]),
    )


def _smoothed(values: Numbers) -> Numbers:
    """The mean of each and those before it, `SMOOTHED` in all, or as many as there are."""
    sums = np.append(0, np.cumsum(values))
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - SMOOTHED)
    smoothed: Numbers = (sums[last] - sums[first]) / (last - first)
    return smoothed


def _held(on: Flags, off: Flags, first: bool = False) -> Flags:
    """On from where the first is, until the second is; before either, as ``first`` says (a Schmitt trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    held: Flags = np.where(newest < 0, first, on[newest])
    return held


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


def _short_fall(blocks: Numbers, floor: float) -> Numbers:
    """The same of the last `SHORT_SPAN` blocks and as many before them."""
    fall = np.full(len(blocks), np.nan)
    if len(blocks) >= 2 * SHORT_SPAN:
        sums = np.append(0, np.cumsum(blocks))
        means = (sums[SHORT_SPAN:] - sums[:-SHORT_SPAN]) / SHORT_SPAN
        fall[2 * SHORT_SPAN - 1 :] = _share(means[:-SHORT_SPAN] - floor, means[SHORT_SPAN:] - floor)
    return fall


def _share(before: Numbers, now: Numbers) -> Numbers:
    """By what share it fell; 0 where nothing was left to fall by."""
    left = np.maximum(before, LEAST)
    share: Numbers = (left - np.maximum(now, LEAST)) / left
    return share
