"""The series that the probes read: data of the task that is the same at every position of a run."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data.coverage import source_lags
from echornn.progress import Bools, Floats
from echornn.tasks.task import Numbers, draw_rows

Inputs = npt.NDArray[Any]
"""Data with time on the first axis: symbols, uint8 [steps, rows], or numbers, float32 [steps, rows, count]."""


class TaskData(NamedTuple):
    """Inputs, targets and scored steps, time first."""

    x: Inputs
    y: Inputs
    scored: Bools
    """bool [steps, rows], the steps that count in the loss."""


def draw_task(config: EchoConfig, steps: int, rows: int) -> TaskData:
    """Rows of the task; trials follow each other in a row.

    Raises:
        TaskError: an error in a user's task.
    """
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    length = config.trial_length or steps
    drawn = draw_rows(config.the_task, rng, rows, -(-steps // length) * length)
    arrays = (drawn.x, drawn.y, drawn.scored)
    return TaskData(*(np.ascontiguousarray(np.swapaxes(one, 0, 1)[:steps]) for one in arrays))


def draw(config: EchoConfig, steps: int, rows: int) -> Inputs:
    """Only the inputs; for the echo, uniformly random symbols."""
    if config.the_task.echoed_lag is None:
        return draw_task(config, steps, rows).x
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    return rng.integers(0, config.num_classes, (steps, rows), dtype=np.uint8)


class TrialEnds(NamedTuple):
    """Trials, each up to the last scored step, one in each row."""

    data: TaskData
    read: int
    """The number of steps at the end that are read; at each of them some rows are scored."""


def draw_trials(config: EchoConfig, rows: int, most_read: int) -> TrialEnds:
    """Trials, of which at most ``most_read`` of the last scored steps are read.

    Raises:
        TaskError: an error in a user's task.
    """
    drawn = draw_task(config, config.window_steps, rows)
    counts: Bools = np.any(drawn.scored, axis=1)
    end = int(np.flatnonzero(counts)[-1]) + 1
    unscored = np.flatnonzero(~counts[:end])
    run = end - (int(unscored[-1]) + 1 if unscored.size else 0)
    return TrialEnds(TaskData(*(one[:end] for one in drawn)), min(run, most_read))


def d_loss(config: EchoConfig, outputs: Floats, y: Inputs, scored: Bools | None) -> Floats:
    """The gradient of each step's loss by the logits or numbers, float32 [steps, rows, outputs]; 0 if not scored."""
    form = config.the_task.outputs
    if isinstance(form, Numbers):
        gradient: Floats = (outputs - y) * np.float32(2 / form.count)
    else:
        gradient = outputs - np.eye(form.count, dtype=np.float32)[y]
    return gradient if scored is None else np.where(scored[..., np.newaxis], gradient, np.float32(0))


LEAST_SAMPLES = 4096
SAMPLES_A_UNIT = 22
"""Samples per fitted number: half are for the fit, at least ten per number, and half for measuring it."""

LEAST_ROWS, MOST_ROWS = 64, 512
LEAST_STEPS_READ = 8

MOST_TARGETS = 16_384
"""The most losses that are followed back. In a network that has solved its task few losses are large, and the gradient
of only 512 losses would be mostly chance.
"""

WORK_OF_TARGETS = 6.3e7
"""The most multiplications for all targets and lags: those of a layer like the tutorial's. Larger layers get fewer
targets.
"""

WORK_OF_A_UNIT = 28
"""The cost of a unit's step besides its multiplications, as a number of multiplications."""

LEAST_WORK = 2**14
"""The least number of targets times lags, for networks of any size; there are at least `LEAST_ROWS` targets."""

MOST_FLIPPED_ROWS = 64

WORK_OF_FLIPS = 2.5e8
"""The most multiplications for rows that run again for each of their inputs; this takes about as long as gradients."""

MOST_GROUPS, LEAST_GROUPS = 16, 4
"""The number of groups of rows, most and least; see `TargetSeries`."""

MOST_WEIGHTS_OF_MANY = 2**14
"""The most recurrent weights with which rows are divided into `MOST_GROUPS` groups."""

FEW_ROWS = 8
"""The number of rows if many steps are needed and few rows are enough."""

LAGS_BEYOND = 5
"""The least number of lags at which memory is read beyond the targets' sources and the window; a quarter of these if
that is more.
"""

MOST_TARGETS_OF_A_TRIAL = 16
"""The most scored steps at the end of a trial whose losses are followed back."""

MOST_TRIALS = 2048
"""The most trials whose losses are followed back, if few of their steps are scored."""

