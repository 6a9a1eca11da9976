"""The optimizers, which are Keras', by the names in `EchoConfig.optimizer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from echornn.config import EchoConfig


@dataclass(frozen=True)
class OptimizerKind:
    """What the training must know of an optimizer.

    Attributes:
        make: makes it, from the learning rate, or from what gives it.
        slots: numbers that it keeps for each weight.
    """

    make: Callable[[float | Callable[[], Any]], Any]
    slots: int


def adagrad(rate: float | Callable[[], Any]) -> Any:
    """Adagrad as TensorFlow 1 had it: accumulators start at 0.1, and there is no epsilon."""
    return keras.optimizers.Adagrad(rate, initial_accumulator_value=0.1, epsilon=0.0)


OPTIMIZERS = {
    "adagrad": OptimizerKind(adagrad, 1),
    "sgd": OptimizerKind(keras.optimizers.SGD, 0),
    "rmsprop": OptimizerKind(keras.optimizers.RMSprop, 1),
    "adam": OptimizerKind(keras.optimizers.Adam, 2),
}
"""A new one is an entry here, and its name in `echornn.config.Optimizer`."""


def make_optimizer(config: EchoConfig, replicas: int = 0) -> Any:
    """The Keras optimizer of a configuration; of replicas, each has a learning rate of its own.

    Either way ``optimizer.learning_rate`` is a variable: float32 [], or [replicas].
    """
    make = OPTIMIZERS[config.optimizer].make
    if not replicas:
        return make(config.learning_rate)
    rates = tf.Variable(tf.fill([replicas], tf.constant(config.learning_rate)), name="learning_rates")
    return make(lambda: rates)
