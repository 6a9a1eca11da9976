"""The values that pass in and out of `LoneLoop` and `ShardThreads`, which train the replicas of a population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.model import initial_weights
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.training.population_data import Block
from echornn.training.rules.engine import engine_of


class Values(NamedTuple):
    """Everything that training changes, with replicas on the first axis."""

    weights: dict[str, Floats]
    optimizer: tuple[npt.NDArray[Any], ...]
    carried_state: Floats
    influence: dict[str, Floats]


class Call(NamedTuple):
    """The windows that all replicas train next."""

    block: Block
    first: int
    """The first window to train, counted from 0 in the block of data."""
    windows: int


def start_values(configs: Sequence[EchoConfig], init_index: int, optimizer: tuple[npt.NDArray[Any], ...]) -> Values:
    """The values at the start of training.

    Args:
        configs: the configuration of each replica.
        init_index: the number of the initial weights.
        optimizer: the optimizers' variables at the start.
    """
    each = [initial_weights(config, init_index) for config in configs]
    weights = {name: np.stack([one[name] for one in each]) for name in each[0]}
    shape = (len(configs), configs[0].batch_size, carried_size(configs[0]))
    return Values(weights, optimizer, np.zeros(shape, np.float32), no_influence(configs))


def no_influence(configs: Sequence[EchoConfig]) -> dict[str, Floats]:
    """What the learning rule carries at the start: zeros, float32 [replicas, ...] by name."""
    shapes = engine_of(configs[0]).carried(configs[0])
    return {name: np.zeros((len(configs), *shape), np.float32) for name, shape in shapes.items()}


def rates_of(configs: Sequence[EchoConfig]) -> Floats:
    """The learning rates, float32 [replicas]."""
    return np.array([config.learning_rate for config in configs], np.float32)


def fresh(of_one: Sequence[npt.NDArray[Any]], configs: Sequence[EchoConfig]) -> tuple[npt.NDArray[Any], ...]:
    """The optimizers' variables at the start, [replicas, ...].

    Args:
        of_one: the variables of one network's optimizer: iteration count, learning rate, slots.
        configs: the configuration of each replica.
    """
    iteration, _, *slots = of_one
    each = [np.broadcast_to(value, (len(configs), *np.shape(value))) for value in (iteration, *slots)]
    return each[0], rates_of(configs), *each[1:]
