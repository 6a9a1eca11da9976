"""What is the case: a kind with its numbers, as data. `echornn.analysis.words` makes a sentence of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from echornn.analysis import rates
from echornn.analysis.evidence import RECENT_WINDOWS, Earlier, Evidence
from echornn.analysis.standing import Level, Standing, standing
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.readings import Readings
from echornn.tasks.levels import (
    AT_CHANCE_SHARE,
    BELOW_CHANCE,
    boundary_floor,
    chance_level,
    credit_coverage,
    guessing_errors,
    mean_floor,
    numbers_held,
    numbers_needed,
    solved_level,
)


class Kind(StrEnum):
    """What can be the case."""

    START = "nothing is trained yet"
    TOO_EARLY = "too few windows to tell"
    SETTLING = "the loss comes down from above chance"
    LEARNING = "the loss falls"
    BEGINNING = "more is right than by guessing, at a loss near chance"
    PLATEAU = "at chance"
    PINNED = "at chance, since the units stand near one"
    FAR = "at chance, since most targets echo an input before their window"
    BEYOND = "no error reaches the input that is echoed"
    RATE_TOO_LARGE = "not learned, since the steps are too large"
    STEPS_TOO_SMALL = "not learned, since the steps are too small"
    STATE_TOO_SMALL = "stalled, since the state has no room for the echo"
    STALLED = "below chance, and the loss stands"
    SLIPPED = "below chance, and it was lower"
    SWINGING = "the loss swings about chance"
    FORGOT = "the task was changed, and what was learned does not serve it"
    SOLVED = "solved"
    UNSTEADY = "solved, and lost again and again"
    RELAPSED = "was solved, and is no more"
    SPIKE = "an epoch's first windows, whose targets echo the row above"
    UNSTABLE = "a step at an epoch's start threw the network off"
    WORSE = "worse than chance"
    DIVERGED = "the loss is no finite number"
    RECOVERING = "the loss was no finite number, and is one again"


class Note(StrEnum):
    """What is to be known beside it."""

    NONE = "nothing"
    ONE_WINDOW = "an epoch is one window"
    SMALL_STATE = "the state has no room for the whole echo"
    DROPOUT = "the loss is measured with dropout"
    OVERLAP = "windows overlap"
    COVERAGE = "some targets echo an input before their window"


PASSING = frozenset({Kind.SPIKE, Kind.UNSTABLE})
"""Kinds that are about the newest windows alone, and gone with the next."""

RECOVERED = 2.0
"""A mean loss within this many times chance, after one that was no finite number, is on its way back."""

STILL = 0.05
"""A unit whose standard deviation is below this carries next to nothing."""

PINNING_STATE = 7
"""From this size on a uniform start pins the units of a state: of 10 seeds at each size from 7 to 12, one learned in
10 epochs; of size 5, seven."""

FEW_BLOCKS = 8
"""Blocks of evidence from which on the cause of a loss that does not fall is named."""

OFTEN = 3
"""So many relapses, or changes of level, are no accident."""

SLIPPED_SHARE = 0.25
"""Share of the way from chance that must be lost again to be said."""

EPOCH_HEAD = 16
"""Windows at an epoch's start in which what its first steps did shows."""


@dataclass(frozen=True)
class Situation:
    """What is the case, with the numbers that show it. Losses are in nats; windows count along the path, as the curve
    does; NaN and None mean that a number is not known.

    Attributes:
        kind: what is the case.
        config: what is trained.
        note: what is to be known beside it.
        windows: how many were trained since the weights or the task last changed.
        mean: mean loss; of the newest windows where it is about them, else of the last blocks.
        newest: loss of the newest window.
        wrong: wrong predictions per prediction, 0 to 1.
        solved_at: the window, from 1, at which it was solved.
        since: windows after which it has been so.
        best, best_at: lowest mean loss, and the windows trained then.
        falls, fall: whether the loss falls, and by what share from the second quarter of the stretch to its last half.
        relapses: how often it was solved and then was so no more.
        sure: probability given to the right symbol in a typical window, 0 to 1.
        held, needed, room: numbers that the state holds (the sum of its memory by lag), that the echo needs, and that
            it has room for.
        spread: largest standard deviation of a unit.
        saturated: share of units and steps that are saturated.
        update: largest step of a weight matrix in a window, relative to it.
        unknown: first targets of a row that a zero state cannot know.
        floor: least mean loss of such a window.
        place: epoch and window in it, both from 1.
        before: what was solved before the task was changed.
        undoable: whether there is something to go back to.
        blamed: the fields changed last before the loss was no finite number.
    """

    kind: Kind
    config: EchoConfig
    note: Note = Note.NONE
    windows: int = 0
    mean: float = math.nan
    newest: float = math.nan
    wrong: float = math.nan
    solved_at: int | None = None
    since: int = 0
    best: float = math.nan
    best_at: int = 0
    falls: bool = False
    fall: float = math.nan
    relapses: int = 0
    sure: float = math.nan
    held: float = math.nan
    needed: int | None = None
    room: int = 0
    spread: float = math.nan
    saturated: float = math.nan
    update: float = math.nan
    unknown: int = 0
    floor: float = 0.0
    place: tuple[int, int] = (1, 0)
    before: Earlier | None = None
    undoable: bool = False
    blamed: tuple[str, ...] = ()


