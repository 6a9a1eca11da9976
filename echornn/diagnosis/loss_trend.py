"""The level of the loss (chance, solved, ...), and whether it falls. Both change only if the evidence is clear.

They are determined once per block of `echornn.history.block_means`, from means over several blocks. They change only if
the numbers are well beyond a limit, so they never flicker, and they depend only on the losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import (
    MOST_AT_CHANCE,
    chance_level,
    chance_width,
    deciding_windows,
    fits_register,
    guessing_errors,
    is_echo,
    lost_level,
    mean_floor,
    solved_level,
)
from echornn.diagnosis.block_falls import (
    SHORT_SPAN,
    SMOOTHED,
    SURE,
    fall_of_halves,
    recent_fall,
    smoothed,
    standard_error,
)
from echornn.diagnosis.typical_fall import typical_fall
from echornn.history.block_means import FIRST_BLOCK, HIGHEST, BlockMeans, Numbers

APART, NEAR = MOST_AT_CHANCE, 0.03
"""A mean loss that differs from chance by more than the first share is apart from chance; when it differs by less than
the second share, it is at chance again. Below chance, both are smaller if a ladder has a level close to chance.
"""

FEWER, AS_MANY = 0.9, 0.95
"""The share of guessing's errors below which a network counts as better than guessing, and the share above which it no
longer does.
"""

FALLS, FLAT = 0.06, 0.03
"""The loss falls if it fell by more than the first share of what is left to learn; it is flat if it fell by less than
the second.
"""

SHORT_FALLS, SHORT_STANDS = 0.06, 0.02
"""The same shares for the fall over only the last blocks (see `SHORT_SPAN`), which decides in tasks with a ladder."""

MANY_COMPARED = 2.0
"""How many times the uncertainty of a mean two means must differ, if many pairs are compared, so that it is no luck."""

FIRST_NOISE = 3
"""In tasks other than the echo, the number of blocks before which no loss is distinguished from chance by its
blocks.
"""

FEW_NUMBERS_FALL = 3
"""If the state is smaller than a linear shift register for the echo, the loss must fall this many times as fast to
count as falling: most seeds soon get stuck there.
"""

SLIPPED, RECOVERED = 0.25, 0.15
"""The loss has slipped if it lost more than the first share of the way from chance to its best mean; it has recovered
below the second share.
"""

FIRST_JUDGED = 1024
"""The number of windows before which a loss is never called flat."""

Flags = npt.NDArray[np.bool_]


class LossLevel(StrEnum):
    """The level of a mean loss."""

    WORSE = "worse than chance"
    CHANCE = "at chance"
    BELOW = "below chance, or chance is not known"
    SOLVED = "solved"


@dataclass(frozen=True)
class LossTrend:
    """The trend of the loss at the newest block of a stretch of windows with the same settings. Windows are counted
    along the path, as on the curve.

    Attributes:
        level: the level of the mean loss.
        since: the number of windows trained before it reached this level.
        changes: how many times the level changed in the last half of the stretch.
        mean: the mean loss over the last `SMOOTHED` blocks; if the task is solved, over more blocks, but only
            those since then. On a ladder, blocks from before the loss fell to another level are left out.
        mean_of: the number of windows of that mean.
        unsure: the uncertainty of ``mean`` due to noise: `SURE` standard errors.
        newest: mean loss of the last block.
        errors: the share of wrong predictions over the last `SMOOTHED` blocks, 0 to 1.
        windows: the number of windows in these blocks.
        better: whether fewer predictions are wrong than by guessing, whatever the loss.
        best, best_at, best_errors: the lowest mean loss so far, the windows trained by then, and the share of wrong
            predictions then.
        slipped: whether the loss has lost a part of the way from chance to its best mean.
        falls: whether the loss falls.
        fall: by which share of what was left to learn the loss fell from the second quarter of the stretch to its last
            half; negative if it rose.
        newest_fall: the same share of the last `SMOOTHED` blocks against equally many before; 0 if it may be noise, NaN
            if there are too few blocks.
        typical_fall: if the task is solved, the share by which the typical loss fell since then, see
            `echornn.diagnosis.typical_fall`; negative if it rose, NaN if neither is clear.
        flat_since: if the loss is flat, the number of windows from which on it stayed as near to the value that it had
            when this was noticed as `FALLS` of what was left to learn, or as noise may move it.
        relapses: how many times the task was solved and then lost.
        lost_at: the number of windows after which the task was last lost; None if it never was.
        until: the number of windows at the last judgement.
    """

    level: LossLevel
    since: int
    changes: int
    mean: float
    mean_of: int
    unsure: float
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
    newest_fall: float
    typical_fall: float
    flat_since: int
    relapses: int
    lost_at: int | None
    until: int


def loss_trend(config: EchoConfig, block_means: BlockMeans) -> LossTrend | None:
    """The trend of the loss at the newest of these blocks; None if there is no block yet."""
    if not len(block_means):
        return None
    return _trend(
        config,
        block_means.begun,
        *(one.tobytes() for one in (block_means.ends, block_means.losses, block_means.logs, block_means.errors)),
    )


@lru_cache(maxsize=8)
def _trend(
    config: EchoConfig, begun: int, of_ends: bytes, of_losses: bytes, of_logs: bytes, of_errors: bytes
) -> LossTrend:
    """The cached computation of `loss_trend`: it is needed for every frame, but new blocks are rare."""
    ends = np.frombuffer(of_ends, np.int64)
    losses, logs, all_errors = (np.frombuffer(one) for one in (of_losses, of_logs, of_errors))
    chance, floor = chance_level(config), mean_floor(config)
    blocks = np.where(np.isfinite(losses), losses, HIGHEST)
    means = smoothed(blocks)
    errors = smoothed(all_errors)
    deciding = smoothed(blocks, -(-deciding_windows(config) // FIRST_BLOCK))
    solved = _held(deciding < solved_level(config), deciding > lost_level(config))
    unsure = SURE * standard_error(blocks)
    width, known, back = chance_width(config), _noise_is_known(config, len(blocks)), unsure * is_echo(config)
    below = _held(known & (means + unsure < (1 - width * APART) * chance), means - back > (1 - width * NEAR) * chance)
    below |= math.isnan(chance)
    worse = _held(known & (means - unsure > (1 + APART) * chance), means + back < (1 + NEAR) * chance)
    guessing = guessing_errors(config)
    better = _held(errors < FEWER * guessing, errors > AS_MANY * guessing)
    order = (LossLevel.SOLVED, LossLevel.WORSE, LossLevel.BELOW, LossLevel.CHANCE)
    levels = np.argmax([solved, worse, below, np.ones_like(below)], axis=0)
    changed = np.flatnonzero(np.diff(levels)) + 1
    fall = fall_of_halves(blocks, ends, floor)
    newest, least, most = _newest_fall(config, fall, recent_fall(blocks, floor, unsure, SHORT_SPAN))
    newest_fall = recent_fall(blocks, floor, math.sqrt(2) * unsure, SMOOTHED)[-1]
    newest = np.where(solved, fall, newest)
    stands = (ends >= FIRST_JUDGED) & (newest < np.where(solved, 0, most))
    left_chance = np.append(False, below[1:] & ~below[:-1])
    falls = _held((newest > least) | left_chance, stands & ~_lately(changed, len(ends)), first=True)
    lost = np.flatnonzero(solved[:-1] & ~solved[1:]) + 1
    seen = 1 + int(np.flatnonzero(falls[:-1])[-1]) if falls[:-1].any() else len(falls) - 1
    noise = MANY_COMPARED * float(max(unsure[seen], np.median(unsure[: seen + 1])))
    away = np.abs(means[: seen + 1] - means[seen]) > max(FALLS * (means[seen] - floor), noise) + 1e-9
    best = int(np.argmin(means))
    half = int(np.searchsorted(ends, ends[-1] / 2))
    steady = _steady_from(solved) if solved[-1] else max(0, len(ends) - SMOOTHED)
    unsure_now = float(unsure[-1])
    if order[levels[-1]] is LossLevel.BELOW and not is_echo(config):
        all_of, steady = len(ends) - steady, _alike_from(blocks, steady, unsure_now)
        unsure_now *= math.sqrt(all_of / (len(ends) - steady))
    return LossTrend(
        level=order[levels[-1]],
        since=begun + (int(ends[changed[-1] - 1]) if changed.size else 0),
        changes=int((changed >= half).sum()),
        mean=float(blocks[steady:].mean()),
        mean_of=int(ends[-1] - (ends[steady - 1] if steady else 0)),
        unsure=unsure_now,
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
        newest_fall=float(np.nan_to_num(newest_fall)) if len(ends) >= 2 * SMOOTHED else math.nan,
        typical_fall=typical_fall(logs, ends, _solved_from(solved), floor) if solved[-1] else math.nan,
        flat_since=begun + (int(ends[np.flatnonzero(away)[-1]]) if away.any() else 0),
        relapses=len(lost),
        lost_at=begun + int(ends[lost[-1] - 1]) if lost.size else None,
        until=begun + int(ends[-1]),
    )


def _noise_is_known(config: EchoConfig, blocks: int) -> Flags:
    """The blocks after which the noise of the loss is known well enough to tell a loss from chance. The noise of the
    echo is small; other tasks may score few steps of a window.
    """
    return np.arange(blocks) >= (0 if is_echo(config) else FIRST_NOISE)


def _newest_fall(config: EchoConfig, fall: Numbers, short_fall: Numbers) -> tuple[Numbers, float, float]:
    """The fall at each block that decides whether the loss falls, and the shares above which it falls and below which
    it is flat.

    In tasks other than the echo, losses stay at levels of a ladder; a fall long before does not count there.
    """
    if not is_echo(config):
        return np.nan_to_num(short_fall), SHORT_FALLS, SHORT_STANDS
    part = 1 if fits_register(config) else FEW_NUMBERS_FALL
    return np.fmax(fall, short_fall), part * FALLS, part * FLAT


def _held(on: Flags, off: Flags, first: bool = False) -> Flags:
    """True from each ``on`` until the next ``off``; ``first`` before the first of them (a Schmitt trigger)."""
    newest = np.maximum.accumulate(np.where(on | off, np.arange(len(on)), -1))
    held: Flags = np.where(newest < 0, first, on[newest])
    return held


def _slipped(means: Numbers, unsure: Numbers, chance: float) -> Flags:
    """The blocks at which the mean had risen from its best by a clear share of the way back to chance."""
    best = np.minimum.accumulate(means)
    lost, way = means - best, chance - best
    return _held(lost - unsure > SLIPPED * way, (lost + unsure < RECOVERED * way) | (lost <= 0))


def _steady_from(solved: Flags) -> int:
    """The first of the last `2 * SHORT_SPAN` blocks, or of those since the task was solved: so many that spikes have
    equal weights in their mean.
    """
    return max(_solved_from(solved), len(solved) - 2 * SHORT_SPAN)


def _alike_from(blocks: Numbers, first: int, unsure: float) -> int:
    """The first of the newest blocks, from block ``first`` on, that differ from the mean of those after them by no more
    than noise. Without the others, a mean of blocks is not higher than that of the newest windows was, as a loss falls.

    Args:
        unsure: the uncertainty of the mean of all of them.
    """
    noise = MANY_COMPARED * unsure * math.sqrt(len(blocks) - first)  # of one block
    for alike in range(len(blocks) - 1, first, -1):
        after = blocks[alike:]
        if abs(blocks[alike - 1] - after.mean()) > noise * math.sqrt(1 + 1 / len(after)) + 1e-9:
            return alike
    return first


def _solved_from(solved: Flags) -> int:
    """The first of the newest blocks that are all solved."""
    not_so = np.flatnonzero(~solved)
    return int(not_so[-1]) + 1 if not_so.size else 0


def _lately(changed: npt.NDArray[np.intp], blocks: int) -> Flags:
    """For each block, whether the level had changed within the ``2 * SHORT_SPAN`` blocks before."""
    lately = np.zeros(blocks, np.bool_)
    for index in changed.tolist():
        lately[index : index + 2 * SHORT_SPAN] = True
    return lately
