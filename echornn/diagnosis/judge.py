"""Determines the diagnosis of a run (learning, at chance, solved, ...) from its losses and probe readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.coverage import lags_beyond
from echornn.data.levels import (
    AT_CHANCE_SHARE,
    BELOW_CHANCE,
    boundary_floor,
    chance_level,
    few_inside,
    fits_register,
    is_echo,
    lost_level,
    on_the_echo,
    solved_level,
)
from echornn.diagnosis import rates
from echornn.diagnosis.block_falls import SURE
from echornn.diagnosis.diagnosis import MAINLY, MOSTLY, STILL, Diagnosis, Kind
from echornn.diagnosis.known import known_of
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.loss_trend import APART, FALLS, LossLevel, LossTrend, loss_trend
from echornn.progress import Progress
from echornn.readings import Readings

RECOVERED = 2.0
"""A mean loss of up to this many times chance may still come down; a higher loss counts as out of control."""

FEW_BLOCKS = 8
"""The fewest blocks after which a reason is given why the loss does not fall."""

OFTEN = 3
"""The number of relapses, or of changes of the level, from which on they are no accident."""

OFTEN_LOOKED = 1.6
"""How many times more uncertain a mean of the newest windows counts as, since it is judged again and again."""

ABOVE = frozenset({Kind.SETTLING, Kind.WORSE})
"""The kinds of diagnosis that no longer hold when the loss is below chance."""

AT_CHANCE = frozenset({Kind.PLATEAU, Kind.PINNED, Kind.FAR, Kind.BEGINNING})
"""Kinds with a loss at chance."""

NOT_LEARNED = ABOVE | AT_CHANCE | {Kind.FORGOT, Kind.SATURATED}
"""The kinds of diagnosis that no longer hold when the loss is well below chance."""

CLEAR = 0.85
"""A mean of the newest windows below this share of chance cannot be luck."""

SURE_PREDICTIONS = 1024
"""The number of predictions, in the newest windows, with which a fall can be distinguished from luck."""

LONG = 2048
"""The number of windows in a stretch above which blocks are so long that a diagnosis from them comes late."""

EPOCH_HEAD = 16
"""The number of windows at an epoch's start whose loss its first steps may affect."""


def diagnosis(
    config: EchoConfig,
    loss_stats: LossStats,
    progress: Progress | None,
    undoable: bool = False,
    blamed: tuple[str, ...] = (),
    readings: Readings | None = None,
) -> Diagnosis:
    """The diagnosis of a run.

    It depends on the whole stretch of windows, block by block (`LossTrend`), so it rarely changes. Only diagnoses about
    the newest windows (`PASSING`, a NaN or infinite loss) come and go with them.

    Args:
        config: the configuration in training.
        loss_stats: statistics of the windows since the last start.
        progress: the newest windows; None if only their losses are known.
        undoable: whether there is a change to undo.
        blamed: the fields that were last changed before the loss became NaN or infinite; empty if it always was, or if
            nothing was changed before.
        readings: probe readings of the current network, or of a recent one; None if there are none.
    """
    trend = loss_trend(config, loss_stats.block_means)
    known = known_of(config, loss_stats, trend, readings, undoable, blamed)
    if not loss_stats.windows:
        return replace(known, kind=Kind.START)
    if loss_stats.recent.size and (finite := _not_finite(known, loss_stats)):
        return finite
    if _has_exploded(config, loss_stats):
        return replace(known, kind=Kind.DIVERGED, mean=loss_stats.mean, mean_of=loss_stats.recent.size)
    if progress is not None and (passing := _passing(known, loss_stats, progress)):
        return passing
    if blamed and loss_stats.mean > (1 + AT_CHANCE_SHARE) * chance_level(config):
        return replace(known, kind=Kind.WORSE, mean=loss_stats.mean, mean_of=loss_stats.recent.size)
    if loss_stats.solved_at is not None:
        return _lost_in_its_epoch(_at_once(_solved(known, loss_stats, trend), loss_stats, trend), loss_stats, progress)
    if is_echo(config) and lags_beyond(config) and not loss_stats.mean < solved_level(config):
        return replace(known, kind=Kind.BEYOND)
    if trend is None:
        return replace(known, kind=Kind.TOO_EARLY, windows=loss_stats.block_means.windows)
    kind = _unsolved(known, trend, len(loss_stats.block_means))
    stands_still = kind in (Kind.STALLED, Kind.FEW_NUMBERS)
    judged = replace(known, kind=kind, since=trend.flat_since if stands_still else trend.since)
    return _as_saturated(_at_once(judged, loss_stats, trend))


def passed(config: EchoConfig, loss_stats: LossStats, shown: Sequence[Progress]) -> Diagnosis | None:
    """The diagnosis of the newest remarkable window (of a kind in `PASSING`) among the given windows; None if there is
    none.

    Args:
        shown: the newest windows, one by one, the newest last.
    """
    known = known_of(config, loss_stats, loss_trend(config, loss_stats.block_means), None, False, ())
    if not np.isfinite(loss_stats.recent).all():
        return None
    found = (_passing(known, loss_stats, progress, ago) for ago, progress in enumerate(reversed(shown)))
    return next((one for one in found if one is not None), None)


