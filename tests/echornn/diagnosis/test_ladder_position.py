"""Where a mean loss is on a ladder: monotone, at one level at most, and nothing without a difference that counts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of, solved_level
from echornn.diagnosis.ladder_position import NEAR, LadderPosition, distinct, ladder_position
from echornn.tasks.task import Level

LADDER = tuple(Level(name, loss, name) for name, loss in (("chance", 1.0), ("one", 0.6), ("two", 0.4), ("all", 0.0)))

losses = st.lists(st.floats(0, 512), min_size=1, max_size=8).map(lambda known: sorted(known, reverse=True))


def place(mean: float, unsure: float = 0.0, solved: float = -math.inf) -> LadderPosition:
    found = ladder_position(LADDER, mean, unsure, solved)
    assert found is not None
    return found


def names(mean: float, unsure: float = 0.0, solved: float = -math.inf) -> tuple[str | None, str, str | None]:
    found = place(mean, unsure, solved)
    at, after = (level.name if level else None for level in (found.at, found.next))
    return at, found.above.name, after


@pytest.mark.parametrize(
    ("mean", "told"),
    [
        (1.0, (None, "chance", "one")),
        (0.7, (None, "chance", "one")),
        (0.67, ("one", "chance", "two")),
        (0.57, ("one", "chance", "two")),
        (0.55, (None, "one", "two")),
        (0.43, ("two", "one", "all")),
        (0.33, ("two", "one", "all")),
        (0.3, (None, "two", "all")),
        (0.07, ("all", "two", None)),
        (0.0, ("all", "two", None)),
    ],
)
def test_a_loss_is_at_a_level_within_a_share_of_the_distance_to_the_next(
    mean: float, told: tuple[str | None, str, str | None]
) -> None:
    assert names(mean) == told


def test_noise_makes_levels_wider_until_they_cannot_be_told_apart() -> None:
    assert names(0.5, 0.09) == (None, "one", "two")
    assert names(0.51, 0.0999) == ("one", "chance", "two")
    assert names(0.5, 0.11) == (None, "chance", "all")
    assert names(0.3, 0.11) == (None, "one", "all")


def test_the_last_level_is_reached_where_the_task_is_solved() -> None:
    assert names(0.06, solved=0.05) == (None, "two", "all")
    assert names(0.04, solved=0.05) == ("all", "two", None)


def test_the_way_between_two_levels() -> None:
    assert place(0.5).way == pytest.approx(0.5)
    assert place(1.3).way == 0
    assert math.isnan(place(0.0).way)


def test_no_position_without_two_losses_or_a_mean() -> None:
    assert ladder_position(LADDER[:1], 0.5) is None
    assert ladder_position((), 0.5) is None
    assert ladder_position((LADDER[0], Level("same", 1.0, "")), 0.5) is None
    assert ladder_position(LADDER, math.nan) is None


def test_of_levels_with_one_loss_the_first_counts() -> None:
    ladder = (*LADDER[:2], Level("more", 0.6, ""), LADDER[3])
    assert [level.name for level in distinct(ladder)] == ["chance", "one", "all"]


def test_what_is_missing_are_lags() -> None:
    both = Level("both", 0.2, "", lags=(3, 8))
    near, far = Level("near", 0.5, "", lags=(3,)), Level("far", 0.8, "", lags=(8,))
    ladder = (Level("chance", 1.0, "", lags=()), far, near, both)
    found = [ladder_position(ladder, mean) for mean in (0.9, 0.8, 0.5, 0.2)]
    assert [one and one.missing for one in found] == [(8,), (3,), (8,), ()]
    assert place(0.6).missing == ()


@given(losses, st.lists(st.floats(0, 600), min_size=2, max_size=2), st.floats(0, 10))
def test_a_lower_loss_is_never_higher_on_the_ladder(known: list[float], two: list[float], unsure: float) -> None:
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
        gap = found.at.loss - found.next.loss if mean < found.at.loss else found.above.loss - found.at.loss
        assert abs(mean - found.at.loss) <= max(NEAR * gap, unsure) * (1 + 1e-9) + 1e-12
    assert math.isnan(found.way) == (found.next is None)


@pytest.mark.parametrize("task", ["two_coins", "flip_flop", "temporal_order", "copy_memory", "adding"])
def test_each_level_of_a_task_is_at_itself(task: str) -> None:
    config = EchoConfig(task=task)
    ladder, solved = distinct(ladder_of(config)), solved_level(config)
    found = [ladder_position(ladder, level.loss, 1e-4, solved) for level in ladder[1:]]
    assert [one and one.at for one in found] == ladder[1:]
    halfway = [np.mean([one.loss, other.loss]) for one, other in itertools.pairwise(ladder[:-1])]
    between = [ladder_position(ladder, float(mean), 1e-4, solved) for mean in halfway]
    assert [one and one.at for one in between] == [None] * len(halfway)
