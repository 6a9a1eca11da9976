"""The state of a population: everything that decides how it trains on, as plain numbers and arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.solved import SolvedAt
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Everything that decides how a population trains on, bit for bit; replicas are the first axis of each array. A
    lone network is the only replica.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the next window to train, the same for all.
        generation: how often the data was regenerated.
        draw: which of each seed's random starts the weights came from.
        weights: float32 [replicas, ...] by name.
        carried_state: float32 [replicas, batch_size, carried], the states that the last window handed on.
        optimizer: the optimizer's variables (iteration count, learning rate, slots), [replicas, ...], in its order.
        solved: when each replica solved the task.
    """

    configs: tuple[EchoConfig, ...]
    epoch: int
    window: int
    generation: int
    draw: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]
    solved: SolvedAt

    @classmethod
    def of_one(cls, state: TrainerState) -> PopulationState:
        """The state of a population that has only this replica, which does not say when it was solved."""
        return cls(
            (state.config,),
            state.epoch,
            state.window,
            state.generation,
            state.draw,
            {name: values[np.newaxis] for name, values in state.weights.items()},
            state.carried_state[np.newaxis],
            tuple(np.asarray(values)[np.newaxis] for values in state.optimizer),
            SolvedAt.unknown(1),
        )

    @property
    def config(self) -> EchoConfig:
        """The first replica's configuration with the number of replicas; it describes all if they differ by consecutive
        seeds.
        """
        return dataclasses.replace(self.configs[0], replicas=len(self.configs))

    @property
    def is_finite(self) -> bool:
        """Whether at least one replica has only finite weights; training cannot continue from non-finite ones."""
        replicas = len(self.configs)
        finite = [np.isfinite(array.reshape(replicas, -1)).all(axis=1) for array in self.weights.values()]
        return bool(np.logical_and.reduce(finite).any())

    def of(self, replica: int) -> TrainerState:
        """The state of one replica: a `Trainer` of its configuration that restores it trains on alone."""
        return TrainerState(
            self.configs[replica],
            self.epoch,
            self.window,
            self.generation,
            self.draw,
            {name: values[replica] for name, values in self.weights.items()},
            self.carried_state[replica],
            tuple(values[replica] for values in self.optimizer),
        )

    def only(self, replicas: Sequence[int]) -> PopulationState:
        """The state of a population that has only these replicas, in this order."""
        which = list(replicas)
        return dataclasses.replace(
            self,
            configs=tuple(self.configs[replica] for replica in which),
            weights={name: values[which] for name, values in self.weights.items()},
            carried_state=self.carried_state[which],
            optimizer=tuple(values[which] for values in self.optimizer),
            solved=self.solved.only(which),
        )