def situation(
    config: EchoConfig,
    evidence: Evidence,
    progress: Progress | None,
    undoable: bool = False,
    blamed: tuple[str, ...] = (),
    readings: Readings | None = None,
) -> Situation:
    """What is the case.

    It rests on the whole stretch, block by block (`echornn.analysis.standing`), so that it changes seldom; only what is
    about the newest windows (`PASSING`, a loss that is no finite number) comes and goes with them.

    Args:
        config: what is trained.
        evidence: the windows since the last start.
        progress: the newest windows; None where only their losses are known.
        undoable: whether there is something to go back to.
        blamed: the fields that were changed last before the loss was no finite number; empty where it always was one,
            or nothing was changed before.
        readings: what probes read of this network now, or not long ago; None where nothing is known.
    """
    stands = standing(config, evidence.reviews)
    known = _numbers(config, evidence, stands, readings, undoable, blamed)
    if not evidence.windows:
        return replace(known, kind=Kind.START)
    if evidence.recent.size and (finite := _not_finite(known, evidence)):
        return finite
    if progress is not None and (passing := _passing(known, evidence, progress)):
        return passing
    if blamed and evidence.mean > (1 + AT_CHANCE_SHARE) * chance_level(config):
        return replace(known, kind=Kind.WORSE, mean=evidence.mean)
    if evidence.solved_at is not None:
        return _solved(known, evidence, stands)
    if config.echo_step >= config.truncated_backprop_length and not evidence.mean < solved_level(config):
        return replace(known, kind=Kind.BEYOND)
    if stands is None:
        return replace(known, kind=Kind.TOO_EARLY)
    return replace(known, kind=_unsolved(known, stands, len(evidence.reviews)))


def _numbers(
    config: EchoConfig,
    evidence: Evidence,
    stands: Standing | None,
    readings: Readings | None,
    undoable: bool,
    blamed: tuple[str, ...],
) -> Situation:
    """All that is known, of no kind yet."""
    recent = evidence.recent
    known = Situation(
        Kind.TOO_EARLY,
        config,
        note=_note(config),
        windows=evidence.windows,
        mean=evidence.mean,
        newest=float(recent[-1]) if recent.size else math.nan,
        solved_at=evidence.solved_at,
        since=evidence.reviews.begun,
        sure=math.exp(-float(np.median(recent))) if recent.size and np.isfinite(recent).all() else math.nan,
        needed=numbers_needed(config),
        room=numbers_held(config),
        before=evidence.before,
        undoable=undoable,
        blamed=blamed,
    )
    if stands is not None:
        known = replace(
            known,
            mean=stands.mean,
            wrong=stands.errors,
            since=stands.since,
            best=stands.best,
            best_at=stands.best_at,
            falls=stands.falls,
            fall=stands.fall,
            relapses=stands.relapses,
        )
    if readings is None:
        return known
    units, memory, weights = readings.units, readings.memory, readings.weights
    updates = [] if weights is None else [one for one in weights.update.values() if not math.isnan(one)]
    return replace(
        known,
        held=math.nan if memory is None else memory.total,
        spread=math.nan if units is None else float(units.spread.max()),
        saturated=math.nan if units is None else units.share_saturated,
        update=max(updates, default=math.nan),
    )


def _note(config: EchoConfig) -> Note:
    needed = numbers_needed(config)
    if config.windows_per_epoch == 1:
        return Note.ONE_WINDOW
    if needed is not None and needed > numbers_held(config):
        return Note.SMALL_STATE
    if config.dropout:
        return Note.DROPOUT
    if config.window_stride < config.truncated_backprop_length:
        return Note.OVERLAP
    return Note.COVERAGE if 0 < config.echo_step < config.truncated_backprop_length else Note.NONE


