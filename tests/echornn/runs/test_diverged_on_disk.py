"""A diverged run for tests in other folders; it goes with the last of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from echornn.progress import PopulationProgress
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Step
from echornn.session.session import Session
from tests.on_a_thread import play
from tests.scripted import SMALL, ScriptedTrainer

ENDLESS = replace(SMALL, num_epochs=1000)

WILD = 1000.0
"""A learning rate at which the loss is NaN or infinite from the fourth window on."""


class WildTrainer(ScriptedTrainer):
    """A trainer that diverges three windows after its rate becomes `WILD`; its state records the windows at that
    rate.
    """

    def advance(self, n: int) -> PopulationProgress:
        if self.config.learning_rate == WILD and self.diverges_at is None:
            self.diverges_at = self.trained + 3
        return super().advance(n)

    def reset(self, init_index: int = 0) -> None:
        super().reset(init_index)
        self.diverges_at = None


def diverge(folder: Path, before: int = 5) -> Session:
    """Train some windows, then at the rate `WILD` until the loss is no longer finite."""
    session = Session(ENDLESS, make_trainer=WildTrainer, recorder=RunRecorder.begin(folder, ENDLESS))
    return play(
        session,
        Step(before),
        Edit({"learning_rate": WILD}),
        Step(9),
    )
