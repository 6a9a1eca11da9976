"""A trainer of which no two paths come to the same, and many of them side by side: no TensorFlow."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.population_state import AnyState, PopulationState
from echornn.progress import PopulationProgress, Progress
from echornn.tasks.solved import Levels, SolvedAt
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import AnyTrainer
from tests.scripted import ScriptedTrainer, make_progress


class HashTrainer(ScriptedTrainer):
    """Each state is a hash of the one before and of all that its window depends on: no two paths come to the same."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.reset()

    def reset(self, draw: int = 0) -> None:
        super().reset(draw)
        self.number = _hashed(self.config.state_size, self.config.seed, draw)

    def _one(self) -> float:
        config = self.config
        depends_on = (config.learning_rate, config.echo_step, self.generation, self.epoch, self.window)
        self.number = _hashed(self.number, *depends_on)
        position = self.epoch * config.windows_per_epoch + self.window + 1
        self.epoch, self.window = divmod(position, config.windows_per_epoch)
        self.trained += 1
        return self.number / 2**32

    def advance(self, n: int) -> Progress:
        losses = []
        for _ in range(n):
            epoch, window = self.epoch, self.window
            losses.append(self._one())
        return make_progress(self.config, epoch, window, losses=losses, generation=self.generation)

    @property
    def state(self) -> TrainerState:
        return replace(super().state, optimizer=(np.array(self.trained), np.array(self.number)))

    def restore(self, state: AnyState) -> None:
        super().restore(state)
        self.number = int(state.of(0).optimizer[1])


def _hashed(*values: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(values).encode()).digest()[:4], "little")


class HashPopulation:
    """Replicas, each of which is a trainer of its own."""

    def __init__(self, config: EchoConfig) -> None:
        self.config = config
        self.trainers = [HashTrainer(config.of(index)) for index in range(config.replicas)]
        self._solved = SolvedAt.never(config.replicas)

    @property
    def epoch(self) -> int:
        return self.trainers[0].epoch

    @property
    def window(self) -> int:
        return self.trainers[0].window

    @property
    def generation(self) -> int:
        return self.trainers[0].generation

    @property
    def draw(self) -> int:
        return self.trainers[0].draw

    @property
    def finished(self) -> bool:
        return self.trainers[0].finished

    @property
    def windows_left(self) -> int:
        return self.trainers[0].windows_left

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def state(self) -> PopulationState:
        each = [one.state for one in self.trainers]
        first = each[0]
        return PopulationState(
            tuple(one.config for one in each),
            *(first.epoch, first.window, first.generation, first.draw),
            {name: np.stack([one.weights[name] for one in each]) for name in first.weights},
            np.stack([one.carried_state for one in each]),
            tuple(np.stack(slots) for slots in zip(*(one.optimizer for one in each), strict=True)),
            self._solved,
        )

    def restore(self, state: AnyState) -> None:
        if not isinstance(state, PopulationState) or state.config != self.config:
            raise ValueError(f"state of {state.config} cannot be restored")
        for index, one in enumerate(self.trainers):
            one.restore(state.of(index))
        self._solved = state.solved

    def edit(self, config: EchoConfig) -> None:
        if not self.config.differs_only_live(config):
            raise ValueError(f"{config} needs a population of its own")
        for index, one in enumerate(self.trainers):
            one.edit(config.of(index))
        if not config.same_task(self.config):
            self._solved = self._solved.anew()
        self.config = config

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        if not self.config.same_program(config):
            raise ValueError(f"{config} needs a population of its own")
        self.config = config
        for index, one in enumerate(self.trainers):
            one.start(config.of(index), draw)
        self._solved = SolvedAt.never(config.replicas)

    def compile(self) -> None:
        for one in self.trainers:
            one.compile()

    def advance(self, n: int) -> PopulationProgress:
        each = [one.advance(n) for one in self.trainers]
        losses = np.stack([one.losses for one in each], axis=-1)
        self._solved = self._solved.after(losses, Levels.of([self.config] * len(each)))
        return PopulationProgress(
            losses,
            np.stack([one.errors for one in each], axis=-1),
            each[0].epoch,
            each[0].window,
            np.stack([one.x.T for one in each], axis=-1),
            np.stack([one.y.T for one in each], axis=-1),
            np.stack([np.swapaxes(one.probabilities, 0, 1) for one in each], axis=-1),
            np.stack([np.swapaxes(one.states, 0, 1) for one in each], axis=-1),
            np.stack([one.init_state for one in each], axis=-1),
            self._solved.at.copy(),
            self._solved.windows,
        )

    def reset(self, draw: int = 0) -> None:
        for one in self.trainers:
            one.reset(draw)
        self._solved = SolvedAt.never(len(self.trainers))

    def regenerate(self) -> None:
        for one in self.trainers:
            one.regenerate()


def hashed_trainers(config: EchoConfig) -> AnyTrainer:
    """One, or many side by side."""
    return HashTrainer(config) if config.replicas == 1 else HashPopulation(config)
