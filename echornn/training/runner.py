"""The interface of a runner, which trains the replicas of a population, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.model import initial_weights
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.training.bptt import LoopOutput
from echornn.training.population_data import Block
from echornn.training.rules.engine import engine_of
from echornn.training.shards import Shards


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


class Runner(Protocol):
    """Trains all replicas of a population: `echornn.training.lone_loop.LoneLoop` trains a single network,
    `echornn.training.shard_threads.ShardThreads` several.

    Attributes:
        shards: the division of the replicas into shards.
        devices: TensorFlow's name of the device of each call.
    """

    shards: Shards
    devices: list[str]

    @property
    def compilations(self) -> int:
        """How many times a loop has been traced and compiled."""

    def train(self, call: Call, init_index: int) -> LoopOutput:
        """Train every replica.

        Returns:
            NumPy arrays with replicas as the last axis; losses and errors of the windows that were trained.
        """

    @property
    def values(self) -> Values:
        """A copy of everything that training changes."""

    @property
    def fresh_optimizer(self) -> tuple[npt.NDArray[Any], ...]:
        """The optimizer's variables at the start, [replicas, ...]."""

    def load(self, values: Values) -> None:
        """Continue from these values."""

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Train these configurations from now on, with their learning rates; the compiled program must be the same for
        all.
        """


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
