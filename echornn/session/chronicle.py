"""What is kept of a session: its curve in memory, and its record."""

from __future__ import annotations

import numpy as np

from echornn.analysis.loss_history import Cause, LossHistory
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.runs.command import Command
from echornn.runs.recorder import Recorder
from echornn.runs.run_dir import Run
from echornn.training.any_trainer import Trains


class Chronicle:
    """Told by the training thread what happens.

    Args:
        recorder: keeps the run on disk, or nothing.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.history = LossHistory()
        self.recorder = recorder
        self._commands = 0

    @property
    def place(self) -> tuple[int, int]:
        """Where the run stands: the number of its newest command, from 0, and the windows trained."""
        return self._commands - 1, len(self.history)

    def go_on(self, run: Run) -> None:
        """Go on after the run on disk."""
        run.fill(self.history)
        self._commands = len(run.commands)

    def command(
        self,
        cause: Cause,
        trainer: Trains,
        config: EchoConfig,
        goes_on: bool = False,
        back: tuple[int, int] | None = None,
    ) -> None:
        """Stamp a command on the history and in the record: the next window is the first under it.

        Args:
            goes_on: whether the weights of the window before are trained on.
            back: the `place` that an undo went back to.
        """
        self._commands += 1
        self.history.begin(cause, trainer.epoch, trainer.window, config.windows_per_epoch, goes_on)
        position = (trainer.epoch, trainer.window, trainer.generation, trainer.draw)
        self.recorder.command(Command(len(self.history), cause, *position, config, back))

    def windows(self, progress: Progress, config: EchoConfig) -> None:
        """These windows were trained."""
        error_rates = progress.errors / config.predictions_per_window
        self.history.append(progress.losses, error_rates.astype(np.float32))
        self.recorder.windows(progress)