def _not_finite(known: Situation, evidence: Evidence) -> Situation | None:
    """Where one of the newest losses was no finite number."""
    bad = np.flatnonzero(~np.isfinite(evidence.recent))
    if not bad.size:
        return None
    after = evidence.recent[bad[-1] + 1 :]
    mean = float(after.mean(dtype=np.float64)) if after.size else math.nan
    recovers = mean <= RECOVERED * chance_level(known.config)
    return replace(known, kind=Kind.RECOVERING if recovers else Kind.DIVERGED, mean=mean, windows=len(after))


def _passing(known: Situation, evidence: Evidence, progress: Progress) -> Situation | None:
    """Why the newest window's loss stands out from those before it, where it does at an epoch's start."""
    config, loss = known.config, float(progress.losses[-1])
    before = evidence.recent[:-1]
    if before.size < 10 or progress.window >= EPOCH_HEAD or progress.epoch == 0:
        return None
    floor, usual = boundary_floor(config, progress.window), float(np.median(before))
    wrong = float(progress.errors[-1]) / config.predictions_per_window
    known = replace(known, newest=loss, wrong=wrong, floor=floor, place=(progress.epoch + 1, progress.window + 1))
    if floor and loss > max(floor / 2, 2 * usual):
        unknown = min(config.echo_step - progress.window * config.window_stride, config.truncated_backprop_length)
        return replace(known, kind=Kind.SPIKE, unknown=unknown)
    if not floor and evidence.solved_at is not None and loss > max(solved_level(config), 10 * usual):
        return replace(known, kind=Kind.UNSTABLE)
    return None


def _solved(known: Situation, evidence: Evidence, stands: Standing | None) -> Situation:
    """Of a task that was solved once: whether it still is."""
    if stands is None or stands.level is Level.SOLVED:
        often = stands is not None and stands.relapses >= OFTEN and _is_recent(stands)
        return replace(known, kind=Kind.UNSTEADY if often else Kind.SOLVED)
    reviewed = evidence.reviews.begun + int(evidence.reviews.ends[-1])
    if stands.relapses == 0 and evidence.solved_at is not None and reviewed < evidence.solved_at + RECENT_WINDOWS:
        return replace(known, kind=Kind.SOLVED, mean=evidence.mean)
    if stands.relapses >= OFTEN and stands.level is Level.BELOW:
        return replace(known, kind=Kind.UNSTEADY)
    return replace(known, kind=Kind.RELAPSED)


def _is_recent(stands: Standing) -> bool:
    """Whether it was lost last in the last half of what is known."""
    return stands.lost_at is not None and 2 * stands.lost_at > stands.until


def _unsolved(known: Situation, stands: Standing, blocks: int) -> Kind:
    """Of a task that was not solved yet."""
    config = known.config
    falling_below = stands.level is Level.BELOW and stands.falls
    if known.before is not None and stands.level in (Level.CHANCE, Level.WORSE):
        return Kind.FORGOT
    if not falling_below and (known.update < rates.TINY_UPDATE or rates.is_small(config)):
        return Kind.STEPS_TOO_SMALL
    if not falling_below and rates.is_large(config) and blocks >= FEW_BLOCKS:
        return Kind.RATE_TOO_LARGE
    if stands.changes >= OFTEN:
        return Kind.SWINGING
    match stands.level:
        case Level.WORSE:
            return Kind.SETTLING if stands.falls else Kind.WORSE
        case Level.CHANCE:
            return _at_chance(known, stands, blocks)
        case _:
            return Kind.LEARNING if stands.falls else _stalled(known, stands)


def _at_chance(known: Situation, stands: Standing, blocks: int) -> Kind:
    config = known.config
    if stands.better:
        return Kind.BEGINNING
    if credit_coverage(config) < 0.5:
        return Kind.FAR
    uniform = config.init == "tutorial" and config.cell == "rnn"
    if uniform and blocks >= FEW_BLOCKS and known.spread < STILL:
        return Kind.PINNED
    if uniform and (config.num_layers > 1 or config.state_size >= PINNING_STATE):
        return Kind.PINNED
    return Kind.PLATEAU


def _stalled(known: Situation, stands: Standing) -> Kind:
    if known.needed is not None and known.needed > known.room:
        return Kind.STATE_TOO_SMALL
    if stands.mean - stands.best > SLIPPED_SHARE * (chance_level(known.config) - stands.best):
        return Kind.SLIPPED
    return Kind.STALLED


def way_from_chance(config: EchoConfig, loss: float) -> float:
    """How much of the way from chance to its floor a mean loss has come, 0 to 1."""
    chance, floor = chance_level(config), mean_floor(config)
    return min(1.0, max(0.0, (chance - loss) / (chance - floor)))


def is_better_than_guessing(config: EchoConfig, wrong: float) -> bool:
    """Whether clearly fewer predictions are wrong than those of one who guesses."""
    return wrong < BELOW_CHANCE * guessing_errors(config)
