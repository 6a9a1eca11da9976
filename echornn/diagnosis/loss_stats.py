"""Statistics of the losses so far: the newest losses, means of blocks, and when the echo was solved or lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import lost_level, solved_level
from echornn.data.solved import RECENT_WINDOWS as RECENT_WINDOWS
from echornn.history.curve import BlockMeans
from echornn.progress import Floats
from echornn.tasks.task import Level


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
        still = 2 * solved_level(was) if was.the_task.echoed_lag is not None else lost_level(was)
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


NEAR = 0.2
"""A loss is at a level if it differs from it by at most this share of the distance to the next level on that side, or
by less than its own uncertainty. If the uncertainty is more than half a distance, the loss is at no level.
"""


@dataclass(frozen=True)
class LadderPosition:
    """The position of a mean loss on a ladder. It says how much a learner with such a loss knows, not what the network
    knows.

    Attributes:
        at: the level that the loss is at; None if it is at none.
        above: the level before that, or the last level whose loss is clearly higher.
        next: the level after that, or the first level whose loss is clearly lower; None at the last level.
    """

    at: Level | None
    above: Level
    next: Level | None


def ladder_position(
    ladder: Sequence[Level], mean: float, unsure: float = 0.0, solved: float = -math.inf
) -> LadderPosition | None:
    """The position of a mean loss on a ladder; None if the ladder has fewer than two losses, or the mean is not known.

    If several levels have the same loss, the first counts: its learner knows least. No loss is at the first level;
    whether it is at chance is decided by `LossTrend`.

    Args:
        ladder: from chance to everything known.
        unsure: the uncertainty of the mean; NaN if it is not known.
        solved: the loss below which the task is solved; if it is finite, only lower losses are at the last level.
    """
    levels = distinct(ladder)
    if len(levels) < 2 or math.isnan(mean):
        return None
    unsure = 0.0 if math.isnan(unsure) else unsure
    for index in range(1, len(levels)):
        lowest, highest = _range(levels, index, unsure, solved)
        if lowest <= mean <= highest:
            return _position(levels[index - 1], levels[index], levels[index + 1 :])
    higher = [level for level in levels if level.loss > mean + unsure]
    lower = [level for level in levels[1:] if level.loss < mean - unsure]
    above = higher[-1] if higher else levels[0]
    return _position(above, None, lower or [level for level in levels[-1:] if level is not above])


def _position(above: Level, at: Level | None, lower: Sequence[Level]) -> LadderPosition:
    return LadderPosition(at, above, lower[0] if lower else None)


def _range(levels: Sequence[Level], index: int, unsure: float, solved: float) -> tuple[float, float]:
    """The lowest and the highest mean loss that counts as at this level, which is not the first; NaN if the uncertainty
    is too large.
    """
    loss, is_last = levels[index].loss, index == len(levels) - 1
    before = levels[index - 1].loss - loss
    after = before if is_last else loss - levels[index + 1].loss
    if unsure > min(before, after) / 2:
        return math.nan, math.nan
    highest = loss + max(NEAR * before, unsure)
    if is_last:
        return -math.inf, min(solved, loss + before / 2) if math.isfinite(solved) else highest
    return loss - max(NEAR * after, unsure), highest


def distinct(ladder: Sequence[Level]) -> list[Level]:
    """The levels of a ladder; a level is left out if its loss equals the loss of the level before."""
    levels = list(ladder[:1])
    for level in ladder[1:]:
        if level.loss < levels[-1].loss - LEAST * ladder[0].loss:
            levels.append(level)
    return levels


LEAST = 1e-6
"""Levels whose losses differ by less than this share of chance have the same loss."""