MOST_STEPS_OF_TRIALS = 2**18
"""The most steps of all trials together in which memory is read, with more than `MOST_ROWS` trials."""

MOST_LAGS = 512


@dataclass(frozen=True, eq=False)
class ProbeSeries:
    """Rows to run; they are read only after the effect of their initial state has vanished.

    In trials, the last scored steps are read. A value that is the same in all trials at a step shows no memory of an
    input.

    Attributes:
        x: the inputs, [steps, rows, ...].
        lags: the number of lags at which memory is read.
        steps_back: the number of steps at the beginning that are not read.
        of_trials: whether each row is a trial.
        y: the targets of the steps that are read, [steps read, rows, ...]; None for an echo from before the series.
        scored: which of these targets count, bool [steps read, rows]; None if all do.
    """

    x: Inputs
    lags: int
    steps_back: int
    of_trials: bool = False
    y: Inputs | None = None
    scored: Bools | None = None

    def x_before(self, lag: int) -> Inputs:
        """The inputs ``lag`` steps before each step that is read, [steps read, rows, ...]."""
        return self.x[self.steps_back - lag : len(self.x) - lag]


@dataclass(frozen=True, eq=False)
class TargetSeries:
    """Rows whose last losses are followed back.

    Attributes:
        x: the inputs, [steps, rows, ...].
        y: the targets of the last steps, [targets, rows, ...].
        steps_back: the number of steps through which gradients are followed back.
        groups: the number of groups of consecutive rows, all of the same size. Groups share no symbols, so that
            differences between their gradients are due to chance.
        scored: which targets count, bool [targets, rows]; None if all do.
        of_trials: whether each row is a trial, so that no error goes back beyond its first step.
    """

    x: Inputs
    y: Inputs
    steps_back: int
    groups: int
    scored: Bools | None = None
    of_trials: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether each error is followed back to where it ends."""
        return self.of_trials and self.steps_back >= len(self.x)


@dataclass(frozen=True)
class SeriesSizes:
    """The sizes of a series.

    Attributes:
        steps, rows: the size of the whole series.
        lags: the number of lags for memory: up to the targets' sources and the window and some more, at most 512.
        steps_back: the steps through which gradients are followed back: twice the larger of sources and window, at most
            512; for trials, their length.
        targets: the number of steps at the end of each row whose losses are followed back.
    """

    steps: int
    rows: int
    lags: int
    steps_back: int
    targets: int = 0


def sizes_for(config: EchoConfig) -> SeriesSizes:
    """The sizes of `series_for`, without making it."""
    lags, steps_back = _lags_and_steps_back(config)
    samples = max(LEAST_SAMPLES, SAMPLES_A_UNIT * (config.state_size + 1))
    if not config.is_stream:
        most = max(MOST_ROWS, MOST_STEPS_OF_TRIALS // steps_back)
        return SeriesSizes(steps_back, min(most, 2 ** math.ceil(math.log2(samples))), lags, steps_back)
    steps_read = max(LEAST_STEPS_READ, lags // 4)
    rows = min(MOST_ROWS, max(LEAST_ROWS, 2 ** math.ceil(math.log2(samples / steps_read))))
    return SeriesSizes(steps_back + max(steps_read, math.ceil(samples / rows)), rows, lags, steps_back)


def target_sizes_for(config: EchoConfig) -> SeriesSizes:
    """The sizes of `targets_for`: as many targets as time allows; `MOST_TARGETS` for a network like the tutorial's."""
    lags, steps_back = _lags_and_steps_back(config)
    work = steps_back * config.num_layers * config.state_size * (config.state_size + WORK_OF_A_UNIT)
    least = min(MOST_ROWS, max(LEAST_ROWS, LEAST_WORK // steps_back))
    count = 2 ** round(math.log2(min(MOST_TARGETS, max(least, WORK_OF_TARGETS / work))))
    rows = min(MOST_ROWS, count)
    if not config.is_stream:
        targets = min(MOST_TARGETS_OF_A_TRIAL, steps_back)
        rows = max(LEAST_ROWS, min(MOST_ROWS, _power_of_two(count / targets)))
        return SeriesSizes(steps_back, rows, lags, steps_back, targets)
    return SeriesSizes(steps_back + count // rows, rows, lags, steps_back, count // rows)


def flip_sizes_for(config: EchoConfig) -> SeriesSizes:
    """The sizes of rows whose inputs are changed in turn: fewer rows if network and lags make this much work."""
    lags, length = _lags_and_steps_back(config)
    targets = max(LEAST_STEPS_READ, lags // 4)
    steps = lags + targets - 1 if config.is_stream else length
    work = steps**2 * config.num_layers * config.state_size * (config.state_size + WORK_OF_A_UNIT)
    rows = 2 ** math.floor(math.log2(min(MOST_FLIPPED_ROWS, max(1, WORK_OF_FLIPS / work))))
    return SeriesSizes(steps, rows, lags, lags - 1, targets)


def _power_of_two(number: float) -> int:
    """The largest power of two that does not exceed this number, which is at least 1."""
    return 1 << math.floor(math.log2(number))


def steps_read_of(config: EchoConfig) -> int:
    """The most steps at the end of a trial in which memory is read: few enough that lags reach all sources."""
    farthest = max(source_lags(config), default=config.window_steps * 3 // 4)
    return max(1, min(LEAST_STEPS_READ, config.window_steps - farthest))


def groups_for(config: EchoConfig) -> int:
    """The number of groups of rows; fewer for large networks, since each group needs a gradient as large as the
    weights.
    """
    return MOST_GROUPS if config.num_layers * config.state_size**2 <= MOST_WEIGHTS_OF_MANY else LEAST_GROUPS


def _lags_and_steps_back(config: EchoConfig) -> tuple[int, int]:
    """The lags at which memory is read, and the steps through which gradients are followed; in trials, both are the
    length of a trial.
    """
    if not config.is_stream:
        return min(MOST_LAGS, config.window_steps), config.window_steps
    needed = max(max(source_lags(config), default=0) + 1, config.truncated_backprop_length)
    lags = min(MOST_LAGS, needed + max(LAGS_BEYOND, needed // 4))
    return lags, max(lags, min(MOST_LAGS, 2 * needed))


@functools.lru_cache(2)
def series_for(config: EchoConfig) -> ProbeSeries:
    """The probes' own data; a pure function of the seed, the task and the sizes."""
    sizes = sizes_for(config)
    if config.the_task.echoed_lag is not None:
        series = ProbeSeries(draw(config, sizes.steps, sizes.rows), sizes.lags, sizes.steps_back)
        return replace(series, y=series.x_before(config.echo_step)) if config.echo_step <= sizes.steps_back else series
    if config.is_stream:
        x, *read_of = draw_task(config, sizes.steps, sizes.rows)
        y, scored = (one[sizes.steps_back :] for one in read_of)
        return ProbeSeries(x, sizes.lags, sizes.steps_back, y=y, scored=_unless_all(scored))
    read = draw_trials(config, LEAST_ROWS, steps_read_of(config)).read
    rows = max(LEAST_ROWS, _power_of_two(sizes.rows / read))
    (x, y, scored), read = draw_trials(config, rows, steps_read_of(config))
    not_read = len(x) - read
    y, scored = y[not_read:], scored[not_read:]
    return ProbeSeries(x, min(MOST_LAGS, not_read + 1), not_read, True, y, _unless_all(scored))


def _unless_all(scored: Bools) -> Bools | None:
    """Which targets count; None if all do."""
    return None if scored.all() else scored


@functools.lru_cache(2)
def targets_for(config: EchoConfig) -> TargetSeries:
    """The data whose losses are followed back; a pure function of the seed, the task and the sizes."""
    sizes, groups = target_sizes_for(config), groups_for(config)
    if config.the_task.echoed_lag is not None:
        return _echo_targets(config, sizes, groups)
    if config.is_stream:
        x, y, scored = draw_task(config, sizes.steps, sizes.rows)
        y, scored = y[-sizes.targets :], scored[-sizes.targets :]
        return TargetSeries(x, y, sizes.steps_back, groups, _unless_all(scored))
    read = draw_trials(config, LEAST_ROWS, sizes.targets).read
    rows = min(MOST_TRIALS, _power_of_two(sizes.rows * sizes.targets / read))
    (x, y, scored), read = draw_trials(config, rows, sizes.targets)
    return TargetSeries(x, y[-read:], min(MOST_LAGS, len(x)), groups, scored[-read:], of_trials=True)


def _echo_targets(config: EchoConfig, sizes: SeriesSizes, groups: int) -> TargetSeries:
    """The target data of the echo. If the source is before all steps that are run, the targets are independent of all
    inputs.
    """
    echo = min(config.echo_step, sizes.steps)
    drawn = draw(config, max(sizes.steps, echo + sizes.targets), sizes.rows)
    first = len(drawn) - echo - sizes.targets
    return TargetSeries(drawn[-sizes.steps :], drawn[first : first + sizes.targets], sizes.steps_back, groups)
