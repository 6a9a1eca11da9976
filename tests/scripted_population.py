"""Scripted networks that depend on their seeds, and trainers of one or many: without TensorFlow, without work."""

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
"""Ten windows per epoch, a thousand in all, seeds 7 to 12; two of three seeds solve the task."""

STUCK = math.log(2)


def scripted_losses(config: EchoConfig, first: int, windows: int) -> Floats:
    """The scripted losses of ``windows`` windows after the ``first`` ones, float32 [windows, replicas]: every third
    seed stays at chance; the others fall from 0.7 at different speeds.
    """
    seeds = np.array([(config.seed + index) % 9240 for index in range(config.replicas)])
    falling = 0.7 * 0.99 ** (np.arange(first, first + windows)[:, None] * (1 + seeds % 4))
    return np.where(seeds % 3 == 0, STUCK, falling).astype(np.float32)


def scripted_errors(config: EchoConfig, losses: Floats) -> Counts:
    """Numbers of wrong predictions that fit the losses: half of them at chance; int32 of the same shape."""
    share = np.nan_to_num(np.minimum(losses / STUCK, 1) / 2, nan=1.0)
    return np.asarray(np.rint(share * config.predictions_per_window), np.int32)


class ScriptedReplica(ScriptedTrainer):
    """A network of several: its losses depend on its seed, and its wrong predictions on its losses."""

    def _losses(self, n: int) -> Floats:
        return scripted_losses(self.config, self.trained, n)[:, 0]

    def _errors(self, losses: Floats) -> Counts:
        return scripted_errors(self.config, losses)


class ScriptedPopulation(SideBySide):
    """A population that keeps its counts like a real one, and makes up losses and predictions by rules."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config, ScriptedReplica)


def scripted_trainers(config: EchoConfig) -> AnyTrainer:
    """A scripted trainer, or a scripted population if there are several replicas."""
    return ScriptedTrainer(config) if config.replicas == 1 else ScriptedPopulation(config)
