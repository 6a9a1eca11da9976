"""What is known about the loss before training: chance, floors, and the level at which a task
counts as solved."""

from __future__ import annotations

import math
from functools import lru_cache

from echornn.config import EchoConfig
from echornn.tasks.task import Level, Symbols, TaskError, ladder
from echornn.tasks.task import solved_level as solved_level_of_task

# All chosen by eye, but `SURE`
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
# Standard errors of the deciding mean that fit between the solved level and the next one above it:
# with 50 windows, two coins with T 5 counted as solved a level too early
SURE = 6
# A task is lost above this part, a tenth, of the way from its solved level to chance
LOST_PART = 10


def ladder_of(config: EchoConfig) -> tuple[Level, ...]:
    """The ladder of the task for the data of an epoch, from chance to everything known; empty if
    there is none. Only chance if windows do not know what came before them, as a ladder assumes."""
    levels = _ladder(config.the_task, *config.data_shape)
    return levels[:1] if config.is_stream_in_pieces else levels


# A ladder may take a while, and views ask at each drawing
_ladder = lru_cache(256)(ladder)
_level_of_solved_task = lru_cache(64)(solved_level_of_task)


def _solved_level_of_task(config: EchoConfig) -> float | None:
    """Whatever `EchoConfig.solved_below` says."""
    if config.is_stream_in_pieces:
        return None
    return _level_of_solved_task(config.the_task, *config.data_shape)


def chance_level(config: EchoConfig) -> float:
    """The loss of knowing nothing: the first level, or else of guessing evenly; for numbers then
    NaN, not known."""
    levels = ladder_of(config)
    if levels:
        return levels[0].loss
    outputs = config.the_task.outputs
    return math.log(outputs.count) if isinstance(outputs, Symbols) else math.nan


def most_loss(config: EchoConfig) -> float:
    """The loss above which training has diverged, though it may be finite; infinite if chance is
    not known."""
    chance = chance_level(config)
    return FAR_ABOVE * chance if chance > 0 else math.inf


def guessing_errors(config: EchoConfig) -> float:
    """The share of wrong predictions when guessing; NaN if it is not known."""
    levels = ladder_of(config)
    if not levels or levels[0].wrong is None:
        return math.nan
    return levels[0].wrong


def chance_width(config: EchoConfig) -> float:
    """How close to chance a loss counts as at chance: 1, or less if the next level is so close that
    it would too."""
    levels = ladder_of(config)
    below = [level.loss for level in levels if level.loss < levels[0].loss]
    if len(below) < 2:
        return 1.0
    chance = levels[0].loss
    halfway = (chance - below[0]) / 2
    return min(1.0, halfway / (MOST_AT_CHANCE * chance))


def boundary_floor(config: EchoConfig, window: int = 0) -> float:
    """How much more than later ones this window of an epoch costs at least: nobody knows the inputs
    before a row."""
    if config.resets_state:  # all windows are alike
        return 0.0
    first = window * config.window_stride
    more = config.the_task.more_at_start(config.batch_size, first, config.window_steps)
    if more is None:
        more = _more_than_last_window(config, window)
    return more if more > LEAST else 0.0


def _more_than_last_window(config: EchoConfig, window: int) -> float:
    try:
        return _last_level(config, window) - _last_level(config, config.windows_per_epoch - 1)
    except TaskError:  # a user's own task was checked for whole rows only
        return 0.0


def _last_level(config: EchoConfig, window: int) -> float:
    """The loss of the last level in one window, from the ladders of two rows; 0 if it is not
    known."""
    begin = window * config.window_stride
    end = begin + config.window_steps
    until_end = _ladder(config.the_task, config.batch_size, end)
    if not until_end:
        return 0.0
    total = end * until_end[-1].loss
    if begin > 0:
        until_begin = _ladder(config.the_task, config.batch_size, begin)
        if not until_begin:
            return 0.0
        total -= begin * until_begin[-1].loss
    return total / config.window_steps


def has_one_rung(config: EchoConfig) -> bool:
    """Whether the ladder leads in one rung from chance to the floor, and every target counts:
    losses scatter little."""
    return config.the_task.scores_every_step and len(ladder_of(config)) == 2


def mean_floor(config: EchoConfig) -> float:
    """The last level of the ladder; 0 if there is none, or if the task is never solved, as a
    text."""
    levels = ladder_of(config)
    is_never_solved = _solved_level_of_task(config) is None
    if not levels or is_never_solved or levels[-1].loss >= levels[0].loss:
        return 0.0
    return levels[-1].loss


def solved_level(config: EchoConfig) -> float:
    """The mean loss below which the task counts as solved, as set or close to its floor; or minus
    infinity."""
    if config.solved_below is not None:
        return config.solved_below
    level = _solved_level_of_task(config)
    return -math.inf if level is None else level


def can_be_solved(config: EchoConfig) -> bool:
    """Whether there is a level below which the task counts as solved; without one nothing does."""
    return solved_level(config) > -math.inf


def deciding_windows(config: EchoConfig) -> int:
    """The number of newest windows whose mean loss decides whether the task is solved or lost:
    where losses stay noisy, so many that `SURE` standard errors fit between the solved level and
    the level above it.

    A network at that level has losses that scatter by about as much as they are (as counted of two
    coins), so the mean over windows of ``scored`` losses each has a standard error of ``level /
    sqrt(windows * scored)``. `SURE` of them are ``level - solved`` or less if ``windows`` is
    ``(SURE * level / (level - solved))**2 / scored``.
    """
    levels, solved = ladder_of(config), solved_level(config)
    above = [level.loss for level in levels if level.loss > solved]
    if not above or levels[-1].loss < LEAST:
        return RECENT_WINDOWS
    scored = config.batch_size  # at least a step of each row
    if config.the_task.scores_every_step:
        scored = config.predictions_per_window
    ratio = SURE * above[-1] / (above[-1] - solved)
    windows = ratio * ratio / scored
    return max(RECENT_WINDOWS, math.ceil(min(MOST_DECIDING, windows)))


def lost_level(config: EchoConfig) -> float:
    """The mean loss above which a solved task counts as lost: so far above that none switches back
    and forth."""
    level = solved_level(config)
    if level == -math.inf:
        return math.inf
    way = chance_level(config) - level
    if not way > 0:  # chance is not known, or not above
        way = abs(level)
    return level + way / LOST_PART


def way_from_chance(config: EchoConfig, loss: float) -> float:
    """The share of the way from chance to the floor, 0 to 1, that a mean loss has covered; NaN if
    not known."""
    chance, floor = chance_level(config), mean_floor(config)
    if not chance > floor:  # or chance is NaN
        return math.nan
    return min(1.0, max(0.0, (chance - loss) / (chance - floor)))
