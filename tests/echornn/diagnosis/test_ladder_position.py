"""Where a mean loss is on a ladder: monotone, at one level at most, and nothing without a difference that counts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of, solved_level
from echornn.diagnosis.loss_stats import NEAR, distinct, ladder_position
from echornn.tasks.task import Level

losses = st.lists(st.floats(0, 512), min_size=1, max_size=8).map(lambda known: sorted(known, reverse=True))


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


@pytest.mark.parametrize("task", ["two_coins", "flip_flop", "temporal_order", "copy_memory", "adding"])
def test_each_level_of_a_task_is_at_itself(task: str) -> None:
    config = EchoConfig(task=task)
    ladder, solved = distinct(ladder_of(config)), solved_level(config)
    found = [ladder_position(ladder, level.loss, 1e-4, solved) for level in ladder[1:]]
    assert [one and one.at for one in found] == ladder[1:]
    halfway = [np.mean([one.loss, other.loss]) for one, other in itertools.pairwise(ladder[:-1])]
    between = [ladder_position(ladder, float(mean), 1e-4, solved) for mean in halfway]
    assert [one and one.at for one in between] == [None] * len(halfway)
