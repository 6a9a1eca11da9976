"""The data that probes run a network on: uniform symbols of their own, the same for every moment of a run."""

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
"""Half of them are fitted, and the other half judges the fit: ten for each number fitted, and some more."""

LEAST_ROWS, MOST_ROWS = 64, 512
LEAST_STEPS_READ = 8

MOST_TARGETS = 16_384
"""Losses that are followed back: a network that has solved its task has few that are large, and the gradient of 512 of
them is mostly chance."""

WORK_OF_TARGETS = 6.3e7
"""Multiplications of all of them and all lags, of a layer as the tutorial's: what bounds the targets of larger ones."""

WORK_OF_A_UNIT = 28
"""What a unit's step costs beside its multiplications, in those."""

GROUPS = 16
"""Of rows, no symbol in two of them: what differs between their gradients is chance."""

FEW_ROWS = 8
"""Where many steps are needed, and few rows will do."""

LAGS_BEYOND = 5
"""Lags that memory is read at beyond the echo and the window, a quarter of them at the least."""

MOST_LAGS = 512


@dataclass(frozen=True, eq=False)
class ProbeSeries:
    """Rows that are run, and read when what they began with is forgotten.

    Attributes:
        x: uint8 [steps, rows].
        lags: how many lags memory is read at, from 0 on.
        steps_back: so many steps at the beginning are not read.
    """

    x: Symbols
    lags: int
    steps_back: int

    def x_before(self, lag: int) -> Symbols:
        """The input so many steps before each step that is read, uint8 [steps read, rows]."""
        return self.x[self.steps_back - lag : len(self.x) - lag]


@dataclass(frozen=True, eq=False)
class TargetSeries:
    """Rows whose last losses are followed back.

    Attributes:
        x: uint8 [steps, rows]; the rows are `GROUPS` groups, each as large.
        y: the echo at the last steps, uint8 [targets, rows].
        steps_back: how many steps they are followed back.
    """

    x: Symbols
    y: Symbols
    steps_back: int


def lags_and_steps_back(config: EchoConfig) -> tuple[int, int]:
    """How many lags memory is read at, those of the echo and of the window and some more; and through how many steps
    gradients are followed, twice as many as either: both at most 512."""
    needed = max(config.echo_step + 1, config.truncated_backprop_length)
    lags = min(MOST_LAGS, needed + max(LAGS_BEYOND, needed // 4))
    return lags, max(lags, min(MOST_LAGS, 2 * needed))


@functools.lru_cache(2)
def series_for(config: EchoConfig) -> ProbeSeries:
    """A pure function of the seed and of the sizes."""
    lags, steps_back = lags_and_steps_back(config)
    samples = max(LEAST_SAMPLES, SAMPLES_A_UNIT * (config.state_size + 1))
    steps_read = max(LEAST_STEPS_READ, lags // 4)
    rows = min(MOST_ROWS, max(LEAST_ROWS, 2 ** math.ceil(math.log2(samples / steps_read))))
    steps = steps_back + max(steps_read, math.ceil(samples / rows))
    return ProbeSeries(draw(config, steps, rows), lags, steps_back)


@functools.lru_cache(2)
def targets_for(config: EchoConfig) -> TargetSeries:
    """A pure function of the seed and of the sizes.

    Of an echo from before all steps that are run, only that it is: its symbols are no later ones.
    """
    _, steps_back = lags_and_steps_back(config)
    work = steps_back * config.num_layers * config.state_size * (config.state_size + WORK_OF_A_UNIT)
    least = min(MOST_ROWS, max(LEAST_ROWS, MOST_ROWS * MOST_ROWS // (16 * steps_back)))
    count = 2 ** round(math.log2(min(MOST_TARGETS, max(least, WORK_OF_TARGETS / work))))
    rows = min(MOST_ROWS, count)
    targets, steps = count // rows, count // rows + steps_back
    echo = min(config.echo_step, steps)
    drawn = draw(config, steps + echo, rows)
    first = len(drawn) - echo - targets
    return TargetSeries(drawn[-steps:], drawn[first : first + targets], steps_back)


def draw(config: EchoConfig, steps: int, rows: int) -> Symbols:
    """Symbols drawn uniformly, uint8 [steps, rows]."""
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    return rng.integers(0, config.num_classes, (steps, rows), dtype=np.uint8)
