"""Compares the cells of a map: which has the highest success rate, and which others may be equally good."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from echornn.diagnosis.difference import ERROR, LEAST_SEEDS, chance_as_the_best
from echornn.maps.seed_counts import SeedCounts

Place = tuple[int, int]
"""The row and column of a cell."""


@dataclass(frozen=True)
class Ranking:
    """The best cell, and how the other cells compare with it.

    With 95 % confidence, the cell with the truly highest success rate is `best`, one of `tied` or one of `close`; see
    `chance_as_the_best`.

    Attributes:
        best: the cell with the largest share of solved seeds; if several are equal, the cell in which half of the seeds
            solved the echo first.
        tied: other cells with the same share.
        close: cells with a smaller share that may truly be the best.
        below: cells that are ruled out as the best, with p-values adjusted for all comparisons.
        of_others: cells of other program versions, which are not compared.
        solved, count: the number of solved seeds and of all seeds of the best cell.
    """

    best: Place
    tied: frozenset[Place]
    close: frozenset[Place]
    below: Mapping[Place, float]
    solved: int
    count: int
    of_others: frozenset[Place] = frozenset()

    @property
    def cells(self) -> int:
        """The number of ranked cells."""
        return 1 + self.comparisons

    @property
    def comparisons(self) -> int:
        """The number of comparisons: the best cell with each other cell."""
        return len(self.tied) + len(self.close) + len(self.below)


def can_be_ranked(counts: SeedCounts) -> bool:
    """Whether a cell is a single point with enough seeds, all of which are finished."""
    return counts.is_whole and not counts.is_pooled and counts.finished >= LEAST_SEEDS


def ranking_of(all_counts: Mapping[Place, SeedCounts]) -> Ranking | None:
    """The ranking of these cells. Only cells of the newest version among them are ranked, if they can be. None if fewer
    than two cells are left.
    """
    rankable = {place: counts for place, counts in all_counts.items() if can_be_ranked(counts)}
    version = max((counts.version for counts in rankable.values()), default=0)
    ranked = {place: counts for place, counts in rankable.items() if counts.version == version}
    of_others = frozenset(rankable.keys() - ranked.keys())
    if len(ranked) < 2:
        return None
    best = min(ranked, key=lambda place: _merit(ranked[place]))
    top = ranked.pop(best)
    tied = frozenset(place for place, counts in ranked.items() if counts.success == top.success)
    chances = {
        place: chance_as_the_best(top.solved, top.finished, counts.solved, counts.finished, len(ranked))
        for place, counts in ranked.items()
        if place not in tied
    }
    below = {place: chance for place, chance in chances.items() if chance < ERROR}
    close = frozenset(chances.keys() - below.keys())
    return Ranking(best, tied, close, below, top.solved, top.finished, of_others)


def _merit(counts: SeedCounts) -> tuple[float, float, float]:
    """A sort key for cells; smaller is better."""
    return -counts.success, math.inf if counts.half_solved is None else counts.half_solved, counts.loss
