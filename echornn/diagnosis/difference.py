"""Statistical tests: whether two shares of solved seeds differ by more than chance."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.diagnosis.seed_stats import wilson

LEAST_SEEDS = 4
"""The fewest seeds for a comparison: with 3 each, chance alone gives 3 of 3 against 0 of 3 in 1 of 10 cases."""

ERROR = 0.05
"""The largest allowed probability of calling two equal shares different."""

ROUNDING = 1e-7
"""Tables whose probabilities differ by less than this share count as equally likely."""


class Difference(NamedTuple):
    """The difference of two shares of solved seeds, -1 to 1.

    Attributes:
        value: the difference of the observed shares.
        low, high: the 95 % interval of the difference.
        chance: the probability, 0 to 1, of a difference at least this large if both true shares are equal.
    """

    value: float
    low: float
    high: float
    chance: float

    @property
    def is_told(self) -> bool:
        """Whether the difference is statistically significant: the exact test says so, and zero is outside the
        interval.
        """
        return self.chance < ERROR and (self.low > 0 or self.high < 0)


def difference(solved: int, of: int, other_solved: int, other_of: int) -> Difference:
    """The difference between two shares of solved seeds, with Newcombe's 95 % interval (1998, method 10: from the
    Wilson intervals of both shares) and the p-value of Fisher's exact test.

    Both assume independent groups of seeds. If both groups use the same seeds, and the same seeds do well in both,
    fewer than 5 % of equal shares are called different.

    Args:
        solved, of: the number of solved seeds, and of all seeds (at least 1), of the first share.
        other_solved, other_of: the same for the second share.

    Raises:
        ValueError: a share has no seeds.
    """
    if min(of, other_of) < 1:
        raise ValueError(f"shares of {of} and {other_of} seeds cannot be compared: each share needs 1 seed or more")
    one, other = solved / of, other_solved / other_of
    (low, high), (other_low, other_high) = wilson(solved, of), wilson(other_solved, other_of)
    value = one - other
    below = math.hypot(one - low, other_high - other)
    above = math.hypot(high - one, other - other_low)
    return Difference(
        value, max(-1.0, value - below), min(1.0, value + above), fisher(solved, of, other_solved, other_of)
    )


def fisher(solved: int, of: int, other_solved: int, other_of: int) -> float:
    """The two-sided p-value of Fisher's exact test (1935): given the total of solved seeds, the probability of a table
    at most as likely as this one. Arguments as in `difference`.
    """
    first, chances = _tables(solved + other_solved, of, other_of)
    as_far = chances <= chances[solved - first] * (1 + ROUNDING)
    return float(chances[as_far].sum())


@lru_cache(maxsize=1 << 12)
def fisher_above(solved: int, of: int, other_solved: int, other_of: int) -> float:
    """The one-sided p-value of Fisher's exact test: given the total of solved seeds, the probability that the first
    group has at least this many, if its true share is not larger. Arguments as in `difference`.
    """
    first, chances = _tables(solved + other_solved, of, other_of)
    return float(chances[solved - first :].sum())


@lru_cache(maxsize=1 << 12)
def _tables(both: int, of: int, other_of: int) -> tuple[int, npt.NDArray[np.float64]]:
    """The fewest solved seeds that the first group can have, and the probabilities of this count and all larger
    ones.
    """
    first, last = max(0, both - other_of), min(of, both)
    before = np.arange(first, last, dtype=np.float64)  # solved seeds of the first group; each step moves one seed to it
    steps = np.log((of - before) * (both - before)) - np.log((before + 1) * (other_of - both + before + 1))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    chances = np.exp(logs - logs.max())
    return first, chances / chances.sum()


def chance_as_the_best(best_solved: int, best_of: int, solved: int, of: int, comparisons: int) -> float:
    """The p-value of the hypothesis that a share of solved seeds is truly the best, given the largest observed share.

    It is one-sided, and multiplied by the number of comparisons (Bonferroni); below `ERROR` the share is ruled out as
    the best. The truly best share is ruled out in at most `ERROR` of cases. This holds although the largest share is
    selected by its counts, since another share would have to be this far above by chance (Gupta's subset selection,
    1965; Hsu's comparisons with the best, 1984).
    """
    return min(1.0, comparisons * fisher_above(best_solved, best_of, solved, of))


def seeds_needed(count: int) -> int:
    """The fewest seeds per cell, for ``count`` cells, with which a cell can be ruled out as the best: none solved
    against all solved.
    """
    enough = (
        seeds for seeds in itertools.count(LEAST_SEEDS) if chance_as_the_best(seeds, seeds, 0, seeds, count - 1) < ERROR
    )
    return next(enough)
