"""The trend of the loss does not flicker, and noise does not move it."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.diagnosis.loss_trend import LossLevel, loss_trend
from echornn.history.block_means import BlockMeans
from tests.examples import examples

TUTORIAL = EchoConfig()


def reviews_of(losses: npt.NDArray[np.floating], wrong: float = 0.5) -> BlockMeans:
    return BlockMeans().after(losses.astype(np.float32), np.full(len(losses), wrong, np.float32))


@pytest.mark.parametrize("seed", range(8))
def test_noise_does_not_move_the_window_since_which_a_loss_stands(seed: int) -> None:
    """Like two coins at its second level: little is left to learn there, less than the noise of a mean."""
    coins = EchoConfig(task="two_coins")
    fell = np.repeat([0.662, 0.55, 0.515], [768, 128, 3104])
    told = loss_trend(coins, reviews_of(fell + np.random.default_rng(seed).normal(0, 0.045, len(fell)), 0.25))
    assert told is not None
    assert told.level is LossLevel.BELOW
    assert not told.falls
    assert 768 + 128 <= told.flat_since <= 768 + 128 + 256, "within four blocks"


@examples(25)
@given(st.integers(0, 2**32), st.floats(0.0, 0.1), st.floats(0.0, 0.95), st.floats(0.01, 1.2), st.floats(0.3, 1.0))
def test_it_never_flickers(seed: int, noise: float, alike: float, loss: float, rate: float) -> None:
    """Noisy, correlated losses around a level that changes at most once rarely change the trend."""
    rng = np.random.default_rng(seed)
    count = 20_000
    means = np.where(np.arange(count) < count * rate, loss, loss * rate)
    steps = rng.normal(0, 1, count)
    drift = np.zeros(count)
    for index in range(0, count, 50):  # correlated within fifty windows, and with the fifty before
        drift[index : index + 50] = alike * (drift[index - 1] if index else 0) + (1 - alike) * steps[index]
    losses = np.clip(means * (1 + noise * (steps + drift)), 0, None).astype(np.float32)
    block_means = reviews_of(losses)
    told = [loss_trend(TUTORIAL, block_means.until(end)) for end in block_means.ends.tolist()]
    levels = [one.level for one in told if one is not None]
    assert sum(one is not other for one, other in itertools.pairwise(levels)) <= 6
    falls = [one.falls for one in told if one is not None]
    assert sum(one is not other for one, other in itertools.pairwise(falls)) <= 12
