"""The optimizers: how each changes a weight by its gradient, and what it keeps for that.

Importing this does not import TensorFlow: the slots are counted, as memory, before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Tensor = Any  # of TensorFlow, float32, in the shape of the weight
Tensors = tuple[Tensor, ...]


class Optimizer(NamedTuple):
    """How a weight is changed, each of its numbers by itself."""

    # The change to subtract from the weight, and its slots after that, from (gradient g,
    # learning rate, steps made before, *slots)
    update: Callable[..., Tensors]
    slots: int  # how many numbers are kept for each number of a weight
    first: float = 0.0  # what the slots begin with


def adagrad(g: Tensor, rate: Tensor, steps: Tensor, squares: Tensor) -> Tensors:
    """Duchi, Hazan and Singer 2011, as in TensorFlow 1."""
    import tensorflow as tf

    squares = squares + tf.square(g)
    return rate * g / tf.sqrt(squares), squares


def sgd(g: Tensor, rate: Tensor, steps: Tensor) -> Tensors:
    return (g * rate,)


def rmsprop(g: Tensor, rate: Tensor, steps: Tensor, squares: Tensor) -> Tensors:
    """As in Keras, with its decay of 0.9 and epsilon of 1e-7."""
    import tensorflow as tf

    squares = 0.9 * squares + (1 - 0.9) * tf.square(g)
    return rate * g / tf.sqrt(squares + 1e-7), squares


def adam(g: Tensor, rate: Tensor, steps: Tensor, m: Tensor, v: Tensor) -> Tensors:
    """Kingma and Ba 2015, as in Keras, with its betas of 0.9 and 0.999 and epsilon of 1e-7."""
    import tensorflow as tf

    t = tf.cast(steps + 1, tf.float32)
    rate = rate * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
    m = m + (g - m) * (1 - 0.9)
    v = v + (tf.square(g) - v) * (1 - 0.999)
    return m * rate / (tf.sqrt(v) + 1e-7), m, v


OPTIMIZERS = {
    # TensorFlow 1's default for the first squares, with which the tutorial trains
    "adagrad": Optimizer(adagrad, slots=1, first=0.1),
    "sgd": Optimizer(sgd, slots=0),
    "rmsprop": Optimizer(rmsprop, slots=1),
    "adam": Optimizer(adam, slots=2),
}
"""By the names of `echornn.config.Optimizer`."""
