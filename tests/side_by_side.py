"""A population of fake trainers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from echornn.config import EchoConfig
from echornn.population_state import AnyState, PopulationState
from echornn.progress import PopulationProgress
from echornn.tasks.solved import Levels, SolvedAt
from tests.scripted import ScriptedTrainer


class SideBySide:
    """A population with a fake trainer for each replica.

    Args:
        config: the configuration of the population.
        make_trainer: makes the trainer of a replica.
    """

    def __init__(self, config: EchoConfig, make_trainer: Callable[[EchoConfig], ScriptedTrainer]) -> None:
        self.config = config
        self._make_trainer = make_trainer
        self._solved = SolvedAt.never(config.replicas)

    @cached_property
    def trainers(self) -> list[ScriptedTrainer]:
        """The trainer of each replica; made when first needed, since there may be a million."""
        return [self._make_trainer(self.config.of(index)) for index in range(self.config.replicas)]

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
        return self.trainers[0].device

    @property
    def calls(self) -> list[int]:
        """The windows of each call so far."""
        return self.trainers[0].calls

    def diverge(self, at: Mapping[int, int]) -> None:
        """Make losses NaN from these windows on, by replica."""
        for replica, window in at.items():
            self.trainers[replica].diverges_at = window

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
            raise ValueError(f"{config} needs a new population")
        for index, one in enumerate(self.trainers):
            one.edit(config.of(index))
        if not config.same_task(self.config):
            self._solved = self._solved.anew()
        self.config = config

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        if not self.config.same_program(config):
            raise ValueError(f"{config} needs a new population")
        for index, one in enumerate(self.trainers):
            one.start(config.of(index), draw)
        self.config = config
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
        self._solved = SolvedAt.never(self.config.replicas)

    def regenerate(self) -> None:
        for one in self.trainers:
            one.regenerate()
