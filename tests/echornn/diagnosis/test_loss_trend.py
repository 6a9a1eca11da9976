"""LossTrend: equal to trends computed from plain means, and without flicker."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.diagnosis.loss_trend import LossLevel, LossTrend, loss_trend
from echornn.history.block_means import BlockMeans
from tests.examples import examples

TUTORIAL = EchoConfig()
CHANCE = math.log(2)


def reviews_of(losses: npt.NDArray[np.floating], wrong: float = 0.5) -> BlockMeans:
    return BlockMeans().after(losses.astype(np.float32), np.full(len(losses), wrong, np.float32))


def stands(*parts: tuple[int, float], config: EchoConfig = TUTORIAL, wrong: float = 0.5) -> LossTrend:
    """The trend after stretches of (windows, loss)."""
    told = loss_trend(config, reviews_of(np.concatenate([np.full(count, loss) for count, loss in parts]), wrong))
    assert told is not None
    return told


def test_before_the_first_block_nothing_is_said() -> None:
    assert loss_trend(TUTORIAL, reviews_of(np.full(63, 0.5))) is None


@pytest.mark.parametrize(
    ("loss", "level"),
    [
        (0.9, LossLevel.WORSE),
        (0.73, LossLevel.CHANCE),
        (CHANCE, LossLevel.CHANCE),
        (0.66, LossLevel.CHANCE),
        (0.6, LossLevel.BELOW),
        (0.06, LossLevel.BELOW),
        (0.04, LossLevel.SOLVED),
    ],
)
def test_levels(loss: float, level: LossLevel) -> None:
    assert stands((640, loss)).level is level


def test_a_level_is_left_only_where_the_loss_is_well_on_the_other_side() -> None:
    assert stands((640, 0.6), (640, 0.66)).level is LossLevel.BELOW
    assert stands((640, 0.6), (640, 0.68)).level is LossLevel.CHANCE
    assert stands((640, 0.9), (640, 0.725)).level is LossLevel.WORSE
    assert stands((640, 0.01), (640, 0.1)).level is LossLevel.SOLVED
    assert stands((640, 0.01), (640, 0.12)).level is LossLevel.BELOW


def test_it_counts_relapses_and_says_since_when() -> None:
    told = stands((640, 0.01), (128, 0.5), (640, 0.01), (128, 0.5), (256, 0.01), (192, 0.5))
    assert (told.relapses, told.lost_at, told.until) == (3, 640 + 128 + 640 + 128 + 256, 1984)
    assert (told.level, told.since) == (LossLevel.BELOW, 1792), "the block before it was seen to be lost"
    assert told.best == pytest.approx(0.01, abs=1e-6)
    assert told.best_at == 64


def test_errors_count_where_the_loss_does_not() -> None:
    assert stands((640, CHANCE), wrong=0.44).better
    assert not stands((640, CHANCE), wrong=0.47).better


def test_what_falls_and_what_stands() -> None:
    assert stands((960, 0.5)).falls, "too early to say that it stands"
    assert not stands((2048, 0.5)).falls
    told = stands((1024, 0.6), (1024, 0.6), (2048, 0.3))
    assert told.fall == pytest.approx(0.5, abs=1e-3)
    assert told.falls
    assert not stands((1024, 0.6), (8192, 0.5)).falls
    assert stands((1024, 0.6), (8192, 0.5)).flat_since == 1024 + 128, "as soon as the mean of four blocks is near"
    slow = loss_trend(TUTORIAL, reviews_of(0.6 * np.arange(1, 20_000) ** -0.2))
    assert slow is not None
    assert slow.falls, "by an eighth as often as the windows double"
    assert slow.fall == pytest.approx(1 - 2**-0.2, abs=0.01)


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


def test_a_state_without_room_for_the_echo_must_fall_faster() -> None:
    losses = 0.6 * np.arange(1, 20_000) ** -0.1
    for config, falls in ((TUTORIAL, True), (EchoConfig(echo_step=5), False)):
        told = loss_trend(config, reviews_of(losses))
        assert told is not None
        assert told.falls is falls


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
