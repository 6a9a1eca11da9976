"""The optimizers (Keras'), by their names in `EchoConfig.optimizer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from echornn.config import EchoConfig


@dataclass(frozen=True)
class OptimizerKind:
    """The facts about an optimizer that training needs.

    Attributes:
        make: makes the optimizer from a learning rate, or from a function that returns one.
        slots: how many numbers the optimizer keeps for each weight.
    """

    make: Callable[[float | Callable[[], Any]], Any]
    slots: int


def adagrad(rate: float | Callable[[], Any]) -> Any:
    """Adagrad as in TensorFlow 1: accumulators start at 0.1, and there is no epsilon."""
    return keras.optimizers.Adagrad(rate, initial_accumulator_value=0.1, epsilon=0.0)


OPTIMIZERS = {
    "adagrad": OptimizerKind(adagrad, 1),
    "sgd": OptimizerKind(keras.optimizers.SGD, 0),
    "rmsprop": OptimizerKind(keras.optimizers.RMSprop, 1),
    "adam": OptimizerKind(keras.optimizers.Adam, 2),
}
"""The optimizers by name. To add one, add an entry here, and its name to `echornn.config.Optimizer`."""


def make_optimizer(config: EchoConfig, replicas: int = 0) -> Any:
    """The Keras optimizer for a configuration; with replicas, each has its own learning rate.

    ``optimizer.learning_rate`` is a variable: float32 [], with replicas [replicas].
    """
    make = OPTIMIZERS[config.optimizer].make
    if not replicas:
        return make(config.learning_rate)
    rates = tf.Variable(tf.fill([replicas], tf.constant(config.learning_rate)), name="learning_rates")
    return make(lambda: rates)
