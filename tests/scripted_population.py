"""A population that follows a script, and trainers of both kinds: no TensorFlow, no work."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from echornn.config import EchoConfig, require_epochs
from echornn.population_state import AnyState, PopulationState
from echornn.progress import Counts, Floats, PopulationProgress, Symbols
from echornn.tasks.series import EchoSeries
from echornn.tasks.solved import Levels, SolvedAt
from echornn.training.any_trainer import AnyTrainer
from tests.scripted import SMALL, Books, ScriptedTrainer

SMALL_LOTTERY = dataclasses.replace(SMALL, num_epochs=100, replicas=6)
"""Ten windows an epoch, a thousand in all, seeds 7 to 12: two of three solve it."""

STUCK = math.log(2)


def scripted_losses(config: EchoConfig, first: int, windows: int) -> Floats:
    """The scripted losses after the first so many windows, float32 [windows, replicas]: of every third seed chance; the
    others fall from 0.7, each at a pace of its own."""
    seeds = np.array([(config.seed + index) % 9240 for index in range(config.replicas)])
    falling = 0.7 * 0.99 ** (np.arange(first, first + windows)[:, None] * (1 + seeds % 4))
    return np.where(seeds % 3 == 0, STUCK, falling).astype(np.float32)


def scripted_errors(config: EchoConfig, losses: Floats) -> Counts:
    """As many wrong predictions as fit a loss: half of them at chance, int32 of the losses' shape."""
    share = np.nan_to_num(np.minimum(losses / STUCK, 1) / 2, nan=1.0)
    return np.asarray(np.rint(share * config.predictions_per_window), np.int32)


def _predictions(config: EchoConfig, y: Symbols, wrong: Counts) -> Floats:
    """Probabilities [T, batch_size, classes, replicas] of which so many of each replica, the first, are wrong."""
    places = np.arange(config.predictions_per_window).reshape(y.shape[:2])
    predicted = (y + (places[..., None] < wrong)) % config.num_classes
    hit = np.arange(config.num_classes)[:, None] == predicted[:, :, None]
    return np.where(hit, 0.9, 0.1 / (config.num_classes - 1)).astype(np.float32)


class ScriptedPopulation(Books):
    """Keeps the books of a population, and makes its numbers up by rule.

    Attributes:
        diverges_at: for a replica, the window from which on its losses are no numbers.
    """

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.diverges_at: dict[int, int] = {}
        self._solved = SolvedAt.never(config.replicas)
        self._data: tuple[object, list[EchoSeries]] = (None, [])

    @property
    def trained(self) -> int:
        """Windows since the start."""
        return self._solved.windows

    @property
    def state(self) -> PopulationState:
        replicas = self.config.replicas
        weights = np.full((replicas, 1), self.trained, np.float32)
        weights[self._lost(self.trained - 1)] = math.nan
        return PopulationState(
            tuple(self.config.of(index) for index in range(replicas)),
            *(self.epoch, self.window, self.generation, self.draw),
            {"W": weights},
            np.zeros((replicas, 1), np.float32),
            (np.full(replicas, self.trained),),
            self._solved,
        )

    def _lost(self, window: int) -> list[int]:
        return [replica for replica, at in self.diverges_at.items() if window >= at]

    def restore(self, state: AnyState) -> None:
        if not isinstance(state, PopulationState) or state.config != self.config:
            raise ValueError(f"state of {state.config} cannot be restored")
        self.epoch, self.window, self.generation, self.draw = state.epoch, state.window, state.generation, state.draw
        self._solved = state.solved

    def edit(self, config: EchoConfig) -> None:
        if not self.config.differs_only_live(config):
            raise ValueError(f"{config} needs a population of its own")
        require_epochs(config, self.epoch, self.window)
        if not config.same_task(self.config):
            self._solved = self._solved.anew()
        self.config = config

    def compile(self) -> None:
        self.compiled = True

    def advance(self, n: int) -> PopulationProgress:
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: 1 or more")
        config = self.config
        n = min(n, self.windows_left)
        self.calls.append(n)
        position = self.epoch * config.windows_per_epoch + self.window + n
        epoch, window = divmod(position - 1, config.windows_per_epoch)
        self.epoch, self.window = divmod(position, config.windows_per_epoch)
        losses = scripted_losses(config, self.trained, n)
        for replica, at in self.diverges_at.items():
            losses[max(0, at - self.trained) :, replica] = math.nan
        self._solved = self._solved.after(losses, Levels.of([config] * config.replicas))
        wrong = scripted_errors(config, losses)
        x, y = self._window_of(epoch, window)
        return PopulationProgress(
            losses,
            wrong,
            epoch,
            window,
            x,
            y,
            _predictions(config, y, wrong[-1] if n else np.zeros(config.replicas, np.int32)),
            np.zeros((*y.shape[:2], config.state_size, config.replicas), np.float32),
            np.zeros((config.batch_size, config.num_layers * config.state_size, config.replicas), np.float32),
            self._solved.at.copy(),
            self._solved.windows,
        )

    def _window_of(self, epoch: int, window: int) -> tuple[Symbols, Symbols]:
        """Inputs and targets, uint8 [T, batch_size, replicas]."""
        config = self.config
        key = (config, self.generation, epoch)
        if self._data[0] != key:
            every = [EchoSeries.generate(config.of(index), self.generation, epoch) for index in range(config.replicas)]
            self._data = key, every
        start, steps = window * config.window_stride, config.truncated_backprop_length
        each = [series.window(start, steps) for series in self._data[1]]
        return np.stack([x.T for x, _ in each], axis=-1), np.stack([y.T for _, y in each], axis=-1)

    def reset(self, draw: int = 0) -> None:
        self.epoch = self.window = 0
        self.draw = draw
        self._solved = SolvedAt.never(self.config.replicas)

    def regenerate(self) -> None:
        self.generation += 1
        self.epoch = min(self.epoch, self.config.num_epochs - 1)
        self.window = 0


def scripted_trainers(config: EchoConfig) -> AnyTrainer:
    """A scripted trainer, or a population where there are several replicas."""
    return ScriptedTrainer(config) if config.replicas == 1 else ScriptedPopulation(config)
