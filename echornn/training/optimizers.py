"""The optimizers, Keras', by the names that `EchoConfig.optimizer` knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from echornn.config import EchoConfig


@dataclass(frozen=True)
class OptimizerKind:
    """What the training must know of an optimizer.

    Attributes:
        make: makes it, from the learning rate.
        slots: numbers that it keeps for each weight.
    """

    make: Callable[[float], Any]
    slots: int


def adagrad(rate: float) -> Any:
    """Adagrad as TensorFlow 1 had it: accumulators start at 0.1, and there is no epsilon."""
    return keras.optimizers.Adagrad(rate, initial_accumulator_value=0.1, epsilon=0.0)


OPTIMIZERS = {
    "adagrad": OptimizerKind(adagrad, 1),
    "sgd": OptimizerKind(keras.optimizers.SGD, 0),
    "rmsprop": OptimizerKind(keras.optimizers.RMSprop, 1),
    "adam": OptimizerKind(keras.optimizers.Adam, 2),
}
"""A new one is an entry here, and its name in `echornn.config.Optimizer`."""


def make_optimizer(config: EchoConfig) -> Any:
    """The Keras optimizer of a configuration."""
    return OPTIMIZERS[config.optimizer].make(config.learning_rate)
