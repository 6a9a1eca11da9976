"""Data of many replicas: the same as for each replica alone."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data.series import EchoSeries, data_side_by_side
from echornn.tasks.echo import RowStart, uniform_symbols


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
    x, y, _ = data_side_by_side(configs, data_version, epoch)
    assert x.shape == y.shape == (configs[0].row_length, configs[0].batch_size, len(configs))
    for index, config in enumerate(configs):
        alone = EchoSeries.generate(config, data_version, epoch)
        np.testing.assert_array_equal(x[..., index].T, alone.x)
        np.testing.assert_array_equal(y[..., index].T, alone.y)
