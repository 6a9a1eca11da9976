"""What the losses of a network tell: statistics, the place on the task's ladder, and as text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.history.block_means import BlockMeans
from echornn.history.buckets import Windows
from echornn.levels import BELOW_CHANCE, FAR_ABOVE, RECENT_WINDOWS, lost_level
from echornn.progress import Floats
from echornn.tasks.task import Level

# Times chance: a loss above this, after `RECENT_WINDOWS` below chance, has left its range; chosen
# by eye
LEAP = 2.0
# Times the standard deviation of these: losses of a few trials scatter by more than chance
OF_SPREAD = 8

# The share of the distance to the next level on that side within which a loss is at a level,
# however sure it is: so near, both are written with almost the same digits; chosen by eye
NEAR = 0.01
SAME_LEVEL = 1e-6  # levels whose losses differ by less than this share of chance have the same loss

VERY_LARGE = 1e5  # a loss that is shorter as a power of ten


@dataclass(frozen=True, eq=False)
class LossStats:
    """Statistics of the losses since the weights or the task last changed; windows are those of the
    path, from 1."""

    windows: int = 0  # trained since then
    # [up to RECENT_WINDOWS], oldest first
    recent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    solved_at: int | None = None  # the window at which the mean first fell below the solved level
    # Since any setting, like the learning rate, changed
    block_means: BlockMeans = field(default_factory=BlockMeans)
    # Of an earlier task, which these weights had solved before it was changed
    before: EchoConfig | None = None
    # The window at which the task was lost again; None also if it was solved since
    lost_at: int | None = None
    # The window at which the loss left its range, for the last time if it came back
    left_at: int | None = None
    left_to: float = math.nan  # its loss
    left_norm: float = math.nan  # the norm of its gradient; NaN if unknown

    @property
    def mean(self) -> float:
        """The mean of the recent losses in nats; NaN if there are none, or if one is NaN."""
        if not self.recent.size:
            return math.nan
        return float(self.recent.mean(dtype=np.float64))

    @property
    def mean_spread(self) -> float:
        """Two standard errors of the mean, from the scatter of the recent losses; NaN if there are
        fewer than two."""
        count = self.recent.size
        if count < 2:
            return math.nan
        return 2 * float(self.recent.std(ddof=1, dtype=np.float64)) / math.sqrt(count)

    def under(self, config: EchoConfig, was: EchoConfig, trained: int) -> LossStats:
        """The statistics with which the same weights continue under another configuration after
        ``trained`` windows."""
        if config == replace(was, num_epochs=config.num_epochs):
            return self
        no_blocks = BlockMeans(begun=trained)
        if config.same_task(was):
            return replace(self, block_means=no_blocks)
        if self.solved_at is not None and self.mean < lost_level(was):
            return LossStats(block_means=no_blocks, before=was)
        return LossStats(block_means=no_blocks, before=self.before)

    def leaving(
        self, before: Floats, losses: Floats, norms: Floats, trained: int, chance: float
    ) -> LossStats:
        """With the window, after ``trained`` windows, at which the loss left its range: from
        `RECENT_WINDOWS` clearly below chance to far above them and above `LEAP` times chance; or
        else the first that is not finite or above `FAR_ABOVE` times chance. ``before`` are the
        losses before these; ``chance`` is infinite if it is not known.
        """
        if (losses < LEAP * chance).all():  # as nearly always
            return self
        left = _leaps(before, losses, chance)[-1:]
        if not len(left) and self.left_at is None:
            left = np.flatnonzero(~(losses < FAR_ABOVE * chance))[:1]
        if not len(left):
            return self
        window = int(left[0])
        return replace(
            self,
            left_at=trained + window + 1,
            left_to=float(losses[window]),
            left_norm=float(norms[window]),
        )


def _leaps(before: Floats, losses: Floats, chance: float) -> Windows:
    """The windows at which the loss leaps out of its range."""
    unknown = np.full(RECENT_WINDOWS - len(before), np.nan)
    joined = np.concatenate([unknown, before, losses])
    high = np.flatnonzero(~(joined < LEAP * chance))
    # Behind `RECENT_WINDOWS` losses of which none is high or unknown: so few need their mean
    leaps = high[np.diff(high, prepend=-1) > RECENT_WINDOWS] - RECENT_WINDOWS
    earlier = np.lib.stride_tricks.sliding_window_view(joined, RECENT_WINDOWS)[leaps]
    mean, spread = earlier.mean(axis=-1), earlier.std(axis=-1)
    was_below = mean < BELOW_CHANCE * chance
    is_far = ~(losses[leaps] < mean + OF_SPREAD * spread)
    found: Windows = leaps[was_below & is_far]
    return found


# ---- on the ladder


class LadderPosition(NamedTuple):
    """Where a mean loss is on a ladder: how much a learner with such a loss knows, not what the
    network knows."""

    at: Level | None  # the level that the loss is at; None if it is at none
    above: Level  # the level before that, or the last level whose loss is clearly higher
    # The level after that, or the first whose loss is clearly lower; None at the last level
    next: Level | None


def ladder_position(
    ladder: Sequence[Level], mean: float, unsure: float = 0.0, solved: float = -math.inf
) -> LadderPosition | None:
    """The position of a mean loss on a ladder; None if the ladder has fewer than two losses, or the
    mean is not known.

    No loss is at the first level (see `trend`), and only losses below ``solved`` at the last, if
    that is finite. A loss is at another level within its uncertainty; at none if that is more than
    half a distance.
    """
    levels = distinct(ladder)
    if len(levels) < 2 or math.isnan(mean):
        return None
    if math.isnan(unsure):
        unsure = 0.0
    for number in range(1, len(levels)):
        if _is_at(levels, number, mean, unsure, solved):
            below = levels[number + 1] if number + 1 < len(levels) else None
            return LadderPosition(levels[number], levels[number - 1], below)
    return _position_between(levels, mean, unsure)


def _is_at(levels: Sequence[Level], number: int, mean: float, unsure: float, solved: float) -> bool:
    loss = levels[number].loss
    is_last = number + 1 == len(levels)
    up = down = levels[number - 1].loss - loss
    if not is_last:
        down = loss - levels[number + 1].loss
    if unsure > min(up, down) / 2:  # it may as well be at a neighbour
        return False
    if is_last and math.isfinite(solved):
        return mean <= min(solved, loss + up / 2)
    return loss - max(NEAR * down, unsure) <= mean <= loss + max(NEAR * up, unsure)


def _position_between(levels: Sequence[Level], mean: float, unsure: float) -> LadderPosition:
    above, below = levels[0], levels[-1]
    for level in levels:
        if level.loss > mean + unsure:
            above = level
    for level in reversed(levels[1:]):
        if level.loss < mean - unsure:
            below = level
    return LadderPosition(None, above, None if below is above else below)


def distinct(ladder: Sequence[Level]) -> list[Level]:
    """The levels of different losses: of those with the same loss the first counts, whose learner
    knows least."""
    levels = list(ladder[:1])
    for level in ladder[1:]:
        if level.loss < levels[-1].loss - SAME_LEVEL * ladder[0].loss:
            levels.append(level)
    return levels


# ---- as text


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss in nats with ``decimals`` decimals; as a power of ten if it is very large or would
    round to zero."""
    if math.isfinite(loss) and abs(loss) >= VERY_LARGE:
        return f"{loss:.3e}"
    text = f"{loss:.{decimals}f}"
    is_rounded_to_zero = not text.strip("-0.")
    if is_rounded_to_zero and loss != 0:
        return f"{loss:.1e}"
    return text


def loss_in_column(loss: float) -> str:
    """A loss below others, with four decimals as they have; ``<0.0001`` if it would round to
    zero."""
    return "<0.0001" if 0 < loss < 0.00005 else loss_text(loss)


def task_loss_text(config: EchoConfig, loss: float) -> str:
    """A loss; of a text also in bits a symbol, as ``1.512 (2.182 bits)``."""
    return loss_text(loss) + bits_text(config, loss)


def bits_text(config: EchoConfig, loss: float) -> str:
    """A loss of a text in bits a symbol, as `` (2.182 bits)``; empty for other tasks."""
    if not config.the_task.characters:
        return ""
    return f" ({loss_text(loss / math.log(2), 3)} bits)"
