"""Whether two shares of solved seeds differ by more than seeds do by chance."""

from __future__ import annotations

import math
from typing import NamedTuple

from echornn.analysis.lottery import wilson

LEAST_SEEDS = 2
"""One seed is luck: nothing is said of fewer than these."""


class Difference(NamedTuple):
    """A share of solved seeds less another one, each from 0 to 1, so from -1 to 1.

    Attributes:
        value: as counted.
        low, high: its 95 % interval.
    """

    value: float
    low: float
    high: float

    @property
    def is_told(self) -> bool:
        """Whether it is more than chance makes of two shares that are the same."""
        return self.low > 0 or self.high < 0


def difference(solved: int, of: int, other_solved: int, other_of: int) -> Difference:
    """How much the share of solved seeds is above another one, with Newcombe's 95 % interval (1998, method 10: from the
    Wilson intervals of both). It takes the seeds of the one to be independent of those of the other.

    Args:
        solved, of: solved seeds, of so many, 1 or more.
        other_solved, other_of: those of the other.

    Raises:
        ValueError: a share is of no seeds.
    """
    if min(of, other_of) < 1:
        raise ValueError(f"shares of {of} and {other_of} seeds cannot be compared: 1 or more each")
    one, other = solved / of, other_solved / other_of
    (low, high), (other_low, other_high) = wilson(solved, of), wilson(other_solved, other_of)
    value = one - other
    below = math.hypot(one - low, other_high - other)
    above = math.hypot(high - one, other - other_low)
    return Difference(value, max(-1.0, value - below), min(1.0, value + above))
