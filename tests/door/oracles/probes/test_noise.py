"""Ratios of the sizes of noisy means, where the true sizes are known."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.probes.gradients import ratios

pytestmark = pytest.mark.slow

GROUPS, NUMBERS = 16, 24


def drawn(seed: int, noise: float, *sizes: float) -> list[np.ndarray]:
    """For each size, random vectors of the groups, [groups, numbers]: a mean of this size plus independent noise."""
    rng = np.random.default_rng(seed)
    return [size / NUMBERS**0.5 + noise * rng.standard_normal((GROUPS, NUMBERS)) for size in sizes]


def products(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors @ vectors.T)


def test_without_noise_a_ratio_is_exact() -> None:
    whole, half, nothing = (products(one) for one in drawn(0, 0.0, 2.0, 1.0, 0.0))
    sizes, spreads = ratios(np.array([whole, half, nothing]), whole)
    np.testing.assert_allclose(sizes, [1, 0.5, 0], atol=1e-7)
    np.testing.assert_allclose(spreads, 0, atol=1e-6)


def test_noise_is_not_read_as_size_and_the_spread_covers_the_truth() -> None:
    """The noise of the mean has size 1.2, the whole 2: a plain ratio would say that half is cut off."""
    covered, plain, found = [], [], []
    for seed in range(40):
        whole, cut = drawn(seed, 1.0, 2.0, 0.1)
        sizes, spreads = ratios(products(cut)[np.newaxis], products(whole))
        plain.append(np.linalg.norm(cut.mean(axis=0)) / np.linalg.norm(whole.mean(axis=0)))
        if np.isfinite(sizes[0]):
            found.append(sizes[0])
            covered.append(sizes[0] <= 0.05 + spreads[0] and sizes[0] + spreads[0] >= 0.05)
    assert np.mean(plain) > 0.4
    assert len(found) > 30
    assert np.median(found) < 0.1
    assert np.mean(covered) > 0.8


@pytest.mark.parametrize("size", [0.0, np.nan, np.inf])
def test_a_whole_that_is_none_or_no_number_tells_nothing(size: float) -> None:
    whole = np.full((GROUPS, GROUPS), size)
    sizes, spreads = ratios(np.zeros((3, GROUPS, GROUPS)), whole)
    assert np.isnan(sizes).all()
    assert np.isinf(spreads).all()


def test_sizes_too_small_to_square_twice_are_compared() -> None:
    whole, half = drawn(0, 1e-120, 2e-110, 1e-110)
    assert ratios(products(half)[np.newaxis], products(whole))[0][0] == pytest.approx(0.5)
