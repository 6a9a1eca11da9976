"""The data of each task: compared with the task's twin, with written-out arrays, and for properties of all tasks."""

from __future__ import annotations

import importlib
import pkgutil
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import echornn.tasks
from echornn import Batch, Numbers, Symbols, Task, TaskError, seeding
from echornn.config_error import ConfigError
from echornn.tasks import two_coins
from echornn.tasks.adding import Adding
from echornn.tasks.checked_task import draw_rows, known_lags, ladder
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.lags import scored_from
from echornn.tasks.own.recorded_task import RecordedTask
from echornn.tasks.parity import Parity
from echornn.tasks.settings import settings_of
from echornn.tasks.table import TASKS
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from tests.echornn.tasks import twins

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


RANDOM_TARGETS = {"two_coins"}
"""Tasks whose targets are drawn too, so that no twin can compute them from the inputs."""


def test_every_task_of_the_table_has_a_twin_and_settings() -> None:
    assert {"echo", *twins.OF_A_ROW, *RANDOM_TARGETS} == set(SETTINGS) == set(TASKS)


def rng(seed: int = 0) -> np.random.Generator:
    return seeding.stream(seed, seeding.DATA, 0, 0)


def drawn(task: Task, seed: int, rows: int, steps: int) -> Batch:
    """Rows of at least one trial; examples of which no step is scored are left out."""
    try:
        return draw_rows(task, rng(seed), rows, max(steps, task.length or 1))
    except TaskError as error:
        assume("scores none" not in str(error))
        raise


def test_every_task_is_in_the_table() -> None:
    for module in pkgutil.iter_modules(echornn.tasks.__path__):
        importlib.import_module(f"echornn.tasks.{module.name}")
    kinds = {kind for kind in Task.__subclasses__() if kind.__module__.startswith("echornn.")}
    assert kinds - {RecordedTask} == set(TASKS.values())


