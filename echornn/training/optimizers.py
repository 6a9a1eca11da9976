"""The optimizers: how each changes a weight by its gradient, and what it keeps for that.

Importing this does not import TensorFlow: the slots are counted, as memory, before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Tensor = Any  # of TensorFlow, float32, in the shape of the weight


class Optimizer(NamedTuple):
    """How a weight is changed, each of its numbers by itself."""

    # The change to subtract from the weight, and its slots after that, from (gradient, learning
    # rate, steps made before, *slots)
    update: Callable[..., tuple[Tensor, ...]]
    slots: int  # how many numbers are kept for each number of a weight
    first: float = 0.0  # what the slots begin with


def adagrad(
    gradient: Tensor, rate: Tensor, steps: Tensor, squares: Tensor
) -> tuple[Tensor, Tensor]:
    """Duchi, Hazan and Singer 2011, as in TensorFlow 1."""
    import tensorflow as tf

    squares = squares + tf.square(gradient)
    return rate * gradient / tf.sqrt(squares), squares


def sgd(gradient: Tensor, rate: Tensor, steps: Tensor) -> tuple[Tensor]:
    return (gradient * rate,)


def rmsprop(
    gradient: Tensor, rate: Tensor, steps: Tensor, squares: Tensor
) -> tuple[Tensor, Tensor]:
    """As in Keras, with its decay of 0.9 and epsilon of 1e-7."""
    import tensorflow as tf

    squares = 0.9 * squares + (1 - 0.9) * tf.square(gradient)
    return rate * gradient / tf.sqrt(squares + 1e-7), squares


def adam(
    gradient: Tensor, rate: Tensor, steps: Tensor, mean: Tensor, squares: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Kingma and Ba 2015, as in Keras, with its betas of 0.9 and 0.999 and epsilon of 1e-7."""
    import tensorflow as tf

    step = tf.cast(steps + 1, tf.float32)
    rate = rate * tf.sqrt(1 - tf.pow(0.999, step)) / (1 - tf.pow(0.9, step))
    mean = mean + (gradient - mean) * (1 - 0.9)
    squares = squares + (tf.square(gradient) - squares) * (1 - 0.999)
    return mean * rate / (tf.sqrt(squares) + 1e-7), mean, squares


OPTIMIZERS = {
    # TensorFlow 1's default for the first squares, with which the tutorial trains
    "adagrad": Optimizer(adagrad, slots=1, first=0.1),
    "sgd": Optimizer(sgd, slots=0),
    "rmsprop": Optimizer(rmsprop, slots=1),
    "adam": Optimizer(adam, slots=2),
}
"""By the names of `echornn.config.Optimizer`."""
