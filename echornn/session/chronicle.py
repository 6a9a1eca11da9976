"""What is kept of a session: its curve in memory, its record on disk, and where its loss diverged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from echornn.analysis.loss_history import Cause, LossHistory
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.runs.command import Command
from echornn.runs.recorder import SAVE_SECONDS, Recorder
from echornn.runs.run_dir import Run
from echornn.session.divergence import Divergence
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import Trains


class Chronicle:
    """Told by the training thread what happens.

    Args:
        recorder: keeps the run on disk, where it is to be kept.
        clock: seconds that never go back.
    """

    def __init__(self, recorder: Recorder | None, clock: Callable[[], float]) -> None:
        self.history = LossHistory()
        self.divergence = Divergence(clock)
        self.recorder = recorder
        self._clock = clock
        self._save_at = clock()
        self._unsaved = False
        self._commands = 0

    @property
    def place(self) -> tuple[int, int]:
        """Where the run stands: the number of its newest command, from 0, and the windows trained."""
        return self._commands - 1, len(self.history)

    @property
    def resumed(self) -> Run | None:
        """The run on disk that goes on; None for a new one."""
        return None if self.recorder is None else self.recorder.resumed

    @property
    def warning(self) -> str:
        """What a person should know while training goes on; else empty."""
        parts = (self.divergence.message, "" if self.recorder is None else self.recorder.warning)
        return "; ".join(part for part in parts if part)

    def go_on(self, run: Run, state: TrainerState) -> None:
        """Go on after the run on disk, whose trainer stands here."""
        run.fill(self.history)
        self._commands = len(run.commands)
        self.divergence.begin(state, len(self.history))

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
        trained = len(self.history)
        self._commands += 1
        self.history.begin(cause, trainer.epoch, trainer.window, config.windows_per_epoch, goes_on)
        self.divergence.begin(trainer.state, trained)
        if self.recorder is not None:
            position = (trainer.epoch, trainer.window, trainer.generation, trainer.draw)
            self.recorder.command(Command(trained, cause, *position, config, back))

    def windows(self, progress: Progress, config: EchoConfig) -> None:
        """These windows were trained."""
        self._unsaved = True
        error_rates = progress.errors / config.predictions_per_window
        self.history.append(progress.losses, error_rates.astype(np.float32))
        if self.recorder is not None:
            self.recorder.windows(progress)

    def seconds_to_save(self) -> float | None:
        """When `save` should be called next; None while nothing is unsaved."""
        if self.recorder is not None:
            return self.recorder.seconds_to_save()
        return max(0.0, self._save_at - self._clock()) if self._unsaved else None

    def save(self, state: TrainerState) -> None:
        """Have all that was told brought to the disk, with the trainer's state after it."""
        self._save_at = self._clock() + SAVE_SECONDS
        self._unsaved = False
        self.divergence.passed(state, len(self.history))
        if self.recorder is not None:
            self.recorder.save(state)

    def close(self) -> None:
        """Wait for the last save. Nothing more will come."""
        if self.recorder is not None:
            self.recorder.close()
