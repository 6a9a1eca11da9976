"""What decides how a population trains on, as plain numbers and arrays, free of TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.solved import SolvedAt
from echornn.trainer_state import TrainerState


@dataclass(frozen=True, eq=False)
class PopulationState:
    """Everything that decides how a population goes on, bit for bit; replicas are each array's first axis.

    Attributes:
        configs: what each replica trains.
        epoch, window: the next window to train, the same for all.
        generation: how often the data was regenerated.
        draw: which of each seed's random starts the weights came from.
        weights: float32 [replicas, ...] by name.
        carried_state: float32 [replicas, batch_size, carried].
        optimizer: the optimizer's variables, as a trainer's has them.
        solved: when each was solved.
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

    def of(self, replica: int) -> TrainerState:
        """The state of one replica: a `Trainer` of its configuration that restores it goes on alone."""
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
