"""The state of a population: everything that determines its further training, as plain numbers and arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.progress import Floats
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Everything that determines a population's further training, bit for bit. Replicas are the first axis of each
    array. A single network is a population of one.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the position of the next window to train, both from 0, the same for all replicas.
        data_version: how many times new data has been drawn.
        init_index: the number of the initial weights, from 0.
        weights: float32 [replicas, ...] by name.
        carried_state: float32 [replicas, batch_size, carried], the states after the last window.
        optimizer: the optimizer's variables (iteration count, learning rate, slots), [replicas, ...], in the
            optimizer's order.
        solved: when each replica solved the task.
        influence: the arrays that the learning rule carries besides the state, float32 [replicas, ...] by name; none
            with tbptt.
    """

    configs: tuple[EchoConfig, ...]
    epoch: int
    window: int
    data_version: int
    init_index: int
    weights: dict[str, Floats]
    carried_state: Floats
    optimizer: tuple[npt.NDArray[Any], ...]
    solved: SolvedAt
    influence: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of_one(cls, state: TrainerState) -> PopulationState:
        """The state of a population of only this network, in which the window that solved the task is unknown."""
        return cls(
            (state.config,),
            state.epoch,
            state.window,
            state.data_version,
            state.init_index,
            {name: values[np.newaxis] for name, values in state.weights.items()},
            state.carried_state[np.newaxis],
            tuple(np.asarray(values)[np.newaxis] for values in state.optimizer),
            SolvedAt.unknown(1),
            {name: values[np.newaxis] for name, values in state.influence.items()},
        )

    @property
    def config(self) -> EchoConfig:
        """The first replica's configuration, with the number of replicas. It describes all replicas if their seeds are
        consecutive and nothing else differs.
        """
        return dataclasses.replace(self.configs[0], replicas=len(self.configs))

    @property
    def is_finite(self) -> bool:
        """Whether at least one replica has only finite weights; training cannot continue otherwise."""
        replicas = len(self.configs)
        finite = [np.isfinite(array.reshape(replicas, -1)).all(axis=1) for array in self.weights.values()]
        return bool(np.logical_and.reduce(finite).any())

    def of(self, replica: int) -> TrainerState:
        """The state of one replica; a `Trainer` of its configuration can restore it and train it alone."""
        return TrainerState(
            self.configs[replica],
            self.epoch,
            self.window,
            self.data_version,
            self.init_index,
            {name: values[replica] for name, values in self.weights.items()},
            self.carried_state[replica],
            tuple(values[replica] for values in self.optimizer),
            {name: values[replica] for name, values in self.influence.items()},
        )

    def only(self, replicas: Sequence[int]) -> PopulationState:
        """The state of a population of only these replicas, in this order."""
        which = list(replicas)
        return dataclasses.replace(
            self,
            configs=tuple(self.configs[replica] for replica in which),
            weights={name: values[which] for name, values in self.weights.items()},
            carried_state=self.carried_state[which],
            optimizer=tuple(values[which] for values in self.optimizer),
            solved=self.solved.only(which),
            influence={name: values[which] for name, values in self.influence.items()},
        )
