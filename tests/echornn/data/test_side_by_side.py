"""Data of many replicas, and when each was solved: the same as for each replica alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn import seeding
from echornn.config import EchoConfig, RowStart
from echornn.data.levels import chance_level, lost_level, solved_level
from echornn.data.series import EchoSeries
from echornn.data.series_side_by_side import series_side_by_side
from echornn.data.solved import UNKNOWN, Levels, SolvedAt, lost_by
from echornn.progress import Floats
from echornn.tasks.symbols import uniform_symbols


@settings(deadline=None)
@given(st.integers(0, 2**70), st.integers(2, 256), st.integers(1, 5000))
def test_symbols_are_those_that_numpy_draws(seed: int, classes: int, steps: int) -> None:
    expected = seeding.stream(seed, 0, 1).integers(0, classes, steps, dtype=np.uint8)
    drawn = uniform_symbols(seeding.stream(seed, 0, 1), classes, steps)
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, expected)


def replicas() -> st.SearchStrategy[list[EchoConfig]]:
    base = st.builds(
        EchoConfig,
        total_series_length=st.integers(60, 400),
        batch_size=st.integers(1, 5),
        truncated_backprop_length=st.just(5),
        num_classes=st.integers(2, 5),
    )
    ways = st.tuples(st.integers(0, 10**6), st.integers(0, 11), st.sampled_from(get_args(RowStart)))
    return st.tuples(base, st.lists(ways, min_size=1, max_size=6)).map(
        lambda drawn: [replace(drawn[0], seed=seed, echo_step=echo, row_start=row) for seed, echo, row in drawn[1]]
    )


@settings(deadline=None)
@given(replicas(), st.integers(0, 3), st.integers(0, 3))
def test_series_side_by_side_are_those_of_each_alone(configs: list[EchoConfig], data_version: int, epoch: int) -> None:
    x, y = series_side_by_side(configs, data_version, epoch)
    assert x.shape == y.shape == (configs[0].row_length, configs[0].batch_size, len(configs))
    for index, config in enumerate(configs):
        alone = EchoSeries.generate(config, data_version, epoch)
        np.testing.assert_array_equal(x[..., index].T, alone.x)
        np.testing.assert_array_equal(y[..., index].T, alone.y)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 120), min_size=1, max_size=5))
def test_runs_are_solved_and_lost_side_by_side_as_each_alone(seed: int, pieces: list[int]) -> None:
    rng = np.random.default_rng(seed)
    config = EchoConfig()
    losses = rng.uniform(0, 0.1, (sum(pieces), 4)).astype(np.float32)
    losses[:, 1] += 1
    losses[: rng.integers(1, 150), 2] = 0.7
    losses[rng.integers(len(losses)), 3] = np.nan
    solved = SolvedAt.never(4)
    alone = [SolvedAt.never(1)] * 4
    levels, of_one = Levels.of([config] * 4), Levels.of([config])
    for end, piece in zip(np.cumsum(pieces), pieces, strict=True):
        solved = solved.after(losses[end - piece : end], levels)
        alone = [one.after(losses[end - piece : end, [run]], of_one) for run, one in enumerate(alone)]
    np.testing.assert_array_equal(solved.at, [one.at[0] for one in alone])
    np.testing.assert_array_equal(solved.lost_at, [one.lost_at[0] for one in alone])
    assert solved.windows == sum(pieces)


@pytest.mark.parametrize("solved_in", [50, 51, 73])
def test_a_run_is_solved_with_the_window_that_brings_the_mean_below(solved_in: int) -> None:
    losses = np.zeros((100, 1), np.float32)
    losses[: solved_in - 50] = 1e6
    assert SolvedAt.never(1).after(losses, Levels.of([EchoConfig()])).at.tolist() == [solved_in]


TUTORIAL = EchoConfig()


def lost_at_by_hand(losses: Floats, config: EchoConfig = TUTORIAL) -> int:
    """The window at which a run lost the echo again, computed window by window."""
    solved_below, lost_above, chance = solved_level(config), lost_level(config), chance_level(config)
    solved, lost_at = False, 0
    for window in range(50, len(losses) + 1):
        newest = losses[window - 50 : window].astype(np.float64)
        solved = solved or newest.mean() < solved_below
        mean = np.where(newest < chance, newest, chance).mean()
        if mean < solved_below:
            lost_at = 0
        elif solved and mean > lost_above and not lost_at:
            lost_at = window
    return lost_at


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from([0.01, 0.08, 0.3, 9.0])), max_size=9), st.integers(1, 70))
def test_a_run_has_lost_what_it_solved_when_its_mean_rose_above_a_higher_level(
    stretches: list[tuple[int, float]], piece: int
) -> None:
    losses = np.array([loss for windows, loss in stretches for _ in range(windows)], np.float32)
    solved = SolvedAt.never(1)
    for first in range(0, len(losses), piece):
        solved = solved.after(losses[first : first + piece, np.newaxis], Levels.of([TUTORIAL]))
    assert solved.lost_at.tolist() == [lost_at_by_hand(losses)]


@pytest.mark.parametrize(
    ("after_it_was_solved", "lost_at"),
    [
        ([0.69] * 100, 158),  # above the level from the eighth window on
        ([0.1] * 500, 0),  # between the two levels
        ([9.0] * 7 + [0.01] * 43, 0),  # a spike counts as guessing, not more
        ([math.nan] * 100, 158),
        ([0.69] * 100 + [0.1] * 100, 158),  # not solved again
        ([0.69] * 100 + [0.01] * 100, 0),
        ([0.69] * 100 + [0.01] * 100 + [0.69] * 50, 358),
    ],
)
def test_what_was_solved_is_lost_with_a_sustained_loss(after_it_was_solved: list[float], lost_at: int) -> None:
    losses = np.array([0.01] * 150 + after_it_was_solved, np.float32)
    solved = SolvedAt.never(1).after(losses[:, np.newaxis], Levels.of([TUTORIAL]))
    assert (solved.at.tolist(), solved.lost_at.tolist()) == ([50], [lost_at])


def test_the_newest_losses_alone_say_that_it_is_lost_or_solved_or_neither() -> None:
    solved_at = np.array([60, 60, 60, 0])
    recent = np.repeat(np.array([[0.69, 0.01, 0.08, 0.69]], np.float32), 50, axis=0)
    levels = Levels.of([TUTORIAL] * 4)
    assert lost_by(solved_at, recent, 200, levels).tolist() == [200, 0, UNKNOWN, 0]
    assert lost_by(solved_at, recent[:0], 200, levels).tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, 0]
