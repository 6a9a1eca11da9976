"""Where on a task's ladder a mean loss below chance is: at a level, or between two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from echornn.tasks.task import Level

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
