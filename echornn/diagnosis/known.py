"""Collects the numbers of a diagnosis from losses and readings, before `judge` determines its kind."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import (
    LEAST,
    best_guess_errors,
    credit_coverage,
    few_uniform_starts_learn,
    fits_register,
    is_echo,
    mean_floor,
)
from echornn.diagnosis.diagnosis import Diagnosis, Kind, Note
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.loss_trend import LossTrend
from echornn.history.block_means import HIGHEST
from echornn.progress import Floats
from echornn.readings import Memory, Readings, Units
from echornn.tasks.task import Symbols

SOON = 2_000
"""For up to this many windows after an edit, the sentence says that one seed proves nothing."""

SURE = 4.0
"""The number of standard errors by which right predictions must exceed those of guessing to count as more."""


def known_of(
    config: EchoConfig,
    loss_stats: LossStats,
    trend: LossTrend | None,
    readings: Readings | None,
    undoable: bool,
    blamed: tuple[str, ...],
) -> Diagnosis:
    """All known numbers, whatever the kind is; arguments as in `echornn.diagnosis.judge.diagnosis`."""
    recent = loss_stats.recent
    known = Diagnosis(
        Kind.TOO_EARLY,
        config,
        note=_note(config),
        windows=loss_stats.windows,
        changed=max(0, loss_stats.windows - loss_stats.block_means.windows),
        mean=loss_stats.mean,
        mean_of=loss_stats.recent.size,
        newest=float(recent[-1]) if recent.size else math.nan,
        recent=loss_stats.mean,
        solved_at=loss_stats.solved_at,
        since=loss_stats.block_means.begun,
        sure=_sure(config, recent),
        before=loss_stats.before,
        renewed=loss_stats.renewed if _is_long_ago(loss_stats) else None,
        tried=loss_stats.tried if loss_stats.block_means.windows < SOON else (),
        too_large=loss_stats.too_large,
        diverged_at=loss_stats.diverged_at,
        diverged_to=loss_stats.diverged_to,
        undoable=undoable,
        blamed=blamed,
    )
    if trend is not None:
        known = replace(
            known,
            mean=trend.mean if trend.mean < HIGHEST / 2 else loss_stats.mean,
            mean_of=trend.mean_of if trend.mean < HIGHEST / 2 else loss_stats.recent.size,
            unsure=trend.unsure,
            wrong=trend.errors if _has_errors(config) else math.nan,
            more_right=_more_right(config, trend),
            since=trend.since,
            best=trend.best,
            best_at=trend.best_at,
            best_wrong=trend.best_errors if _has_errors(config) else math.nan,
            falls=trend.falls,
            fall=trend.fall,
            newest_fall=trend.newest_fall,
            typical_fall=trend.typical_fall,
            relapses=trend.relapses,
        )
    if readings is None:
        return known
    units, memory, weights = readings.units, readings.memory, readings.weights
    updates = [] if weights is None else [weights.update[name] for name in weights.update if name.startswith("W")]
    return replace(
        known,
        held=math.nan if memory is None else memory.total,
        kept=math.nan if memory is None or not is_echo(config) else _of_lag(memory, config.echo_step),
        spread=math.nan if units is None else _within_rows(units),
        saturated=math.nan if units is None else units.share_saturated,
        update=max(updates, default=math.nan) if np.isfinite(updates).all() else math.nan,
    )


def _has_errors(config: EchoConfig) -> bool:
    """Whether a prediction is right or wrong; a predicted number is neither."""
    return isinstance(config.the_task.outputs, Symbols)


def _sure(config: EchoConfig, recent: Floats) -> float:
    """The probability given to the right symbol in a typical window, 0 to 1; NaN if it is not known, or if no learner
    can be sure.
    """
    can_be = is_echo(config) or (_has_errors(config) and mean_floor(config) < LEAST)
    if not can_be or not recent.size or not np.isfinite(recent).all():
        return math.nan
    return math.exp(-float(np.median(recent.astype(np.float64))))


def _of_lag(memory: Memory, lag: int) -> float:
    """How well the input ``lag`` steps ago can be read from the state, r2; NaN if this lag was not measured."""
    return float(memory.by_lag[lag]) if lag < len(memory.by_lag) else math.nan


def _more_right(config: EchoConfig, trend: LossTrend) -> bool:
    """Whether significantly more predictions of the echo are right than with the best guess.

    Each target counts once, even if several windows contain it.
    """
    if not is_echo(config):
        return False
    wrong = best_guess_errors(config)
    count = max(1, trend.windows * config.batch_size * config.window_stride)
    return wrong - trend.errors > SURE * math.sqrt(wrong * (1 - wrong) / count)


def _is_long_ago(loss_stats: LossStats) -> bool:
    """Whether all newest losses were measured after the last request for new data."""
    newest = loss_stats.block_means.begun + loss_stats.block_means.windows
    return loss_stats.renewed is not None and newest - loss_stats.renewed >= RECENT_WINDOWS


def _within_rows(units: Units) -> float:
    """The largest standard deviation of a unit within a row, in the second half of the newest window; NaN if there is
    no window.

    Rows may still differ: a constant unit can be near 1 in one row, and near -1 in another.
    """
    later = units.activity[:, units.activity.shape[1] // 2 :]
    if later.size == 0 or later.shape[1] < 2:
        return math.nan
    return float(np.sqrt(later.var(axis=1, dtype=np.float64).mean(axis=0)).max())


def _note(config: EchoConfig) -> Note:
    if config.windows_per_epoch == 1:
        return Note.ONE_WINDOW
    if not fits_register(config):
        return Note.FEW_NUMBERS
    if few_uniform_starts_learn(config):
        return Note.UNIFORM_START
    if config.dropout:
        return Note.DROPOUT
    if config.window_stride < config.truncated_backprop_length:
        return Note.OVERLAP
    if config.is_uncut:
        return Note.UNCUT
    return Note.COVERAGE if 0 < credit_coverage(config) < 1 else Note.NONE
