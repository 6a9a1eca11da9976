"""Differences of shares: compared with Newcombe's published intervals (1998, table II, method 10), with exact sums in
whole numbers, and over all outcomes when the true shares are equal.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.diagnosis.difference import (
    ERROR,
    LEAST_SEEDS,
    chance_as_the_best,
    difference,
    fisher,
    fisher_above,
    seeds_needed,
)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_published_intervals(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    found = difference(*one, *other)
    assert found.value == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert found.is_told == (low > 0 and fisher(*one, *other) < ERROR)


shares = st.integers(1, 200).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(shares, shares)
def test_the_other_way_round_it_is_the_same_with_the_other_sign(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = difference(*one, *other), difference(*other, *one)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


def test_one_seed_each_never_tells_anything_apart() -> None:
    assert not difference(1, 1, 0, 1).is_told


def test_of_no_seeds_nothing_can_be_said() -> None:
    with pytest.raises(ValueError, match="shares of 0 and 3 seeds cannot be compared"):
        difference(0, 0, 1, 3)


def binomial(of: int, share: float) -> npt.NDArray[np.float64]:
    return np.array([math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(of + 1)])


def test_the_exact_test_is_the_sum_over_all_tables() -> None:
    """The sum is computed exactly, in whole numbers."""
    for of, other_of in ((1, 1), (3, 3), (7, 4), (16, 16), (5, 30)):
        for solved in range(of + 1):
            for other_solved in range(other_of + 1):
                both = solved + other_solved
                ways = [
                    math.comb(of, k) * math.comb(other_of, both - k)
                    for k in range(max(0, both - other_of), min(of, both) + 1)
                ]
                seen = math.comb(of, solved) * math.comb(other_of, other_solved)
                expected = sum(one for one in ways if one <= seen) / sum(ways)
                assert fisher(solved, of, other_solved, other_of) == pytest.approx(expected, rel=1e-9)
                above = sum(ways[solved - max(0, both - other_of) :]) / sum(ways)
                assert fisher_above(solved, of, other_solved, other_of) == pytest.approx(above, rel=1e-9)
    assert fisher(2, 2, 0, 2) == pytest.approx(1 / 3)
    assert 0 < fisher(50_000, 100_000, 51_000, 100_000) < 1e-5


@pytest.mark.parametrize("of", range(2, 17))
@pytest.mark.parametrize("other_of", [2, 5, 11, 16])
def test_equal_shares_are_told_apart_in_no_more_than_5_of_100_cases(of: int, other_of: int) -> None:
    """For any true share: sums the probabilities of all outcomes of both samples."""
    told = np.array([[difference(a, of, b, other_of).is_told for b in range(other_of + 1)] for a in range(of + 1)])
    for share in np.linspace(0, 1, 41):
        assert binomial(of, share) @ told @ binomial(other_of, share) <= ERROR
    if max(of, other_of) < LEAST_SEEDS:
        assert not told.any()


def test_the_fewest_seeds_that_can_be_told_apart() -> None:
    for few in range(1, LEAST_SEEDS):
        assert not difference(few, few, 0, few).is_told
    assert difference(LEAST_SEEDS, LEAST_SEEDS, 0, LEAST_SEEDS).is_told


@pytest.mark.parametrize("cells", [2, 20, 60])
@pytest.mark.parametrize("seeds", [8, 16, 64])
@pytest.mark.parametrize(("share", "of_the_best"), [(0.5, 0.5), (0.9, 0.9), (0.5, 0.55)])
def test_the_best_of_many_is_ruled_out_in_no_more_than_5_of_100_maps(
    cells: int, seeds: int, share: float, of_the_best: float
) -> None:
    """Simulates maps in which the first cell is the best or all are equal, and compares it with the cell that came out
    best.
    """
    draws = np.random.default_rng(7)
    first = draws.binomial(seeds, of_the_best, 2000)
    most = draws.binomial(seeds, share, (2000, cells - 1)).max(axis=1)
    ends, count = np.unique(np.stack([most, first]), axis=1, return_counts=True)
    chances = np.array([chance_as_the_best(int(high), seeds, int(low), seeds, cells - 1) for high, low in ends.T])
    assert count[chances < ERROR].sum() / len(first) <= ERROR


def test_a_cell_far_below_the_best_of_many_is_ruled_out() -> None:
    assert chance_as_the_best(16, 16, 7, 16, 59) < ERROR < chance_as_the_best(16, 16, 8, 16, 59)
    assert chance_as_the_best(8, 8, 0, 8, 111) < ERROR, "a map with 6,216 pairs"
    assert chance_as_the_best(8, 8, 8, 8, 111) == 1


def test_how_many_seeds_a_map_needs() -> None:
    assert seeds_needed(2) == LEAST_SEEDS
    for cells in (20, 60, 1000):
        needed = seeds_needed(cells)
        bound = ERROR / (cells - 1)
        assert 1 / math.comb(2 * needed, needed) < bound <= 1 / math.comb(2 * needed - 2, needed - 1)


@pytest.mark.parametrize("of", [6, 10, 16])
def test_the_same_seeds_on_both_sides_are_told_apart_even_less_often(of: int) -> None:
    """Sums all outcomes of pairs that agree, seed by seed, with some probability."""
    told = np.array([[difference(a, of, b, of).is_told for b in range(of + 1)] for a in range(of + 1)])
    for share in (0.1, 0.3, 0.5, 0.8):
        wrong = []
        for same in (0.0, 0.3, 0.7, 1.0):
            apart = (1 - same) * np.outer([1 - share, share], [1 - share, share]) + same * np.diag([1 - share, share])
            counts = np.ones((1, 1))
            for _ in range(of):
                grown = np.zeros((len(counts) + 1, len(counts) + 1))
                for (one, other), chance in np.ndenumerate(apart):
                    grown[one : one + len(counts), other : other + len(counts)] += chance * counts
                counts = grown
            wrong.append((counts * told).sum())
        assert wrong == sorted(wrong, reverse=True)
        assert wrong[0] <= ERROR
        assert wrong[-1] == 0