def _not_finite(known: Diagnosis, loss_stats: LossStats) -> Diagnosis | None:
    """The diagnosis if one of the newest losses is NaN or infinite, otherwise None."""
    bad = np.flatnonzero(~np.isfinite(loss_stats.recent))
    if not bad.size:
        return None
    after = loss_stats.recent[bad[-1] + 1 :]
    mean = float(after.mean(dtype=np.float64)) if after.size else math.nan
    recovers = math.isfinite(mean) and not mean > RECOVERED * chance_level(known.config)
    return replace(known, kind=Kind.RECOVERING if recovers else Kind.DIVERGED, mean=mean, windows=len(after))


def _has_exploded(config: EchoConfig, loss_stats: LossStats) -> bool:
    """Whether the loss was far above chance, or not finite, and nothing has been learned since."""
    if loss_stats.diverged_at is None or loss_stats.diverged_at < (loss_stats.solved_at or 0):
        return False
    return not loss_stats.mean < BELOW_CHANCE * chance_level(config)


def _passing(known: Diagnosis, loss_stats: LossStats, progress: Progress, ago: int = 0) -> Diagnosis | None:
    """The diagnosis about a window at an epoch's start whose loss clearly differs from the losses before, otherwise
    None. This window is the newest, or ``ago`` windows earlier.
    """
    config, loss = known.config, float(progress.losses[-1])
    before = loss_stats.recent[: max(0, len(loss_stats.recent) - 1 - ago)]
    if before.size < 10 or progress.window >= EPOCH_HEAD or progress.epoch == 0 or not config.is_stream:
        return None
    floor, usual = boundary_floor(config, progress.window), float(np.median(before.astype(np.float64)))
    wrong = float(progress.errors[-1]) / config.predictions_per_window
    place = (progress.epoch + 1, progress.window + 1)
    known = replace(
        known, newest=loss, wrong=wrong, floor=floor, place=place, mean_before=float(before.mean(dtype=np.float64))
    )
    if floor and loss > max(floor / 2, 2 * usual):
        unknown = min(config.echo_step - progress.window * config.window_stride, config.truncated_backprop_length)
        return replace(known, kind=Kind.SPIKE, unknown=max(0, unknown))
    is_off = loss_stats.solved_at is not None and loss > max(solved_level(config), 10 * usual)
    if not floor and is_off and is_echo(config):
        return replace(known, kind=Kind.UNSTABLE)
    return None


def _solved(known: Diagnosis, loss_stats: LossStats, trend: LossTrend | None) -> Diagnosis:
    """The diagnosis of a run that has solved the task: whether it still does."""
    if trend is None or trend.level is LossLevel.SOLVED:
        often = trend is not None and trend.relapses >= OFTEN and 2 * (trend.lost_at or 0) > trend.until
        return replace(known, kind=Kind.UNSTEADY if often else Kind.SOLVED)
    judged_before = loss_stats.solved_at is not None and trend.until < loss_stats.solved_at + RECENT_WINDOWS
    if trend.relapses == 0 and (judged_before or trend.newest < lost_level(known.config)):
        return replace(known, kind=Kind.SOLVED, mean=loss_stats.mean, mean_of=loss_stats.recent.size)
    if trend.relapses >= OFTEN and trend.level is LossLevel.BELOW:
        return replace(known, kind=Kind.UNSTEADY)
    if loss_stats.lost_at is None and loss_stats.recent.size and loss_stats.mean < lost_level(known.config):
        return replace(known, kind=Kind.SOLVED, mean=loss_stats.mean, mean_of=loss_stats.recent.size)
    since = next((at for at in (loss_stats.lost_at, trend.lost_at) if at is not None), trend.since)
    relapsed = replace(known, kind=Kind.RELAPSED, since=since)
    if known.mean < lost_level(known.config) and loss_stats.recent.size == RECENT_WINDOWS:  # blocks from before it too
        return replace(relapsed, mean=loss_stats.mean, mean_of=RECENT_WINDOWS, wrong=math.nan)
    return relapsed


def _lost_in_its_epoch(judged: Diagnosis, loss_stats: LossStats, progress: Progress | None) -> Diagnosis:
    """The diagnosis with the window of its epoch at which the task was lost; unchanged if the data was renewed
    since.
    """
    if judged.kind is not Kind.RELAPSED or progress is None or (loss_stats.renewed or 0) >= judged.since:
        return judged
    windows_since = loss_stats.block_means.begun + loss_stats.block_means.windows - judged.since
    return replace(judged, into_epoch=(progress.window - windows_since) % judged.config.windows_per_epoch + 1)


