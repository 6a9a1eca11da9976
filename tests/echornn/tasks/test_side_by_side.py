"""Data of many replicas, and when each was solved: the same as of each alone, over many inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn import seeding
from echornn.analysis.evidence import Evidence
from echornn.config import EchoConfig, RowStart
from echornn.tasks.levels import solved_level
from echornn.tasks.series import EchoSeries
from echornn.tasks.series_side_by_side import series_side_by_side
from echornn.tasks.solved import SolvedAt
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
def test_series_side_by_side_are_those_of_each_alone(configs: list[EchoConfig], generation: int, epoch: int) -> None:
    x, y = series_side_by_side(configs, generation, epoch)
    assert x.shape == y.shape == (configs[0].row_length, configs[0].batch_size, len(configs))
    for index, config in enumerate(configs):
        alone = EchoSeries.generate(config, generation, epoch)
        np.testing.assert_array_equal(x[..., index].T, alone.x)
        np.testing.assert_array_equal(y[..., index].T, alone.y)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 120), min_size=1, max_size=5))
def test_runs_are_solved_when_the_evidence_of_each_says_so(seed: int, pieces: list[int]) -> None:
    rng = np.random.default_rng(seed)
    config = EchoConfig()
    losses = rng.uniform(0, 0.1, (sum(pieces), 4)).astype(np.float32)
    losses[:, 1] += 1
    losses[: rng.integers(1, 150), 2] = 0.7
    losses[rng.integers(len(losses)), 3] = np.nan
    solved = SolvedAt.never(4)
    evidence = [Evidence()] * 4
    levels = np.full(4, solved_level(config))
    for end, piece in zip(np.cumsum(pieces), pieces, strict=True):
        solved = solved.after(losses[end - piece : end], levels)
        evidence = [one.after(losses[end - piece : end, run], config) for run, one in enumerate(evidence)]
    expected = [one.solved_at or 0 for one in evidence]
    np.testing.assert_array_equal(solved.at, expected)
    assert solved.windows == sum(pieces)


@pytest.mark.parametrize("solved_in", [50, 51, 73])
def test_a_run_is_solved_with_the_window_that_brings_the_mean_below(solved_in: int) -> None:
    losses = np.zeros((100, 1), np.float32)
    losses[: solved_in - 50] = 1e6
    assert SolvedAt.never(1).after(losses, np.array([0.05])).at.tolist() == [solved_in]