@given(any_task, st.integers(0, 9), st.integers(1, 4), st.integers(1, 150))
def test_the_form_of_all_data(task: Task, seed: int, rows: int, steps: int) -> None:
    batch = drawn(task, seed, rows, steps)
    again = drawn(task, seed, rows, steps)
    used = batch.scored.shape[1]
    assert used == (steps if task.length is None else max(1, steps // task.length) * task.length)
    for values, same, form in ((batch.x, again.x, task.inputs), (batch.y, again.y, task.outputs)):
        np.testing.assert_array_equal(values, same)
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


@given(any_task, st.integers(0, 9), st.integers(1, 3), st.integers(1, 60))
def test_targets_are_those_of_the_twin(task: Task, seed: int, rows: int, steps: int) -> None:
    name = next(name for name, kind in TASKS.items() if kind is type(task))
    assume(name not in RANDOM_TARGETS)
    length = task.length or steps
    batch = task.draw(rng(seed), rows, length)
    x = batch.x.tolist()
    answers = twins.echo(task, x) if isinstance(task, Echo) else [twins.OF_A_ROW[name](task, row) for row in x]
    expected = np.array([y for y, _ in answers], np.float64)
    np.testing.assert_allclose(batch.y, np.where(np.isnan(expected), batch.y, expected), rtol=1e-6)
    np.testing.assert_array_equal(batch.scored, [scored for _, scored in answers])


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
    with pytest.raises(TaskError, match="a row of 6 steps is too short for a trial of 7"):
        draw_rows(task, rng(), 3, 6)


def test_the_first_targets_of_a_row_depend_on_coins_from_before_it() -> None:
    far = TwoCoins(lag=2, far_lag=5, base=0, weight=0, far_weight=1)
    short, long = far.draw(rng(), 2000, 3), far.draw(rng(), 1, 9)
    assert short.scored.all()
    assert short.y.mean() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(long.y[:, 5:], long.x[:, :4])
    assert [far.sources(t) for t in (1, 4, 5)] == [(), (2,), (2, 5)]


def test_a_task_that_scores_nothing_or_not_every_step_as_it_says_is_refused() -> None:
    class Later(TwoCoins):
        def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
            batch = super().draw(rng, rows, steps)
            return Batch(batch.x, batch.y, scored_from(4, rows, steps))

    with pytest.raises(TaskError, match="draw scores only some steps, but the task has scores_every_step"):
        draw_rows(Later(), rng(), 2, 8)
    Later.scores_every_step = False
    with pytest.raises(TaskError, match="scores none of 4 steps"):
        draw_rows(Later(), rng(), 2, 4)


def test_two_coins_that_are_certain() -> None:
    near = TwoCoins(lag=2, far_lag=5, base=0, weight=1, far_weight=0).draw(rng(), 4, 50)
    np.testing.assert_array_equal(near.y[:, 5:], near.x[:, 3:-2])
    far = TwoCoins(lag=2, far_lag=5, base=1, weight=0, far_weight=-1).draw(rng(), 4, 50)
    np.testing.assert_array_equal(far.y[:, 5:], 1 - far.x[:, :-5])


def test_odds_that_add_up_to_one_are_allowed() -> None:
    assert 0.1 + (0.34 + 0.56) > 1  # in binary
    assert TwoCoins(base=0.1, weight=0.34, far_weight=0.56).levels(1, 99)[-1].loss > 0


def test_two_coins_have_their_odds() -> None:
    batch = TwoCoins().draw(rng(), 1, 200_000)
    x, y = batch.x[0], batch.y[0, 8:]
    for near, far, odds in ((0, 0, 0.5), (1, 0, 1.0), (0, 1, 0.25), (1, 1, 0.75)):
        which = (x[5:-3] == near) & (x[:-8] == far)
        assert y[which].mean() == pytest.approx(odds, abs=0.01)


def test_a_long_series_of_two_coins_needs_few_bytes_a_step_while_it_is_drawn() -> None:
    steps = 2 * two_coins.DRAWN_AT_ONCE
    tracemalloc.start()
    try:
        TwoCoins().draw(np.random.default_rng(0), 2, steps)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    at_once = 18 * two_coins.DRAWN_AT_ONCE
    assert most < 5 * 2 * steps + at_once


def test_random_places_are_where_they_may_be() -> None:
    """Over many trials, each place from the first to the last is taken."""
    order = TemporalOrder(2, 100).draw(rng(), 5000, 100).x
    places = np.argwhere((order == 4) | (order == 5))[:, 1].reshape(-1, 2)
    assert [set(column) for column in places.T.tolist()] == [set(range(10, 20)), set(range(50, 60))]
    marker = Adding(9).draw(rng(), 2000, 9).x[..., 1]
    marked = np.argwhere(marker == 1)[:, 1].reshape(-1, 2)
    assert [set(column) for column in marked.T.tolist()] == [set(range(4)), set(range(4, 9))]


@pytest.mark.parametrize(
    ("task", "x", "y"),
    [
        (Echo(2), [[1, 0, 1, 0, 1, 1, 0, 1]], [[0, 0, 1, 0, 1, 0, 1, 1]]),
        (TwoCoins(1, 2), [[1, 0, 1, 1, 0, 1, 0, 1]], [[0, 1, 0, 1, 1, 1, 1, 0]]),
        (DelayedXor(1, 2), [[1, 0, 1, 1, 0, 1, 0, 1]], [[1, 1, 1, 1, 0, 1, 1, 1]]),
        (FlipFlop(2, 0.5), [[[1, -1], [1, -1], [1, 0], [-1, 0]]], [[[1, -1], [1, -1], [1, -1], [-1, -1]]]),
        (TemporalOrder(2, 10), [[6, 4, 2, 1, 3, 5, 1, 2, 0, 7]], [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]),
        (CopyMemory(3, 2, 4), [[3, 2, 0, 0, 5, 0, 0]], [[0, 0, 0, 0, 0, 3, 2]]),
        (Adding(3), [[[0.4558468, 1], [0.6027619, 0], [0.9281097, 1]]], [[[0], [0], [1.3839566]]]),
    ],
    ids=str,
)
def test_the_bits_of_each_task_stay(task: Task, x: list[Any], y: list[Any]) -> None:
    """A run that is resumed draws the data that it drew before."""
    batch = task.draw(rng(), 1, len(x[0]))
    np.testing.assert_allclose(batch.x, x, rtol=1e-6)
    np.testing.assert_allclose(batch.y, y, rtol=1e-6)


def test_settings_are_the_fields_with_help_and_range() -> None:
    for kind in TASKS.values():
        for known in settings_of(kind):
            assert known.help.endswith(".")
            assert known.checked(known.default) == known.default
    lag = settings_of(TwoCoins)[0]
    assert (lag.name, lag.default, lag.least, lag.most) == ("lag", 3, 0, 10**6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TwoCoins(lag=-1), "lag = -1 cannot be used: 0 to 1,000,000"),
        (lambda: TwoCoins(lag=8), "far_lag = 8 cannot be used: more than lag = 8"),
        (
            lambda: TwoCoins(weight=0.75),
            "base = 0.5 cannot be used: with the weights, probabilities reach 0.25 to 1.25",
        ),
        (lambda: TwoCoins(lag=True), "lag = True cannot be used"),
        (lambda: DelayedXor(3, 3), "far_lag = 3 cannot be used: more than lag = 3"),
        (lambda: FlipFlop(pulse=float("nan")), "pulse = nan cannot be used: a number, 0 to 1"),
        (lambda: FlipFlop(bits="3"), "bits = '3' cannot be used"),  # type: ignore[arg-type]
        (lambda: Echo(row_start="one"), "row_start = 'one' cannot be used: one of previous_row, zero"),  # type: ignore[arg-type]
        (lambda: Symbols(1), "Symbols.1.: there can be 2 to 256 symbols"),
        (lambda: Numbers(0), "Numbers.0.: there can be 1 to 256 numbers"),
    ],
)
def test_values_that_cannot_work(make: Any, message: str) -> None:
    with pytest.raises((ConfigError, TaskError), match=message):
        make()


def test_numbers_of_numpy_become_pythons() -> None:
    task = TwoCoins(lag=np.int64(2), base=np.float32(0.5), far_weight=0)  # type: ignore[arg-type]
    assert [type(value) for value in (task.lag, task.base, task.far_weight)] == [int, float, float]
    assert replace(task, lag=1) == TwoCoins(1, 8, 0.5, 0.5, 0.0)