def _at_once(judged: Diagnosis, loss_stats: LossStats, trend: LossTrend | None) -> Diagnosis:
    """The given diagnosis, or another if the newest windows show it so clearly that it need not wait for the next
    block.
    """
    chance, mean = chance_level(judged.config), loss_stats.mean
    if loss_stats.recent.size < RECENT_WINDOWS:
        return judged
    unsure = SURE * float(loss_stats.recent.std(dtype=np.float64)) / math.sqrt(RECENT_WINDOWS)
    now = replace(judged, mean=mean, mean_of=RECENT_WINDOWS, wrong=math.nan, unsure=unsure)
    doubt = 0.0 if is_echo(judged.config) else unsure * OFTEN_LOOKED
    is_below = mean < CLEAR * chance and mean + doubt < BELOW_CHANCE * chance
    if judged.kind in NOT_LEARNED and (is_below or (mean < chance and _has_begun_to_fall(judged.config, loss_stats))):
        return replace(now, kind=Kind.LEARNING, falls=True, newest_fall=math.nan)
    if judged.kind is Kind.LEARNING and mean + doubt < (CLEAR if is_echo(judged.config) else 1) * judged.mean:
        return now
    if judged.kind is Kind.PLATEAU and mean - unsure > (1 + APART) * chance and not is_echo(judged.config):
        return replace(now, kind=Kind.SETTLING)
    if judged.kind in ABOVE and mean <= chance and trend is not None:
        return replace(now, kind=_at_chance(judged))
    if judged.kind in (Kind.RELAPSED, Kind.UNSTEADY) and mean <= chance < judged.mean:
        return now
    lost = lost_level(judged.config)
    if judged.kind is Kind.SOLVED and mean > (2 * lost if is_echo(judged.config) else (lost + chance) / 2):
        newest = loss_stats.block_means.begun + loss_stats.block_means.windows
        return replace(now, kind=Kind.RELAPSED, since=loss_stats.lost_at or newest - RECENT_WINDOWS)
    learned = judged.kind in (Kind.LEARNING, Kind.STALLED) and loss_stats.block_means.windows >= LONG
    if learned and judged.mean < CLEAR * chance and 2 * (mean - doubt) > judged.mean + chance:
        return replace(now, kind=Kind.SLIPPED)
    return judged


def _has_begun_to_fall(config: EchoConfig, loss_stats: LossStats) -> bool:
    """Whether the newest windows, only a few, are better than guessing by more than luck, and the second half of these
    is no worse than the first. False for other tasks than the echo, which may score few steps of a window.
    """
    if not is_echo(config):
        return False
    few = -(-SURE_PREDICTIONS // config.predictions_per_window)
    newest = loss_stats.recent[-few:].astype(np.float64)
    if few > RECENT_WINDOWS or not newest.mean() < BELOW_CHANCE * chance_level(config):
        return False
    return bool(newest[few // 2 :].mean() <= newest.mean()) if few > 1 else True


def _unsolved(known: Diagnosis, trend: LossTrend, blocks: int) -> Kind:
    """The kind of diagnosis of a task that was never solved."""
    config = known.config
    falling_below = trend.level is LossLevel.BELOW and trend.falls
    if known.before is not None and trend.level in (LossLevel.CHANCE, LossLevel.WORSE):
        return Kind.FORGOT
    if not falling_below and rates.is_large(config):
        if blocks >= FEW_BLOCKS or trend.level is LossLevel.WORSE:
            return Kind.RATE_TOO_LARGE
    elif rates.is_small(config) and not (falling_below and trend.fall > FALLS):
        return Kind.STEPS_TOO_SMALL
    if trend.changes >= OFTEN:
        return Kind.SWINGING
    match trend.level:
        case LossLevel.WORSE:
            wild = trend.mean > RECOVERED * chance_level(config)
            return Kind.SETTLING if trend.falls and not wild else Kind.WORSE
        case LossLevel.CHANCE:
            return Kind.BEGINNING if trend.better and is_echo(known.config) else _at_chance(known)
        case _:
            return Kind.LEARNING if trend.falls else _stalled(known, trend)


def _as_saturated(judged: Diagnosis) -> Diagnosis:
    """The same diagnosis, or `Kind.SATURATED` if the probes read mostly saturated units, or if there are no readings
    and an earlier learning rate was too large.
    """
    by_steps = judged.too_large > 0 and not judged.saturated < MAINLY
    saturated = by_steps or (judged.saturated > MOSTLY and judged.config.init != "tutorial")
    return replace(judged, kind=Kind.SATURATED) if saturated and judged.kind in ABOVE | AT_CHANCE else judged


def _at_chance(known: Diagnosis) -> Kind:
    config = known.config
    if few_inside(config):
        return Kind.FAR
    moves = known.spread >= STILL and not known.saturated > MOSTLY
    is_pinned = config.init == "tutorial" and on_the_echo(config).is_pinned
    return Kind.PINNED if is_pinned and not moves else Kind.PLATEAU


def _stalled(known: Diagnosis, trend: LossTrend) -> Kind:
    if not fits_register(known.config):
        return Kind.FEW_NUMBERS
    return Kind.SLIPPED if trend.slipped else Kind.STALLED
