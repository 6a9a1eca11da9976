"""Where a loss falls, where it is on a ladder, and the statistics of several networks."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from echornn.config import EchoConfig
from echornn.diagnosis.falls import before_the_fall
from echornn.diagnosis.loss_stats import NEAR, LadderPosition, distinct, ladder_position
from echornn.diagnosis.seed_stats import Order, SeedStats
from echornn.history.curve import Curve
from echornn.history.windows import quantiles
from echornn.progress import Floats
from echornn.run.losses import Losses
from echornn.run.tree import Tree
from echornn.tasks.task import Level
from tests.trees import branch_off, grow

RECORDED = Path(__file__).parents[1] / "data" / "tutorial_run.npz"


def losses_along(losses: npt.NDArray[Any]) -> Losses:
    timeline = Losses(Tree())
    grow(timeline, branch_off(timeline, EchoConfig()), losses)
    return timeline


@pytest.mark.parametrize("fall", [500, 70_123])
def test_the_fall_of_a_long_run_is_found_to_the_window_too(fall: int) -> None:
    losses = np.random.default_rng(3).normal(0.1, 0.05, 100_000)
    losses[:fall] += 0.6
    timeline = losses_along(losses)
    curves = []

    def curve_of(columns: int, first: int, last: int | None) -> Curve:
        curves.append(timeline.curve(0, columns, first, last))
        return curves[-1]

    begin = before_the_fall(curve_of, 100, 0, 100_000)
    assert begin == pytest.approx(fall, abs=2)
    assert len(curves) <= 5


@pytest.mark.parametrize("windows", [330, 1500])
def test_of_the_tutorials_run_it_is_where_the_plateau_ends_not_the_middle(windows: int) -> None:
    losses = np.load(RECORDED)["losses"][:windows]
    timeline = losses_along(losses)
    begin = before_the_fall(partial(timeline.curve, 0), 150, 0, windows)
    assert begin is not None
    assert 230 <= begin <= 245
    assert losses[begin - 20 : begin].mean() > 0.66, "there it still guesses: chance is 0.69"
    assert losses[begin + 10 : begin + 30].mean() < 0.62


ladders = st.lists(st.floats(0, 512), min_size=1, max_size=8).map(
    lambda losses: [Level("", loss, "") for loss in sorted(losses, reverse=True)]
)
means = st.floats(0, 600)
unsure = st.floats(0, 10)


@given(ladders, means, means, unsure)
def test_a_lower_loss_is_never_higher_on_the_ladder(
    ladder: list[Level], first: float, second: float, unsure: float
) -> None:
    assume(len(distinct(ladder)) > 1)
    high = ladder_position(ladder, max(first, second), unsure)
    low = ladder_position(ladder, min(first, second), unsure)
    assert high is not None
    assert low is not None
    assert high.above.loss >= low.above.loss
    assert next_loss(high) >= next_loss(low)


def next_loss(position: LadderPosition) -> float:
    return position.next.loss if position.next else 0


@given(ladders, means, unsure)
def test_a_position_is_what_its_words_say(ladder: list[Level], mean: float, unsure: float) -> None:
    levels = distinct(ladder)
    position = ladder_position(ladder, mean, unsure)
    if position is None:
        assert len(levels) < 2
        return
    at, above, below = position
    if at is None:
        assert above is levels[0] or above.loss > mean + unsure
        assert below is None or below is levels[-1] or below.loss < mean - unsure
    elif at is not levels[-1]:
        assert below is not None
        gap = at.loss - below.loss
        if mean >= at.loss:
            gap = above.loss - at.loss
        near = max(NEAR * gap, unsure)
        assert abs(mean - at.loss) <= near * (1 + 1e-9) + 1e-12


def seed_order(
    losses: list[float], solved_at: list[int] | None = None, by: Order = "solved"
) -> Any:
    """In what order seeds with these losses stand, which were solved at these windows, if at
    all."""
    means = np.array(losses, np.float32)
    never = np.zeros(len(losses), np.int64)
    at = never if solved_at is None else np.array(solved_at)
    return SeedStats(at, means, means, ~np.isfinite(means), 1000, never).order(by).tolist()


@pytest.mark.parametrize(
    ("by", "expected"),
    [("solved", [2, 0, 4, 1, 3]), ("loss", [0, 2, 4, 1, 3]), ("seed", [0, 1, 2, 3, 4])],
)
def test_orders(by: Order, expected: list[int]) -> None:
    losses = [0.01, 0.69, 0.02, math.nan, 0.3]
    assert seed_order(losses, [700, 0, 81, 0, 0], by) == expected


def test_high_losses_are_ordered_by_powers_of_two() -> None:
    assert seed_order([59.0, 35.0, 1.1, 0.97]) == [2, 3, 0, 1]


def test_what_is_no_number_comes_last() -> None:
    assert seed_order([1.0, 0.5, math.inf, math.nan], [5, 5, 0, 0]) == [0, 1, 2, 3]


sides = st.tuples(st.integers(1, 5), st.integers(1, 9))


@given(arrays.arrays(np.float32, sides, elements=st.floats(0, 10, width=32)))
def test_quantiles_are_those_of_numpy_where_all_is_finite(losses: Floats) -> None:
    shares = (0.0, 0.1, 0.5, 0.9, 1.0)
    expected = np.quantile(losses, shares, axis=1)
    np.testing.assert_allclose(quantiles(losses, shares), expected, rtol=1e-5, atol=1e-6)
