"""The probes' own data: random symbols that are the same at every position of a run."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from echornn import seeding
from echornn.config import EchoConfig
from echornn.progress import Symbols

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
"""The least number of lags at which memory is read beyond the echo and the window; a quarter of these if that is
more.
"""

MOST_LAGS = 512


@dataclass(frozen=True, eq=False)
class ProbeSeries:
    """Rows to run; they are read only after the effect of their initial state has vanished.

    Attributes:
        x: uint8 [steps, rows].
        lags: the number of lags at which memory is read.
        steps_back: the number of steps at the beginning that are not read.
    """

    x: Symbols
    lags: int
    steps_back: int

    def x_before(self, lag: int) -> Symbols:
        """The inputs ``lag`` steps before each step that is read, uint8 [steps read, rows]."""
        return self.x[self.steps_back - lag : len(self.x) - lag]


@dataclass(frozen=True, eq=False)
class TargetSeries:
    """Rows whose last losses are followed back.

    Attributes:
        x: uint8 [steps, rows].
        y: the targets of the last steps, uint8 [targets, rows].
        steps_back: the number of steps through which gradients are followed back.
        groups: the number of groups of consecutive rows, all of the same size. Groups share no symbols, so that
            differences between their gradients are due to chance.
    """

    x: Symbols
    y: Symbols
    steps_back: int
    groups: int


@dataclass(frozen=True)
class SeriesSizes:
    """The sizes of a series.

    Attributes:
        steps, rows: the size of the whole series.
        lags: the number of lags for memory: up to the echo and the window and some more, at most 512.
        steps_back: the steps through which gradients are followed back: twice the larger of echo and window, at most
            512.
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
    return SeriesSizes(steps_back + count // rows, rows, lags, steps_back, count // rows)


def flip_sizes_for(config: EchoConfig) -> SeriesSizes:
    """The sizes of rows whose inputs are changed in turn: fewer rows if network and lags make this much work."""
    lags, _ = _lags_and_steps_back(config)
    targets = max(LEAST_STEPS_READ, lags // 4)
    steps = lags + targets - 1
    work = steps**2 * config.num_layers * config.state_size * (config.state_size + WORK_OF_A_UNIT)
    rows = 2 ** math.floor(math.log2(min(MOST_FLIPPED_ROWS, max(1, WORK_OF_FLIPS / work))))
    return SeriesSizes(steps, rows, lags, lags - 1, targets)


def groups_for(config: EchoConfig) -> int:
    """The number of groups of rows; fewer for large networks, since each group needs a gradient as large as the
    weights.
    """
    return MOST_GROUPS if config.num_layers * config.state_size**2 <= MOST_WEIGHTS_OF_MANY else LEAST_GROUPS


def _lags_and_steps_back(config: EchoConfig) -> tuple[int, int]:
    needed = max(config.echo_step + 1, config.truncated_backprop_length)
    lags = min(MOST_LAGS, needed + max(LAGS_BEYOND, needed // 4))
    return lags, max(lags, min(MOST_LAGS, 2 * needed))


@functools.lru_cache(2)
def series_for(config: EchoConfig) -> ProbeSeries:
    """The probes' own data; a pure function of the seed and the sizes."""
    sizes = sizes_for(config)
    return ProbeSeries(draw(config, sizes.steps, sizes.rows), sizes.lags, sizes.steps_back)


@functools.lru_cache(2)
def targets_for(config: EchoConfig) -> TargetSeries:
    """The data whose losses are followed back; a pure function of the seed and the sizes.

    If the echo's source is before all steps that are run, the targets are independent of all inputs.
    """
    sizes = target_sizes_for(config)
    echo = min(config.echo_step, sizes.steps)
    drawn = draw(config, max(sizes.steps, echo + sizes.targets), sizes.rows)
    first = len(drawn) - echo - sizes.targets
    y = drawn[first : first + sizes.targets]
    return TargetSeries(drawn[-sizes.steps :], y, sizes.steps_back, groups_for(config))


def draw(config: EchoConfig, steps: int, rows: int) -> Symbols:
    """Uniformly random symbols, uint8 [steps, rows]."""
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    return rng.integers(0, config.num_classes, (steps, rows), dtype=np.uint8)
