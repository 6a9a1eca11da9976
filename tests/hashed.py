"""Trainers whose states are hashes of their whole past, for one or several networks; without TensorFlow."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.population_state import AnyState
from echornn.progress import Floats
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import AnyTrainer
from tests.scripted import ScriptedTrainer
from tests.side_by_side import SideBySide


class HashTrainer(ScriptedTrainer):
    """A trainer whose state is a hash of the previous state and of everything that affects its window."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.reset()

    def reset(self, draw: int = 0) -> None:
        super().reset(draw)
        self.number = _hashed(self.config.state_size, self.config.seed, draw)

    def _losses(self, n: int) -> Floats:
        config = self.config
        numbers = []
        for position in range(self._position, self._position + n):
            place = divmod(position, config.windows_per_epoch)
            self.number = _hashed(self.number, config.learning_rate, config.echo_step, self.generation, *place)
            numbers.append(self.number)
        return (np.array(numbers, np.float64) / 2**32).astype(np.float32)

    @property
    def state(self) -> TrainerState:
        return replace(super().state, optimizer=(np.array(self.trained), np.array(self.number)))

    def restore(self, state: AnyState) -> None:
        super().restore(state)
        self.number = int(state.of(0).optimizer[1])


def _hashed(*values: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(values).encode()).digest()[:4], "little")


def hashed_trainers(config: EchoConfig) -> AnyTrainer:
    """A trainer of one network, or of several side by side."""
    return HashTrainer(config) if config.replicas == 1 else SideBySide(config, HashTrainer)
