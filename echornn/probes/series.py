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

TARGETS = 2
"""Steps at the end of each row whose loss is followed back: of a network that has solved its task few are large, and a
mean over 512 of them can be half of the mean over many. One, of networks larger than `MIDDLE_SIZE`."""

MIDDLE_SIZE = 32

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
        y: the echo at the last steps, uint8 [targets, rows].
        lags: how many lags memory is read at, from 0 on.
        steps_back: how many steps gradients are followed back; so many at the beginning are not read.
    """

    x: Symbols
    y: Symbols
    lags: int
    steps_back: int

    def x_before(self, lag: int) -> Symbols:
        """The input so many steps before each step that is read, uint8 [steps read, rows]."""
        return self.x[self.steps_back - lag : len(self.x) - lag]


@dataclass(frozen=True)
class SeriesSizes:
    """How large the probes' own data is.

    Attributes:
        steps, rows: of all of it.
        targets: steps at the end of each row whose loss is followed back.
        lags, steps_back: see `ProbeSeries`.
    """

    steps: int
    rows: int
    targets: int
    lags: int
    steps_back: int


def sizes_for(config: EchoConfig) -> SeriesSizes:
    """What `series_for` draws; nothing is drawn for it.

    Memory is read at the lags of the echo and of the window and some more, and gradients are followed twice as far as
    either, through at most 512 steps both.
    """
    needed = max(config.echo_step + 1, config.truncated_backprop_length)
    lags = min(MOST_LAGS, needed + max(LAGS_BEYOND, needed // 4))
    steps_back = max(lags, min(MOST_LAGS, 2 * needed))
    samples = max(LEAST_SAMPLES, SAMPLES_A_UNIT * (config.state_size + 1))
    steps_read = max(LEAST_STEPS_READ, lags // 4)
    rows = min(MOST_ROWS, max(LEAST_ROWS, 2 ** math.ceil(math.log2(samples / steps_read))))
    steps = steps_back + max(steps_read, math.ceil(samples / rows))
    return SeriesSizes(steps, rows, TARGETS if config.state_size <= MIDDLE_SIZE else 1, lags, steps_back)


@functools.lru_cache(2)
def series_for(config: EchoConfig) -> ProbeSeries:
    """A pure function of the seed and of the sizes.

    Of an echo from before all steps that are run, only that it is: its symbols are no later ones.
    """
    sizes = sizes_for(config)
    echo = min(config.echo_step, sizes.steps)
    drawn = draw(config, max(sizes.steps, echo + sizes.targets), sizes.rows)
    first = len(drawn) - echo - sizes.targets
    return ProbeSeries(drawn[-sizes.steps :], drawn[first : first + sizes.targets], sizes.lags, sizes.steps_back)


def draw(config: EchoConfig, steps: int, rows: int) -> Symbols:
    """Symbols drawn uniformly, uint8 [steps, rows]."""
    rng = seeding.stream(config.seed, seeding.PROBES, steps, rows)
    return rng.integers(0, config.num_classes, (steps, rows), dtype=np.uint8)
