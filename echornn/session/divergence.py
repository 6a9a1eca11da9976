"""A loss that is no finite number: the windows up to it, and what it is called."""

from __future__ import annotations

import dataclasses

import numpy as np

from echornn.progress import Progress
from echornn.session.edits import Moment
from echornn.training.any_trainer import Trains

REPLAY_SECONDS = 0.04
"""Most training that is done again to come to the window where the loss diverged: commands wait meanwhile."""


def diverges(progress: Progress) -> bool:
    """Whether a loss of these windows is no finite number."""
    return not bool(np.isfinite(progress.losses).all())


def up_to_it(progress: Progress, trainer: Trains, before: Moment, trained: int) -> Progress:
    """The windows up to the first whose loss is no finite number.

    Where windows were trained after it, the trainer is taken back to the moment before and trained again up to there,
    which gives the same bits. From weights that are no finite numbers themselves, all are given.

    Args:
        progress: what ``trainer`` has just trained.
        before: a moment of this trainer under the same command.
        trained: windows of the run before ``progress``.
    """
    count = int(np.flatnonzero(~np.isfinite(progress.losses))[0]) + 1
    if count == len(progress.losses) or not before.state.is_finite:
        return progress
    trainer.restore(before.state)
    again = trainer.advance(trained - before.trained + count)
    return dataclasses.replace(again, losses=again.losses[-count:], errors=again.errors[-count:])


def said(progress: Progress) -> str:
    """Where the loss diverged, for people to see."""
    return (
        f"the loss is {progress.losses[-1]} in window {progress.window + 1} of epoch {progress.epoch + 1}: paused there"
    )
