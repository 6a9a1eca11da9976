"""A loss that is no finite number: where it happened, and the last good state, from which it is reached again."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from echornn.progress import Progress
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import Trains

REPLAY_SECONDS = 0.04
"""Most training that is done again to come to the window where the loss diverged: commands wait meanwhile."""


class Divergence:
    """Watches the losses of a run.

    Attributes:
        message: where the loss diverged, for people to see; empty while it has not.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.message = ""
        self._clock = clock
        self._last_good: TrainerState
        self._good_at = 0
        self._noted_at = 0.0

    def begin(self, state: TrainerState, trained: int) -> None:
        """Begin a new stretch of windows, from this state after ``trained`` windows of the run."""
        self.message = ""
        self._note(state, trained)

    def passed(self, state: TrainerState, trained: int) -> None:
        """Take note of a state that can be gone back to, if its weights are finite."""
        if state.is_finite:
            self._note(state, trained)

    def goes_on(self, trainer: Trains, trained: int) -> None:
        """Some windows are to be trained: where the last state is too old to be trained again from, take note of
        this one."""
        if self._clock() - self._noted_at >= REPLAY_SECONDS:
            self.passed(trainer.state, trained)

    def _note(self, state: TrainerState, trained: int) -> None:
        self._last_good, self._good_at, self._noted_at = state, trained, self._clock()

    def cut(self, progress: Progress, trainer: Trains, trained: int) -> Progress:
        """The windows up to the first whose loss is no finite number, at which `message` is set; else all of them.

        The trainer is taken back to its last good state and trained again up to there, which gives the same bits.

        Args:
            progress: what ``trainer`` has just trained.
            trained: windows of the run before them.
        """
        bad = np.flatnonzero(~np.isfinite(progress.losses))
        if len(bad) == 0:
            self.message = ""
        elif not self.message:
            if self._last_good.is_finite:
                count = int(bad[0]) + 1
                trainer.restore(self._last_good)
                progress = trainer.advance(trained - self._good_at + count)
                losses, errors = progress.losses[-count:], progress.errors[-count:]
                progress = dataclasses.replace(progress, losses=losses, errors=errors)
            loss, window, epoch = progress.losses[-1], progress.window + 1, progress.epoch + 1
            self.message = f"the loss is {loss} in window {window} of epoch {epoch}: paused there"
        return progress
