"""Networks that follow a script, each by its seed, and trainers of one and of many: no TensorFlow, no work."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Counts, Floats
from echornn.training.any_trainer import AnyTrainer
from tests.scripted import SMALL, ScriptedTrainer
from tests.side_by_side import SideBySide

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


class ScriptedReplica(ScriptedTrainer):
    """One of several networks: its seed says what its losses are, and they how many predictions are wrong."""

    def _losses(self, n: int) -> Floats:
        return scripted_losses(self.config, self.trained, n)[:, 0]

    def _errors(self, losses: Floats) -> Counts:
        return scripted_errors(self.config, losses)


class ScriptedPopulation(SideBySide):
    """Keeps the books of a population, and makes its numbers up by rule."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config, ScriptedReplica)


def scripted_trainers(config: EchoConfig) -> AnyTrainer:
    """A scripted trainer, or a population where there are several replicas."""
    return ScriptedTrainer(config) if config.replicas == 1 else ScriptedPopulation(config)
