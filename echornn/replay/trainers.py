"""Makes the trainers of a run, compiles them, and measures how long a call takes."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.replay.pace import Pace
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.trained_on import NO_DEVICES, Devices, moved, program_of


class Trainers:
    """Makes a run's trainers, one after the other.

    Attributes:
        devices: the device on which each program trained last.
        moved: a text that says that a trainer is on another device than before; empty if none is.

    Args:
        make_trainer: makes a trainer, which is not compiled yet.
        pace: gets the time that a call of each new trainer takes.
        clock: seconds that never go back.
        devices: the device on which each program trained before.
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
        """A new trainer, not compiled yet."""
        trainer = self._make_trainer(config)
        self.moved = moved(config, trainer.device, self.devices) or self.moved
        self.devices = {**self.devices, program_of(config): trainer.device}
        return trainer

    def make(self, config: EchoConfig) -> AnyTrainer:
        """A new trainer, compiled."""
        trainer = self.uncompiled(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        """Compile this trainer, and measure its calls."""
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # this takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)
