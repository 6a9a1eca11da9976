"""Learning rates that are too large or too small for each optimizer, measured with the echo; for other tasks they are
not known.

For optimizers without an entry, no learning rate counts as too large or too small.
"""

from __future__ import annotations

import math

from echornn.config import EchoConfig, Optimizer
from echornn.data.levels import is_echo

LARGE: dict[Optimizer, float] = {"adagrad": 2.0, "sgd": 3.0, "adam": 0.5, "rmsprop": 0.3}
"""Rates that are too large: of 32 RNNs with state 4 and glorot, at most one solved the echo in 6 000 windows, since
units saturate.

Of 16 GRUs at most one did, at 3, 3 and 0.3 for adagrad, sgd and rmsprop. Below these rates the echo is often solved and
lost again: 31, 32 and 32 RNNs solved it at 1, 1 and 0.1 with adagrad, sgd and adam, and 22, 5 and 12 of them still did
at the end."""

LARGE_OF_LSTM: dict[Optimizer, float] = {"adagrad": 10.0, "sgd": 10.0, "adam": 1.0, "rmsprop": 1.0}
"""Rates that are too large for an LSTM: none of 16 solved it in 3 000 windows; 12 to 16 did at 3, 3, 0.1 and 0.3."""

SMALL: dict[Optimizer, float] = {"adagrad": 3e-4, "sgd": 1e-4, "adam": 1e-5, "rmsprop": 1e-5}
"""Rates that are too small: learning takes far longer than the tutorial's run. None of 16 seeds solved the echo in 66
000 windows, though with glorot nearly all losses fell, to 0.62 nats or far less.
"""

USUAL: dict[Optimizer, float] = {"adagrad": 0.3, "sgd": 0.3, "adam": 0.03, "rmsprop": 0.03}
"""The usual rate of each optimizer, between the two limits."""


def is_out_of_range(config: EchoConfig) -> bool:
    """Whether the learning rate is known to be too large or too small."""
    return is_large(config) or is_small(config)


def is_large(config: EchoConfig) -> bool:
    """Whether the learning rate is so large that units saturate."""
    large = LARGE_OF_LSTM if config.cell == "lstm" else LARGE
    return is_echo(config) and config.learning_rate >= large.get(config.optimizer, math.inf)


def is_small(config: EchoConfig) -> bool:
    """Whether the learning rate is so small that learning takes very long."""
    return is_echo(config) and config.learning_rate <= SMALL.get(config.optimizer, 0.0)
