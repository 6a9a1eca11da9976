"""The optimizers (Keras'), by their names in `EchoConfig.optimizer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


def of_keras(name: str, **options: float) -> Callable[[float | Callable[[], Any]], Any]:
    """Makes the optimizer of this name; only then Keras, and with it TensorFlow, is imported."""

    def make(rate: float | Callable[[], Any]) -> Any:
        import keras

        return getattr(keras.optimizers, name)(rate, **options)

    return make


OPTIMIZERS = {
    "adagrad": OptimizerKind(of_keras("Adagrad", initial_accumulator_value=0.1, epsilon=0.0), 1),
    "sgd": OptimizerKind(of_keras("SGD"), 0),
    "rmsprop": OptimizerKind(of_keras("RMSprop"), 1),
    "adam": OptimizerKind(of_keras("Adam"), 2),
}
"""The optimizers by name; adagrad is that of TensorFlow 1. To add one, add an entry here, and its name to
`echornn.config.Optimizer`.
"""


def make_optimizer(config: EchoConfig, replicas: int = 0) -> Any:
    """The Keras optimizer for a configuration; with replicas, each has its own learning rate.

    ``optimizer.learning_rate`` is a variable: float32 [], with replicas [replicas].
    """
    make = OPTIMIZERS[config.optimizer].make
    if not replicas:
        return make(config.learning_rate)
    import tensorflow as tf

    rates = tf.Variable(tf.fill([replicas], tf.constant(config.learning_rate)), name="learning_rates")
    return make(lambda: rates)
