"""What a session shows: its newest frame, replaced as a whole whenever something changes."""

from __future__ import annotations

import dataclasses
from typing import Any

from echornn.analysis.theory import Evidence
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.session.frame import Frame, State
from echornn.training.any_trainer import Trains

TAPE_WINDOWS = 32
"""Windows kept in full before the newest, for the screen to scroll by."""


class Stage:
    """Set by the training thread; ``frame`` may be read by any.

    Args:
        frame: the first.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def change(self, **changes: Any) -> None:
        """Show the newest frame with these attributes changed."""
        self.frame = dataclasses.replace(self.frame, **changes)

    def windows(self, progress: Progress, config: EchoConfig) -> None:
        """These windows were trained: the one shown before goes on the tape, and their losses are evidence."""
        frame = self.frame
        tape = frame.tape if frame.progress is None else (*frame.tape, frame.progress)
        evidence = frame.evidence.after(progress.losses, config, frame.trained)
        self.change(
            progress=progress,
            tape=tape[-TAPE_WINDOWS:],
            evidence=evidence,
            epoch=progress.epoch + 1,
            window=progress.window + 1,
            trained=frame.trained + len(progress.losses),
        )

    def begin(self, config: EchoConfig, weights_stay: bool) -> None:
        """Nothing of what was trained before is shown any more; what it has told stays where the weights do."""
        evidence = self.frame.evidence if weights_stay else Evidence()
        self.change(config=config, progress=None, tape=(), evidence=evidence)

    def compile(self, config: EchoConfig) -> None:
        """Another network is being made, and nothing of the one before is shown."""
        self.begin(config, weights_stay=False)
        self.change(state=State.LOADING, message="compiling the training loop", epoch=1, window=0)

    def go_back(self, config: EchoConfig, then: Frame) -> None:
        """This configuration is trained again, and the windows of that frame are shown."""
        place = {"epoch": then.epoch, "window": then.window}
        self.change(config=config, progress=then.progress, tape=then.tape, evidence=then.evidence, **place)

    def stand(self, trainer: Trains, config: EchoConfig, **changes: Any) -> None:
        """Say where the trainer stands: after the windows shown, or where none are, before the next; see `change`."""
        progress = self.frame.progress
        epoch, window = place(trainer.epoch, trainer.window, config)
        if progress is not None:
            epoch, window = progress.epoch + 1, progress.window + 1
        self.change(epoch=epoch, window=window, generation=trainer.generation, draw=trainer.draw, **changes)


def place(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window, both from 0, as a frame says them: the windows done of which epoch, from 1.

    After the last epoch, all windows of it are done.
    """
    return (epoch + 1, window) if epoch < config.num_epochs else (epoch, config.windows_per_epoch)
