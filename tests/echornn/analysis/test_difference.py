"""Differences of shares, against the intervals that Newcombe published (1998, table II, method 10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.analysis.difference import difference


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
    assert found.is_told == (low > 0)


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
