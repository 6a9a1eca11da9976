"""The series that the probes read: data of the task that is the same at every position of a run."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data import load_own_task, source_lags
from echornn.progress import Bools, Floats, Scores
from echornn.tasks.task import Numbers, Symbols, draw_rows

Inputs = npt.NDArray[Any]  # symbols, uint8 [steps, rows], or numbers, float32 [steps, rows, count]

# Per fitted number: at least ten for the fit, and as many for measuring it
LEAST_SAMPLES, SAMPLES_A_UNIT = 4096, 22
LEAST_ROWS, MOST_ROWS, FEW_ROWS = 64, 512, 8  # few if many steps are needed; by eye
# The most of all trials together, if they are more than `MOST_ROWS`; by eye
LEAST_STEPS_READ, MOST_STEPS_OF_TRIALS = 8, 2**18
# At least so many beyond sources, window and units, or a quarter of these; by eye
MOST_LAGS, LAGS_BEYOND = 512, 5
NUMBERS_AT_ONCE = 2**20  # inputs at some lags before each step; 8 MiB, chosen by eye

# The losses that are followed back. In a network that has solved its task few losses are large, and
# the gradient of only 512 losses would be mostly chance.
MOST_TARGETS, MOST_TARGETS_OF_A_TRIAL, MOST_TRIALS = 16_384, 16, 2048
# Multiplications of all; and as many does a unit's step cost besides
WORK_OF_TARGETS, WORK_OF_A_UNIT = 6.3e7, 28
LEAST_WORK = 2**14  # targets times lags, for networks of any size

# Groups of rows, whose gradients differ by chance alone; each needs a gradient as large as the
# weights
MOST_GROUPS, LEAST_GROUPS, MOST_WEIGHTS_OF_MANY = 16, 4, 2**14


class TaskData(NamedTuple):
    x: Inputs
    y: Inputs
    scored: Scores  # [steps, rows]
    hidden: Mapping[str, Floats]  # the task's hidden variables, each [steps, rows]

    def last(self, steps: int) -> tuple[Inputs, Scores | None]:
        """The targets of the last steps, and which of them count; None if all do."""
        scored = self.scored[-steps:]
        all_count = scored.dtype == np.bool_ and scored.all()
        return self.y[-steps:], None if all_count else scored

    def until(self, end: int) -> TaskData:
        hidden = {name: values[:end] for name, values in self.hidden.items()}
        return TaskData(self.x[:end], self.y[:end], self.scored[:end], hidden)

    def hidden_in(self, steps: int) -> dict[str, Floats]:
        """Of the last steps."""
        return {name: values[-steps:] for name, values in self.hidden.items()}


@dataclass(frozen=True, eq=False)
class Series:
    """Rows to run, of which the last (scored) steps are read, after the effect of the initial state
    has vanished."""

    x: Inputs  # [steps, rows, ...]
    y: Inputs  # the targets of the last steps, [steps read, rows, ...]
    scored: Scores | None  # which of these targets count, [steps read, rows]; None if all do
    steps_back: int  # the steps before those that are read, or through which gradients are followed
    lags: int = 0  # the lags at which memory is read
    # Of `targets_for`: groups of consecutive rows, all of the same size, that share no symbols
    groups: int = 0
    # Whether each row is a trial, beyond whose first step nothing goes back
    of_trials: bool = False
    # Of `series_for`: the hidden variables at the steps that are read, [steps read, rows]
    hidden: Mapping[str, Floats] = field(default_factory=dict)

    def x_before(self, lag: int) -> Inputs:
        return self.x[self.steps_back - lag : len(self.x) - lag]


def inputs_before(series: Series, form: Symbols | Numbers) -> Iterator[Inputs]:
    """The inputs before each step that is read, as numbers, [steps read, rows, lags, n]: those of
    all lags, some lags at a time."""
    numbers = as_numbers(series.x_before(0), form).size
    at_once = max(1, NUMBERS_AT_ONCE // numbers)
    for first in range(0, series.lags, at_once):
        lags = range(first, min(series.lags, first + at_once))
        yield np.stack([as_numbers(series.x_before(lag), form) for lag in lags], axis=2)


def as_numbers(x: Inputs, form: Symbols | Numbers) -> Inputs:
    """Numbers unchanged, two symbols as one number, more symbols as one-hot; [steps, rows, n]."""
    if isinstance(form, Numbers):
        return x
    if form.count == 2:
        return x[..., np.newaxis]
    return np.asarray(x[..., np.newaxis] == np.arange(form.count))


# ---- data


def draw_task(config: EchoConfig, steps: int, rows: int) -> TaskData:
    """Rows of the task; trials follow each other in a row."""
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    length = config.trial_length or steps
    whole_trials = math.ceil(steps / length) * length
    drawn = draw_rows(config.the_task, rng, rows, whole_trials, with_hidden=True)

    def time_first(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.ascontiguousarray(np.swapaxes(array, 0, 1)[:steps])

    hidden = {name: time_first(values) for name, values in drawn.hidden.items()}
    return TaskData(time_first(drawn.x), time_first(drawn.y), time_first(drawn.scored), hidden)


def draw_trials(config: EchoConfig, rows: int, most_read: int) -> tuple[TaskData, int]:
    """Trials, one in each row, up to the last scored step; and how many scored steps at their end
    are read."""
    drawn = draw_task(config, config.window_steps, rows)
    is_scored: Bools = np.any(drawn.scored, axis=1)
    end = int(np.flatnonzero(is_scored)[-1]) + 1
    unscored = np.flatnonzero(~is_scored[:end])
    first_read = int(unscored[-1]) + 1 if unscored.size else 0
    return drawn.until(end), min(end - first_read, most_read)


def _steps_read(config: EchoConfig, most_read: int) -> int:
    _, steps = draw_trials(config, LEAST_ROWS, most_read)
    return steps


# ---- how many


def most_steps_read(config: EchoConfig) -> int:
    """The most steps at the end of a trial in which memory is read: few enough that lags reach all
    sources."""
    farthest = max(source_lags(config), default=config.window_steps * 3 // 4)
    return max(1, min(LEAST_STEPS_READ, config.window_steps - farthest))


def lags_of_flips(config: EchoConfig) -> int:
    """In a stream: beyond sources and window."""
    return _and_beyond(_needed(config))


def lags_held(config: EchoConfig) -> int:
    """The lags of memory in a stream: a linear memory of n numbers can hold n inputs."""
    return _and_beyond(max(_needed(config), config.state_size))


def _steps_back(config: EchoConfig) -> int:
    """Through which errors are followed: in a stream, twice what is needed; in trials, all."""
    if not config.is_stream:
        return config.window_steps
    return max(lags_of_flips(config), min(MOST_LAGS, 2 * _needed(config)))


def _needed(config: EchoConfig) -> int:
    farthest = max(source_lags(config), default=0)
    return max(farthest + 1, config.truncated_backprop_length)


def _and_beyond(needed: int) -> int:
    return min(MOST_LAGS, needed + max(LAGS_BEYOND, needed // 4))


def multiplications_of_a_step(config: EchoConfig) -> int:
    return config.num_layers * config.state_size * (config.state_size + WORK_OF_A_UNIT)


def power_of_two_below(number: float) -> int:
    return 1 << math.floor(math.log2(number))


# ---- what is read


@functools.lru_cache(2)
def series_for(config: EchoConfig) -> Series:
    """The probes' own data; a pure function of the seed, the task and the sizes."""
    load_own_task(config)  # its lags decide which data are read
    samples = max(LEAST_SAMPLES, SAMPLES_A_UNIT * (config.state_size + 1))
    if config.is_stream:
        return _stream_read(config, samples)
    return _trials_read(config, samples)


