"""The losses of several networks: their orders, histograms and quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from echornn.diagnosis.seed_stats import SeedStats
from echornn.history.windows import quantiles


def population(solved_at: list[int], mean: list[float], windows: int = 1000) -> SeedStats:
    losses = np.array(mean, np.float32)
    at = np.array(solved_at, np.int64)
    return SeedStats(at, losses, losses, ~np.isfinite(losses), windows, np.zeros_like(at))


FIVE = population([700, 0, 81, 0, 0], [0.01, 0.69, 0.02, math.nan, 0.3])


def test_orders() -> None:
    assert FIVE.order().tolist() == [2, 0, 4, 1, 3]
    assert FIVE.order("loss").tolist() == [0, 2, 4, 1, 3]
    assert FIVE.order("seed").tolist() == [0, 1, 2, 3, 4]
    assert population([0, 0, 0], [0.71, 0.69, 0.3]).order().tolist() == [2, 0, 1], "two at chance stand still"
    assert population([0, 0, 0, 0], [59.0, 35.0, 1.1, 0.97]).order().tolist() == [2, 3, 0, 1]
    assert population([5, 5, 0, 0], [1.0, 0.5, math.inf, math.nan]).order().tolist() == [0, 1, 2, 3]


def test_a_histogram_has_round_bins() -> None:
    width, counts = FIVE.histogram(10)
    assert (width, counts.tolist()) == (100, [1, 0, 0, 0, 0, 0, 1])
    width, counts = FIVE.histogram(6)
    assert (width, counts.tolist()) == (200, [1, 0, 0, 1])
    assert population([0], [0.7]).histogram(10)[1].size == 0
    width, counts = population([1, 2, 2], [0.1] * 3).histogram(8)
    assert (width, counts.tolist()) == (1, [1, 2])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.integers(1, 50))
def test_a_histogram_counts_each_once_within_its_bound(solved_at: list[int], most: int) -> None:
    width, counts = population(solved_at, [0.1] * len(solved_at)).histogram(most)
    assert counts.sum() == sum(window > 0 for window in solved_at)
    assert len(counts) <= most
    for index, count in enumerate(counts.tolist()):
        assert count == sum(index * width < window <= (index + 1) * width for window in solved_at)


losses_of_replicas = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(0, 10, width=32)
)


@given(losses_of_replicas)
def test_quantiles_are_those_of_numpy_where_all_is_finite(
    losses: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> None:
    shares = (0.0, 0.1, 0.5, 0.9, 1.0)
    np.testing.assert_allclose(quantiles(losses, shares), np.quantile(losses, shares, axis=1), rtol=1e-5, atol=1e-6)


def test_what_is_no_finite_number_counts_as_infinite() -> None:
    losses = np.array([[math.nan, 0.5, math.inf, 0.1], [math.nan] * 4], np.float32)
    assert quantiles(losses, (0.0, 0.5, 1.0)).tolist() == [
        [pytest.approx(0.1), math.inf],
        [math.inf, math.inf],
        [math.inf, math.inf],
    ]
