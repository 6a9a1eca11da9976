"""Trainers whose states are hashes of their whole past, for one or several networks; without
TensorFlow."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.state import PopulationState
from tests.scripted import ScriptedTrainer


class HashTrainer(ScriptedTrainer):
    """A trainer whose state is a hash of the previous state and of everything that affects its
    window."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.reset()

    def reset(self, init_index: int = 0) -> None:
        super().reset(init_index)
        seeds = range(self.config.seed, self.config.seed + self.config.replicas)
        self.numbers = [_hashed(self.config.state_size, seed, init_index) for seed in seeds]

    def _losses(self, n: int) -> Floats:
        config = self.config
        windows = []
        for position in range(self._position, self._position + n):
            place = divmod(position, config.windows_per_epoch)
            what = (config.learning_rate, config.echo_step, self.data_version, *place)
            self.numbers = [_hashed(number, *what) for number in self.numbers]
            windows.append(self.numbers)
        return (np.array(windows, np.float64).reshape(n, config.replicas) / 2**32).astype(
            np.float32
        )

    @property
    def state(self) -> PopulationState:
        state = super().state
        return replace(state, optimizer=(*state.optimizer, np.array(self.numbers)))

    def restore(self, state: PopulationState) -> None:
        super().restore(state)
        self.numbers = [int(number) for number in state.optimizer[1]]


def _hashed(*values: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(values).encode()).digest()[:4], "little")