def _stream_read(config: EchoConfig, samples: int) -> Series:
    lags = lags_held(config)
    steps_back = max(lags, _steps_back(config))
    least_read = max(LEAST_STEPS_READ, lags // 4)
    rows = 2 ** round(math.log2(samples / least_read))
    rows = min(MOST_ROWS, max(LEAST_ROWS, rows))
    steps_read = max(least_read, math.ceil(samples / rows))
    data = draw_task(config, steps_back + steps_read, rows)
    hidden = data.hidden_in(steps_read)
    return Series(data.x, *data.last(steps_read), steps_back, lags, hidden=hidden)


def _trials_read(config: EchoConfig, samples: int) -> Series:
    most_read = most_steps_read(config)
    most_trials = max(MOST_ROWS, MOST_STEPS_OF_TRIALS // config.window_steps)
    wanted = min(most_trials, 2 ** math.ceil(math.log2(samples)))
    rows = power_of_two_below(wanted / _steps_read(config, most_read))
    trials, steps_read = draw_trials(config, max(LEAST_ROWS, rows), most_read)
    steps_back = len(trials.x) - steps_read
    lags = min(MOST_LAGS, steps_back + 1)
    targets, hidden = trials.last(steps_read), trials.hidden_in(steps_read)
    return Series(trials.x, *targets, steps_back, lags, of_trials=True, hidden=hidden)


# ---- what is followed back


@functools.lru_cache(2)
def targets_for(config: EchoConfig) -> Series:
    """The data whose last losses are followed back: as many as time allows; a pure function, as
    `series_for`."""
    load_own_task(config)
    steps_back = _steps_back(config)
    groups = LEAST_GROUPS
    if config.num_layers * config.state_size**2 <= MOST_WEIGHTS_OF_MANY:
        groups = MOST_GROUPS
    least = min(MOST_ROWS, max(LEAST_ROWS, LEAST_WORK // steps_back))
    affordable = WORK_OF_TARGETS / (steps_back * multiplications_of_a_step(config))
    count = 2 ** round(math.log2(min(MOST_TARGETS, max(least, affordable))))
    if not config.is_stream:
        return _trials_followed(config, count, groups)

    rows = min(MOST_ROWS, count)
    targets = count // rows
    data = draw_task(config, steps_back + targets, rows)
    return Series(data.x, *data.last(targets), steps_back, groups=groups)


def _trials_followed(config: EchoConfig, count: int, groups: int) -> Series:
    most_read = min(MOST_TARGETS_OF_A_TRIAL, config.window_steps)
    rows = power_of_two_below(count / most_read)
    rows = min(MOST_ROWS, max(LEAST_ROWS, rows))
    # As many targets, also where fewer steps of a trial are scored
    rows = power_of_two_below(rows * most_read / _steps_read(config, most_read))
    trials, targets = draw_trials(config, min(MOST_TRIALS, rows), most_read)
    return Series(
        trials.x,
        trials.y[-targets:],
        trials.scored[-targets:],  # also if all are: no error goes back beyond a trial
        steps_back=min(MOST_LAGS, len(trials.x)),
        groups=groups,
        of_trials=True,
    )
