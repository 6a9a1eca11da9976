"""The optimizers (Keras'), by their names in `EchoConfig.optimizer`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from echornn.config import EchoConfig


@dataclass(frozen=True)
class OptimizerKind:
    """The facts about an optimizer that training needs.

    Attributes:
        keras: its name in Keras.
        slots: how many numbers it keeps for each weight.
        options: its options in Keras.
    """

    keras: str
    slots: int
    options: dict[str, float] = field(default_factory=dict)


OPTIMIZERS = {
    "adagrad": OptimizerKind("Adagrad", 1, {"initial_accumulator_value": 0.1, "epsilon": 0.0}),
    "sgd": OptimizerKind("SGD", 0),
    "rmsprop": OptimizerKind("RMSprop", 1),
    "adam": OptimizerKind("Adam", 2),
}
"""The optimizers by name; adagrad is that of TensorFlow 1. To add one, add an entry here, and its name to
`echornn.config.Optimizer`.
"""


def make_optimizer(config: EchoConfig, replicas: int = 0) -> Any:
    """The Keras optimizer for a configuration; with replicas, each has its own learning rate.

    ``optimizer.learning_rate`` is a variable: float32 [], with replicas [replicas].
    """
    import keras
    import tensorflow as tf

    kind = OPTIMIZERS[config.optimizer]
    make = getattr(keras.optimizers, kind.keras)
    if not replicas:
        return make(config.learning_rate, **kind.options)
    rates = tf.Variable(tf.fill([replicas], tf.constant(config.learning_rate)), name="learning_rates")
    return make(lambda: rates, **kind.options)
