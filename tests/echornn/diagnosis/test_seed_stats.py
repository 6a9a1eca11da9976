"""The losses of several networks: how many solved the task, when, and their distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from echornn.diagnosis.seed_stats import SeedStats, wilson
from echornn.history.quantiles import quantiles


def population(solved_at: list[int], mean: list[float], windows: int = 1000) -> SeedStats:
    losses = np.array(mean, np.float32)
    at = np.array(solved_at, np.int64)
    return SeedStats(at, losses, losses, ~np.isfinite(losses), windows, np.zeros_like(at))


NONE = np.zeros(3, np.int64)

FIVE = population([700, 0, 81, 0, 0], [0.01, 0.69, 0.02, math.nan, 0.3])


def test_how_many_solved_and_when() -> None:
    assert (FIVE.replicas, FIVE.solved, FIVE.median_window) == (5, 2, 81)
    assert FIVE.diverged.tolist() == [False, False, False, True, False]
    assert list(FIVE.quantiles) == pytest.approx([0.014, 0.3, math.inf])
    assert population([0, 0], [0.7, 0.7]).median_window is None


def test_after_some_windows_it_tells_what_is_known_by_then() -> None:
    recent = np.array([[0.5, 0.1, math.nan], [0.3, 0.1, 0.2]], np.float32)
    there = SeedStats.after(recent, np.array([90, 120, 0]), 100, NONE)
    assert there.solved_at.tolist() == [90, 0, 0]
    assert there.mean.tolist() == pytest.approx([0.4, 0.1, math.nan], nan_ok=True)
    assert there.newest.tolist() == pytest.approx([0.3, 0.1, 0.2])
    assert not there.diverged.any()
    assert SeedStats.after(recent[:1], NONE, 1, NONE).diverged.tolist() == [False, False, True]


def test_before_the_first_window_nothing_is_known() -> None:
    begin = SeedStats.after(np.empty((0, 3), np.float32), NONE, 0, NONE)
    assert (begin.replicas, begin.solved, begin.windows) == (3, 0, 0)
    assert np.isnan(begin.mean).all()
    assert not begin.diverged.any()


def test_in_words() -> None:
    solved = [1243 if replica < 41 else 0 for replica in range(64)]
    assert population(solved, [0.5] * 64).in_words() == "41 of 64 solved (52 to 75 %), median window 1,243"
    assert population([0] * 64, [0.5] * 64).in_words() == "0 of 64 solved (0 to 6 %)"
    assert population([9] * 64, [0.5] * 64).in_words() == "64 of 64 solved (94 to 100 %), median window 9"


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (10, 10, 0.72247, 1.0), (29, 50, 0.44233, 0.70625)],
)
def test_wilson_against_published_figures(successes: int, trials: int, low: float, high: float) -> None:
    assert list(wilson(successes, trials)) == pytest.approx([low, high], abs=1e-4)


def test_wilson_of_no_trials_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_of_none_and_of_all_ends_exactly_at_none_and_at_all() -> None:
    for trials in range(1, 100):
        assert wilson(0, trials)[0] == 0.0
        assert wilson(trials, trials)[1] == 1.0


@given(st.integers(1, 5000), st.data())
def test_wilson_holds_the_share_and_both_of_its_ends_are_shares(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


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
