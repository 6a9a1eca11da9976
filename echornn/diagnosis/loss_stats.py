"""Statistics of the losses so far: the newest losses, means of blocks, and when the echo was solved or lost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import is_echo, lost_level, solved_level
from echornn.data.solved import RECENT_WINDOWS as RECENT_WINDOWS
from echornn.history.block_means import BlockMeans
from echornn.progress import Floats


@dataclass(frozen=True, eq=False)
class LossStats:
    """Statistics of the losses since the weights or the task last changed, without keeping all losses.

    Attributes:
        windows: the number of windows trained since then.
        recent: float32 [up to RECENT_WINDOWS], the newest losses, oldest first; fewer if older losses are not in
            memory.
        solved_at: the window along the path, from 1, at which the mean of `RECENT_WINDOWS` losses first fell below
            `solved_level`; None if it never did.
        block_means: mean losses of blocks since any setting of training, including the learning rate, last changed.
        before: the configuration of an earlier task that these weights had solved before the task was changed; None if
            there was none, or if the weights are new.
        lost_at: the window along the path, from 1, at which the task was lost again, see
            `echornn.data.solved.crossings`; None if it was not, or if it has been solved again.
        diverged_at: the window along the path, from 1, at which the loss first was not finite, or was above
            `echornn.data.levels.most_loss`, since the weights or the task last changed; None if it never was.
        diverged_to: the loss of that window; NaN without one.
    """

    windows: int = 0
    recent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    solved_at: int | None = None
    block_means: BlockMeans = field(default_factory=BlockMeans)
    before: EchoConfig | None = None
    lost_at: int | None = None
    diverged_at: int | None = None
    diverged_to: float = math.nan

    @property
    def mean(self) -> float:
        """The mean of the recent losses in nats; NaN if there are none, or if one is NaN."""
        return float(self.recent.mean(dtype=np.float64)) if self.recent.size else math.nan

    def under(self, config: EchoConfig, was: EchoConfig, trained: int) -> LossStats:
        """The statistics with which the same weights continue under another configuration, after ``trained`` windows
        along the path.
        """
        if config == replace(was, num_epochs=config.num_epochs):
            return self
        if config.same_task(was):
            return replace(self, block_means=BlockMeans(begun=trained))
        still = 2 * solved_level(was) if is_echo(was) else lost_level(was)
        solved = self.solved_at is not None and self.mean < still
        return LossStats(block_means=BlockMeans(begun=trained), before=was if solved else self.before)

    def diverging(self, losses: Floats, trained: int, most: float) -> LossStats:
        """The statistics with the first of these losses, float32 [n], that is above ``most`` or not finite, if there
        was none before.

        Args:
            trained: the number of windows along the path before these losses.
            most: see `echornn.data.levels.most_loss`.
        """
        beyond = np.flatnonzero(~(np.isfinite(losses) & (losses <= most)))
        if self.diverged_at is not None or not beyond.size:
            return self
        first = int(beyond[0])
        return replace(self, diverged_at=trained + first + 1, diverged_to=float(losses[first]))

    def until(self, window: int) -> LossStats:
        """The statistics without a divergence after this window of the path."""
        later = self.diverged_at is not None and self.diverged_at > window
        return replace(self, diverged_at=None, diverged_to=math.nan) if later else self
