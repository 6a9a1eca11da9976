"""Learning rates that are too large or too small, as measured for a cell and an optimizer with the echo.

Without a measurement (`OnTheEcho`), no learning rate counts as too large or too small.
"""

from __future__ import annotations

import math

from echornn.cells.on_the_echo import SMALL
from echornn.config import EchoConfig, Optimizer
from echornn.data.levels import on_the_echo

USUAL: dict[Optimizer, float] = {"adagrad": 0.3, "sgd": 0.3, "adam": 0.03, "rmsprop": 0.03}
"""The usual rate of each optimizer, between the two limits."""


def is_out_of_range(config: EchoConfig) -> bool:
    """Whether the learning rate is known to be too large or too small."""
    return is_large(config) or is_small(config)


def is_large(config: EchoConfig) -> bool:
    """Whether the learning rate is so large that units saturate."""
    return config.learning_rate >= on_the_echo(config).large.get(config.optimizer, math.inf)


def is_small(config: EchoConfig) -> bool:
    """Whether the learning rate is so small that learning takes very long."""
    return config.learning_rate <= on_the_echo(config).small.get(config.optimizer, 0.0)


def may_be_smaller(config: EchoConfig) -> bool:
    """Whether a smaller learning rate may be advised: whether it is above those that are too small for the cells that
    were measured.
    """
    return config.learning_rate > SMALL.get(config.optimizer, 0.0)
