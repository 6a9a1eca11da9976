"""Whether typical losses fall: said of those that do, and not of noise, spikes, heavy tails and epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from echornn.diagnosis.typical_fall import typical_fall
from echornn.history.block_means import BlockMeans
from tests.stationary_losses import STATIONARY

WINDOWS = 20_000


@dataclass(frozen=True)
class Falls:
    """What was said after each of the last blocks of a series."""

    shares: list[float]

    @classmethod
    def of(cls, losses: npt.NDArray[np.floating], floor: float = 0.0, first: int = 0) -> Falls:
        blocks = BlockMeans().after(losses.astype(np.float32), np.zeros(len(losses), np.float32))
        count = len(blocks)
        return cls([typical_fall(blocks.logs[:n], blocks.ends[:n], first, floor) for n in range(first + 1, count + 1)])

    @property
    def newest(self) -> float:
        return self.shares[-1]


def spiked(losses: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The losses with a spike a thousand times as high at about every 700th window, at random windows."""
    rng = np.random.default_rng(0)
    return np.asarray(np.where(rng.random(len(losses)) < 1 / 700, 1000, 1) * losses)


@pytest.mark.parametrize("kind", STATIONARY)
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_said_of_a_series_that_neither_falls_nor_rises(kind: str, seed: int) -> None:
    losses = STATIONARY[kind](np.random.default_rng(seed), WINDOWS)
    assert all(math.isnan(share) for share in Falls.of(losses).shares)


def test_a_steady_fall_is_seen_through_noise_and_spikes() -> None:
    noise = np.exp(0.3 * np.random.default_rng(1).standard_normal(WINDOWS))
    fall = 0.1 * np.arange(1, WINDOWS + 1) ** -0.8 * noise
    for losses in (fall, spiked(fall)):
        shares = Falls.of(losses).shares
        assert shares[-1] == pytest.approx(1 - 2**-0.8, abs=0.05), "the loss over the last half of the windows"
        assert all(share > 0 for share in shares[31:]), "and it never says otherwise"
    assert Falls.of(fall[::-1]).newest < 0


def test_the_mean_of_spiked_losses_moves_where_the_typical_loss_does_not() -> None:
    """The case that was told wrongly: a few spikes in one half of the windows, and none in the other."""
    losses = np.full(8192, 1e-4) * np.exp(0.2 * np.random.default_rng(2).standard_normal(8192))
    losses[[4200, 4700, 5300, 5900]] = 0.7
    assert losses[4096:6144].mean() > 10 * losses[6144:].mean()
    assert math.isnan(Falls.of(losses).newest)


def test_only_blocks_since_the_task_was_solved_count_and_there_must_be_enough() -> None:
    losses = np.concatenate([np.full(640, 0.5), np.full(64 * 15, 0.01), np.full(64 * 5, 0.01)])
    assert all(math.isnan(share) for share in Falls.of(losses, first=10).shares)
    falling = np.concatenate([np.full(640, 0.5), 0.01 * 0.999 ** np.arange(64 * 16)])
    *before, newest = Falls.of(falling, first=10).shares
    assert newest == pytest.approx(1 - 0.999**1024, abs=0.01)
    assert all(math.isnan(share) for share in before)


def test_near_the_floor_the_share_is_of_what_is_left_to_learn() -> None:
    losses = 0.4545 + 0.02 * np.linspace(1, 0.5, 4096)
    assert Falls.of(losses, 0.4545).newest == pytest.approx(1 / 3, abs=0.01), "from 0.015 to 0.010 above the floor"
    assert math.isnan(Falls.of(losses).newest), "less than 6 % of the whole loss"
