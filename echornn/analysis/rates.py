"""Learning rates that are out of an optimizer's range, as measured on the tutorial's task.

Of an optimizer that has no entry here none is, as far as is known.
"""

from __future__ import annotations

import math

from echornn.config import EchoConfig, Optimizer

LARGE: dict[Optimizer, float] = {"adagrad": 1.0, "sgd": 1.0, "adam": 0.1, "rmsprop": 0.3}
"""From here on most starts end with units saturated. Of 4 seeds, glorot, 6 000 windows, none was solved at any of these
and 4 at a third of it, but for Adam, of which 2 were solved at 0.1 and none at 0.2."""

SMALL: dict[Optimizer, float] = {"adagrad": 3e-4, "sgd": 1e-4, "adam": 1e-5, "rmsprop": 1e-5}
"""Up to here 6 000 windows brought the loss to 0.6 nats or not so far, on the same seeds."""

USUAL: dict[Optimizer, float] = {"adagrad": 0.3, "sgd": 0.3, "adam": 0.03, "rmsprop": 0.03}
"""Rates of each at which those seeds were all solved."""


def is_out_of_range(config: EchoConfig) -> bool:
    """Whether the learning rate is too large or too small, as far as is known."""
    return is_large(config) or is_small(config)


def is_large(config: EchoConfig) -> bool:
    """Whether the learning rate saturates units rather than teaching them."""
    return config.learning_rate >= LARGE.get(config.optimizer, math.inf)


def is_small(config: EchoConfig) -> bool:
    """Whether the learning rate is too small for the weights to come anywhere."""
    return config.learning_rate <= SMALL.get(config.optimizer, 0.0)
