"""Where a run gets its trainers from: made, compiled, and measured."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.session.pace import Pace
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.trained_on import NO_DEVICES, Devices, moved, program_of


class Trainers:
    """Makes what trains, one after the other.

    Attributes:
        devices: where the networks of each program were trained last.
        moved: that a trainer is on another device than such networks were trained on before, for people; empty where
            none is.

    Args:
        make_trainer: makes a trainer, which is not compiled yet.
        pace: is told what a call of each new one takes.
        clock: seconds that never go back.
        devices: where networks were trained before.
    """

    def __init__(
        self, make_trainer: MakeTrainer, pace: Pace, clock: Callable[[], float], devices: Devices = NO_DEVICES
    ) -> None:
        self.devices = devices
        self.moved = ""
        self._make_trainer = make_trainer
        self._pace = pace
        self._clock = clock

    def uncompiled(self, config: EchoConfig) -> AnyTrainer:
        """One that is not ready yet."""
        trainer = self._make_trainer(config)
        self.moved = moved(config, trainer.device, self.devices) or self.moved
        self.devices = {**self.devices, program_of(config): trainer.device}
        return trainer

    def make(self, config: EchoConfig) -> AnyTrainer:
        """One that is ready to train."""
        trainer = self.uncompiled(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        """Have it ready."""
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # which takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)
