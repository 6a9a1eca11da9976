"""Where a run gets its trainers from: made, compiled, and measured."""

from __future__ import annotations

from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.session.pace import Pace
from echornn.training.any_trainer import AnyTrainer, MakeTrainer


class Trainers:
    """Makes what trains, one after the other.

    Args:
        make_trainer: makes a trainer, which is not compiled yet.
        pace: is told what a call of each new one takes.
        clock: seconds that never go back.
    """

    def __init__(self, make_trainer: MakeTrainer, pace: Pace, clock: Callable[[], float]) -> None:
        self._make_trainer = make_trainer
        self._pace = pace
        self._clock = clock

    def uncompiled(self, config: EchoConfig) -> AnyTrainer:
        """One that is not ready yet."""
        return self._make_trainer(config)

    def make(self, config: EchoConfig) -> AnyTrainer:
        """One that is ready to train."""
        trainer = self._make_trainer(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        """Have it ready."""
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # which takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)
