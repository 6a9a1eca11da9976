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
        config = self.config
        seeds = range(config.seed, config.seed + config.replicas)
        self.numbers = [_hashed(config.state_size, seed, init_index) for seed in seeds]

    def _losses(self, n: int) -> Floats:
        config = self.config
        windows = np.empty((n, config.replicas))
        for row in range(n):
            place = divmod(self._position + row, config.windows_per_epoch)
            what = (config.learning_rate, config.echo_step, self.data_version, *place)
            self.numbers = [_hashed(number, *what) for number in self.numbers]
            windows[row] = self.numbers
        return (windows / 2**32).astype(np.float32)

    @property
    def state(self) -> PopulationState:
        state = super().state
        return replace(state, optimizer=(*state.optimizer, np.array(self.numbers)))

    def restore(self, state: PopulationState) -> None:
        super().restore(state)
        self.numbers = state.optimizer[1].tolist()


def _hashed(*values: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(values).encode()).digest()[:4], "little")
