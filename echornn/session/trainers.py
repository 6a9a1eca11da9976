"""Makes and compiles the trainers of a session, and notes on which devices they are."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.session.pace import Pace
from echornn.training.structure import AnyTrainer, Devices, MakeTrainer, device_note, program_key


class Trainers:
    """
    Args:
        make: makes a trainer.
        devices: of the programs of a run that is continued, as it was trained before.
        pace: which does not count the time of compiling.
        clock: in seconds.
    """

    def __init__(
        self, make: MakeTrainer, devices: Devices, pace: Pace, clock: Callable[[], float]
    ) -> None:
        self.devices = devices
        self.note = ""  # a message that a trainer is on another device than before
        self._make, self._pace, self._clock = make, pace, clock

    def make(self, config: EchoConfig) -> AnyTrainer:
        trainer = self._make(config)
        self.note = device_note(config, trainer.device, self.devices) or self.note
        self.devices = {**self.devices, program_key(config): trainer.device}
        return trainer

    def compiled(self, config: EchoConfig) -> AnyTrainer:
        trainer = self.make(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # this takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)
