"""What is known about the loss before training: chance, floors, and the level at which a task
counts as solved."""

from __future__ import annotations

import contextlib
import math
from functools import lru_cache

from echornn.config import EchoConfig
from echornn.tasks.task import Level, Symbols, TaskError, ladder
from echornn.tasks.task import solved_level as level_of_solved

AT_CHANCE_SHARE = 0.05  # a mean loss within this share of chance, to either side, is at chance
# A mean loss below this share of chance is a sign of learning, not luck
BELOW_CHANCE = 1 - 2 * AT_CHANCE_SHARE
# A mean loss that differs from chance by more is apart, unless `chance_width` is less than 1
MOST_AT_CHANCE = 0.06
FAR_ABOVE = 1000  # a loss above this many times chance has left the range of losses
LEAST = 1e-6  # a floor below counts as none
# The newest windows whose mean loss is shown, and usually decides whether a task is solved
RECENT_WINDOWS = 50
# The most windows whose mean loss decides that; they are kept in memory for each network
MOST_DECIDING = 4096
# Standard errors of the deciding mean that fit between the solved level and the next level above it
SURE = 6


def ladder_of(config: EchoConfig) -> tuple[Level, ...]:
    """The ladder of the task for the data of an epoch, from chance to everything known; empty if
    there is none."""
    return _ladder(config.the_task, *config.data_shape)


_ladder, _solved_level = lru_cache(256)(ladder), lru_cache(64)(level_of_solved)


def chance_level(config: EchoConfig) -> float:
    """The loss of knowing nothing: the first level, or else of guessing evenly; for numbers then
    NaN, not known."""
    if known := ladder_of(config):
        return known[0].loss
    outputs = config.the_task.outputs
    return math.log(outputs.count) if isinstance(outputs, Symbols) else math.nan


def most_loss(config: EchoConfig) -> float:
    """The loss above which training has diverged, though it may be finite; infinite if chance is
    not known."""
    chance = chance_level(config)
    return FAR_ABOVE * chance if chance > 0 else math.inf


def guessing_errors(config: EchoConfig) -> float:
    """The share of wrong predictions when guessing; NaN if it is not known."""
    known = ladder_of(config)
    return math.nan if not known or known[0].wrong is None else known[0].wrong


def chance_width(config: EchoConfig) -> float:
    """How close to chance a loss counts as at chance: 1, or less if the next level is so close that
    it would too."""
    known = ladder_of(config)
    others = [level.loss for level in known if level.loss < known[0].loss]
    if len(others) < 2:
        return 1.0
    return min(1.0, (known[0].loss - others[0]) / 2 / (MOST_AT_CHANCE * known[0].loss))


def boundary_floor(config: EchoConfig, window: int = 0) -> float:
    """How much more than later ones this window of an epoch costs at least: nobody knows the inputs
    before a row."""
    first = window * config.window_stride
    more = config.the_task.more_at_start(config.batch_size, first, config.window_steps)
    if more is None:
        with contextlib.suppress(TaskError):  # a user's own task was checked for whole rows only
            more = _last_level(config, window) - _last_level(config, config.windows_per_epoch - 1)
    return more if more is not None and more > LEAST else 0.0


def _last_level(config: EchoConfig, window: int) -> float:
    """The loss of the last level in one window, from the ladders of two rows; 0 if it is not
    known."""
    if not config.is_stream:
        return 0.0
    begin = window * config.window_stride
    end = begin + config.window_steps
    rows = [
        (steps, _ladder(config.the_task, config.batch_size, steps))
        for steps in (end, begin)
        if steps
    ]
    if not all(known for _, known in rows):
        return 0.0
    sums = [steps * known[-1].loss for steps, known in rows]
    return (sums[0] - sum(sums[1:])) / (end - begin)


def is_one_step(config: EchoConfig) -> bool:
    """Whether there is one step from chance to the floor, to which every target counts: losses
    scatter little."""
    return config.the_task.scores_every_step and len(ladder_of(config)) == 2


def mean_floor(config: EchoConfig) -> float:
    """The last level of the ladder; 0 if there is none, or if the task is never solved, as a
    text."""
    known, solved = ladder_of(config), _solved_level(config.the_task, *config.data_shape)
    return (
        known[-1].loss if known and solved is not None and known[-1].loss < known[0].loss else 0.0
    )


def solved_level(config: EchoConfig) -> float:
    """The mean loss below which the task counts as solved, as set or close to its floor; or minus
    infinity."""
    if config.solved_below is not None:
        return config.solved_below
    level = _solved_level(config.the_task, *config.data_shape)
    return -math.inf if level is None else level


def can_be_solved(config: EchoConfig) -> bool:
    """Whether there is a level below which the task counts as solved; without one nothing does."""
    return solved_level(config) > -math.inf


def deciding_windows(config: EchoConfig) -> int:
    """The number of newest windows whose mean loss decides whether the task is solved or lost:
    where losses stay noisy, so many that `SURE` standard errors fit above the solved level. A loss
    scatters by as much as it is (two coins).
    """
    known, solved = ladder_of(config), solved_level(config)
    above = [level.loss for level in known if level.loss > solved]
    if not above or known[-1].loss < LEAST:
        return RECENT_WINDOWS
    errors = SURE * above[-1] / (above[-1] - solved)
    scored = (
        config.predictions_per_window if config.the_task.scores_every_step else config.batch_size
    )
    return max(RECENT_WINDOWS, math.ceil(min(MOST_DECIDING, errors * errors / scored)))


def lost_level(config: EchoConfig) -> float:
    """The mean loss above which a solved task counts as lost: so far above that none switches back
    and forth."""
    level = solved_level(config)
    if level == -math.inf:
        return math.inf
    above = chance_level(config) - level
    return level + (above if above > 0 else abs(level)) / 10


def way_from_chance(config: EchoConfig, loss: float) -> float:
    """The share of the way from chance to the floor, 0 to 1, that a mean loss has covered; NaN if
    not known."""
    chance, floor = chance_level(config), mean_floor(config)
    return min(1.0, max(0.0, (chance - loss) / (chance - floor))) if chance > floor else math.nan
