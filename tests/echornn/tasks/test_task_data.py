"""Properties of the data of all tasks, with any settings and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn import Batch, Symbols, Task, TaskError, seeding
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.parity import Parity
from echornn.tasks.table import TASKS
from echornn.tasks.task import draw_rows, known_lags, ladder
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins

SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "echo": st.builds(
        Echo, st.integers(0, 30), st.integers(2, 7) | st.just(256), st.sampled_from(["previous_row", "zero"])
    ),
    "two_coins": st.builds(
        lambda lag, more, base: TwoCoins(lag, lag + more, base, -base, (1 - base)),
        st.integers(0, 9),
        st.integers(1, 9),
        st.floats(0, 1),
    ),
    "delayed_xor": st.builds(lambda lag, more: DelayedXor(lag, lag + more), st.integers(0, 9), st.integers(1, 9)),
    "flip_flop": st.builds(FlipFlop, st.integers(1, 4), st.sampled_from([0.0, 1.0, 0.3])),
    "temporal_order": st.builds(TemporalOrder, st.integers(2, 3), st.integers(10, 130)),
    "copy_memory": st.builds(CopyMemory, st.integers(1, 20), st.integers(1, 5), st.integers(2, 254)),
    "adding": st.builds(Adding, st.integers(2, 50)),
    "parity": st.builds(Parity, st.integers(1, 50)),
}
any_task = st.sampled_from(sorted(TASKS)).flatmap(SETTINGS.__getitem__)


def rng(seed: int = 0) -> np.random.Generator:
    return seeding.stream(seed, seeding.DATA, 0, 0)


def drawn(task: Task, seed: int, rows: int, steps: int) -> Batch:
    """Rows of at least one trial; examples of which no step is scored are left out."""
    try:
        return draw_rows(task, rng(seed), rows, max(steps, task.length or 1))
    except TaskError as error:
        assume("scores none" not in str(error))
        raise


@given(any_task, st.integers(0, 9), st.integers(1, 4), st.integers(1, 150))
def test_the_form_of_all_data(task: Task, seed: int, rows: int, steps: int) -> None:
    batch = drawn(task, seed, rows, steps)
    used = batch.scored.shape[1]
    assert used == (steps if task.length is None else max(1, steps // task.length) * task.length)
    for values, form in ((batch.x, task.inputs), (batch.y, task.outputs)):
        if isinstance(form, Symbols):
            assert values.dtype == np.uint8
            assert values.shape == (rows, used)
            assert values.max() < form.count
        else:
            assert values.dtype == np.float32
            assert values.shape == (rows, used, form.count)
    assert batch.scored.dtype == np.bool_
    assert batch.scored.any()
    assert (batch.scored == batch.scored[0]).all()


@given(any_task, st.integers(0, 3), st.data())
def test_what_is_no_source_does_not_matter(task: Task, seed: int, data: st.DataObject) -> None:
    """The target is a function of its sources, where there are some; `TwoCoins` is one in its odds."""
    length = task.length or 40
    t = data.draw(st.integers(0, length - 1))
    lags = known_lags(task, t)
    assume(lags and not isinstance(task, TwoCoins))
    batch = task.draw(rng(seed), 500, length)
    assert batch.scored[0, t]
    answers: dict[tuple[int, ...], int] = {}
    for x, y in zip(batch.x[:, [t - lag for lag in lags]].tolist(), batch.y[:, t].tolist(), strict=True):
        assert answers.setdefault(tuple(x), y) == y


@given(any_task, st.integers(1, 3), st.integers(1, 60))
def test_unscored_steps_have_no_sources_and_ladders_fall(task: Task, rows: int, steps: int) -> None:
    length = task.length or steps
    scored = task.draw(rng(), rows, length).scored[0]
    assert not [t for t in range(length) if not scored[t] and known_lags(task, t)]
    levels = ladder(task, rows, length)
    solved = task.solved(rows, length)
    assert len({level.name for level in levels}) == len(levels) > 1
    if solved is None:
        assert levels[0].loss == levels[-1].loss  # the row is too short for the lags
    else:
        assert levels[-1].loss <= solved or isinstance(task, Echo)


def test_trials_lie_one_after_another_and_the_remainder_is_left_out() -> None:
    task = Adding(7)
    rows = draw_rows(task, rng(), 3, 20)
    trials = task.draw(rng(), 6, 7)
    assert rows.x.shape == (3, 14, 2)
    np.testing.assert_array_equal(rows.x[1, 7:], trials.x[3])
    np.testing.assert_array_equal(rows.scored.sum(axis=1), 2)
    with pytest.raises(TaskError):
        draw_rows(task, rng(), 3, 6)


def test_random_places_are_where_they_may_be() -> None:
    """Over many trials, each place from the first to the last is taken."""
    order = TemporalOrder(2, 100).draw(rng(), 5000, 100).x
    places = np.argwhere((order == 4) | (order == 5))[:, 1].reshape(-1, 2)
    assert [set(column) for column in places.T.tolist()] == [set(range(10, 20)), set(range(50, 60))]
    marker = Adding(9).draw(rng(), 2000, 9).x[..., 1]
    marked = np.argwhere(marker == 1)[:, 1].reshape(-1, 2)
    assert [set(column) for column in marked.T.tolist()] == [set(range(4)), set(range(4, 9))]
