"""Where a loss falls, where it is on a ladder, and the statistics of several networks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from echornn.config import EchoConfig
from echornn.diagnosis.falls import before_the_fall
from echornn.diagnosis.loss_stats import NEAR, distinct, ladder_position
from echornn.diagnosis.seed_stats import SeedStats
from echornn.history.curve import Curve
from echornn.history.windows import quantiles
from echornn.progress import Floats
from echornn.run.losses import Losses
from echornn.run.tree import Tree
from echornn.tasks.task import Level
from tests.trees import branch_off, grow

RECORDED = Path(__file__).parents[1] / "data" / "tutorial_run.npz"


def floats(*parts: list[float]) -> Floats:
    return np.array([loss for part in parts for loss in part], np.float32)


def timeline_of(losses: Floats) -> Losses:
    timeline = Losses(Tree())
    grow(timeline, branch_off(timeline, EchoConfig()), losses)
    return timeline


@pytest.mark.parametrize("fall", [500, 4001, 70_123, 99_000])
def test_the_fall_of_a_long_run_is_found_to_the_window_too(fall: int) -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 100_000)
    timeline = timeline_of(
        (np.where(np.arange(100_000) < fall, 0.7, 0.1) + noise).astype(np.float32)
    )
    asked: list[tuple[int, int]] = []

    def curve_of(columns: int, first: int, last: int | None) -> Curve:
        asked.append((first, last or 0))
        return timeline.curve(0, columns, first, last)

    found = before_the_fall(curve_of, 100, 0, 100_000)
    assert found is not None
    assert abs(found - fall) <= 2
    assert len(asked) <= 5


@pytest.mark.parametrize("windows", [330, 855, 1500])
def test_of_the_tutorials_run_it_is_where_the_plateau_ends_not_the_middle(windows: int) -> None:
    losses = np.load(RECORDED)["losses"][:windows]
    timeline = timeline_of(losses)
    begin = before_the_fall(lambda *part: timeline.curve(0, *part), 150, 0, windows)
    assert begin is not None
    assert 230 <= begin <= 245
    assert losses[begin - 20 : begin].mean() > 0.66, "there it still guesses: chance is 0.69"
    assert losses[begin + 10 : begin + 30].mean() < 0.62


losses = st.lists(st.floats(0, 512), min_size=1, max_size=8).map(
    lambda known: sorted(known, reverse=True)
)


@given(losses, st.lists(st.floats(0, 600), min_size=2, max_size=2), st.floats(0, 10))
def test_a_lower_loss_is_never_higher_on_the_ladder(
    known: list[float], two: list[float], unsure: float
) -> None:
    ladder = [Level(str(index), loss, "") for index, loss in enumerate(known)]
    assume(len(distinct(ladder)) > 1)
    high, low = (ladder_position(ladder, mean, unsure) for mean in (max(two), min(two)))
    assert high is not None
    assert low is not None
    assert high.above.loss >= low.above.loss
    assert (high.next.loss if high.next else 0) >= (low.next.loss if low.next else 0)


@given(losses, st.floats(0, 600), st.floats(0, 10))
def test_a_position_is_what_its_words_say(known: list[float], mean: float, unsure: float) -> None:
    ladder = [Level(str(index), loss, "") for index, loss in enumerate(known)]
    found = ladder_position(ladder, mean, unsure)
    if found is None:
        assert len(distinct(ladder)) < 2
        return
    levels = distinct(ladder)
    if found.at is None:
        assert found.above is levels[0] or found.above.loss > mean + unsure
        assert found.next is None or found.next is levels[-1] or found.next.loss < mean - unsure
    elif found.at is not levels[-1]:
        assert found.next is not None
        gap = (
            found.at.loss - found.next.loss
            if mean < found.at.loss
            else found.above.loss - found.at.loss
        )
        assert abs(mean - found.at.loss) <= max(NEAR * gap, unsure) * (1 + 1e-9) + 1e-12


def population(solved_at: list[int], mean: list[float], windows: int = 1000) -> SeedStats:
    losses = np.array(mean, np.float32)
    at = np.array(solved_at, np.int64)
    return SeedStats(at, losses, losses, ~np.isfinite(losses), windows, np.zeros_like(at))


FIVE = population([700, 0, 81, 0, 0], [0.01, 0.69, 0.02, math.nan, 0.3])


def test_orders() -> None:
    assert FIVE.order().tolist() == [2, 0, 4, 1, 3]
    assert FIVE.order("loss").tolist() == [0, 2, 4, 1, 3]
    assert FIVE.order("seed").tolist() == [0, 1, 2, 3, 4]
    assert population([0, 0, 0], [0.71, 0.69, 0.3]).order().tolist() == [2, 0, 1], (
        "two at chance stand still"
    )
    assert population([0, 0, 0, 0], [59.0, 35.0, 1.1, 0.97]).order().tolist() == [2, 3, 0, 1]
    assert population([5, 5, 0, 0], [1.0, 0.5, math.inf, math.nan]).order().tolist() == [0, 1, 2, 3]


losses_of_replicas = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(0, 10, width=32)
)


@given(losses_of_replicas)
def test_quantiles_are_those_of_numpy_where_all_is_finite(
    losses: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> None:
    shares = (0.0, 0.1, 0.5, 0.9, 1.0)
    np.testing.assert_allclose(
        quantiles(losses, shares), np.quantile(losses, shares, axis=1), rtol=1e-5, atol=1e-6
    )
