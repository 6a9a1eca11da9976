"""Sources of targets, loss levels, and data side by side, each against a slow way."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn import seeding
from echornn.config import RULES, EchoConfig, RuleName
from echornn.data import batch_of, data_side_by_side, lags_beyond, targets_known
from echornn.levels import boundary_floor, chance_level, mean_floor
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.echo import RowStart, echo_rows, uniform_symbols
from echornn.tasks.two_coins import TwoCoins
from tui.views.data_matrix import missed


def missed_of_a_stride(config: EchoConfig) -> int:
    return int(missed(config, 0, config.window_stride).sum())


CONFIGS = st.builds(
    lambda length, stride, echo, rows, windows, row_start: EchoConfig(
        truncated_backprop_length=length,
        stride=min(stride, length),
        echo_step=echo,
        batch_size=rows,
        total_series_length=rows * (length + max(echo, 1) + windows * min(stride, length)),
        row_start=row_start,
    ),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 14),
    st.integers(1, 3),
    st.integers(0, 6),
    st.sampled_from(["previous_row", "zero"]),
)


@given(CONFIGS)
def test_what_is_missed_is_in_no_window_with_its_source(config: EchoConfig) -> None:
    stride, length, echo = config.window_stride, config.truncated_backprop_length, config.echo_step
    many = -(-(length + echo) // stride) + 2
    for step, is_missed in enumerate(missed(config, 0, stride).tolist()):
        target = many * stride + step
        starts = [window * stride for window in range(2 * many)]
        assert is_missed == (
            not any(start <= target - echo and target < start + length for start in starts)
        )
    assert (
        missed_of_a_stride(config)
        == missed(config, 0, stride).sum()
        == missed(config, -7, stride).sum()
    )


TASKS = st.one_of(
    st.builds(
        lambda near, more, length, stride: EchoConfig(
            task=TwoCoins(lag=near, far_lag=near + more),
            truncated_backprop_length=length,
            stride=min(stride, length),
        ),
        st.integers(0, 6), st.integers(1, 8), st.integers(1, 14), st.integers(1, 14),
    ),
    st.builds(
        lambda blank, length: EchoConfig(
            task=CopyMemory(blank=blank, items=2), truncated_backprop_length=length
        ),
        st.integers(1, 9), st.integers(1, 14),
    ),
)  # fmt: skip


@given(TASKS)
def test_lags_of_any_task_are_those_of_its_sources(config: EchoConfig) -> None:
    task, length, steps = config.the_task, config.truncated_backprop_length, config.window_steps
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    known = {
        step: task.sources(first + step) for step in range(steps) if task.sources(first + step)
    }
    assert targets_known(config) == len(known)
    lags = {lag for each in known.values() for lag in each}
    assert lags_beyond(config) == tuple(sorted(lag for lag in lags if lag >= length))


UNCUT = [name for name, rule in RULES.items() if not rule.cuts]


@given(TASKS, st.sampled_from(UNCUT))
def test_a_rule_that_does_not_cut_reaches_every_source_and_misses_none(
    config: EchoConfig, rule: RuleName
) -> None:
    uncut = replace(config, rule=rule)
    assert lags_beyond(uncut) == ()
    assert missed_of_a_stride(EchoConfig(rule=rule)) == 0
    assert (uncut.reach, uncut.gradient_cut) == (None, None)
    assert uncut.is_uncut == (config.is_stream or config.gradient_cut is not None)


TUTORIAL = EchoConfig()
CHANCE = math.log(2)


def test_levels_of_the_tutorial() -> None:
    assert chance_level(TUTORIAL) == pytest.approx(0.6931, abs=1e-4)
    assert boundary_floor(TUTORIAL) == pytest.approx(0.1109, abs=1e-4)
    assert boundary_floor(TUTORIAL, 1) == 0
    assert boundary_floor(replace(TUTORIAL, row_start="zero")) == 0
    assert chance_level(replace(TUTORIAL, num_classes=10)) == pytest.approx(2.3026, abs=1e-4)


@given(
    batch=st.integers(1, 6),
    length=st.integers(1, 12),
    echo=st.integers(0, 30),
    window=st.integers(0, 3),
    stride=st.integers(1, 12),
)
def test_the_floor_counts_the_targets_that_echo_the_row_above(
    batch: int, length: int, echo: int, window: int, stride: int
) -> None:
    config = EchoConfig(
        batch_size=batch,
        truncated_backprop_length=length,
        total_series_length=batch * 64,
        echo_step=echo,
        stride=min(stride, length),
    )
    blank, above = (
        echo_rows(np.ones(batch * 64, np.uint8), echo, batch, start)[1]
        for start in ("zero", "previous_row")
    )
    begin = window * config.window_stride
    unknown = int((blank != above)[:, begin : begin + length].sum())
    assert boundary_floor(config, window) == pytest.approx(unknown / (batch * length) * CHANCE)


def test_the_floor_of_a_network_is_what_the_best_guess_costs() -> None:
    """For targets that echo the row above, or are blank, only the frequency of each symbol can be
    known."""
    batch, classes = 5, 3
    config = EchoConfig(
        batch_size=batch,
        total_series_length=batch * 6,
        truncated_backprop_length=6,
        echo_step=3,
        num_classes=classes,
    )
    x = np.random.default_rng(0).integers(0, classes, batch * 6 * 20_000).astype(np.uint8)
    targets = [
        echo_rows(one, 3, batch, "previous_row")[1][:, :3] for one in x.reshape(-1, batch * 6)
    ]
    shares = np.bincount(np.array(targets).ravel()) / np.size(targets)
    assert mean_floor(config) == pytest.approx(-(shares * np.log(shares)).sum() * 3 / 6, abs=2e-3)


def test_the_tutorials_drawing_of_its_rows() -> None:
    """Batch 3, window 3, 36 steps, echo 3: the rows lie one after another in the series, and y is
    the rolled x."""
    x = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0,
         0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1,
         1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0]  # fmt: skip
    y = [[0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1],
         [1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0],
         [1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1]]  # fmt: skip
    # Two more than the rows hold
    rows = echo_rows(np.array([*x, 1, 1], np.uint8), 3, 3, "previous_row")
    np.testing.assert_array_equal(rows, [np.reshape(x, (3, 12)), y])
    np.testing.assert_array_equal(
        echo_rows(np.array(x, np.uint8), 3, 3, "zero")[1], np.where(np.arange(12) < 3, 0, y)
    )


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
        total_series_length=st.integers(150, 400),
        batch_size=st.integers(1, 12),
        truncated_backprop_length=st.just(5),
        num_classes=st.integers(2, 5),
    )
    ways = st.tuples(st.integers(0, 10**6), st.integers(0, 11), st.sampled_from(get_args(RowStart)))
    return st.tuples(base, st.lists(ways, min_size=1, max_size=6)).map(
        lambda drawn: [
            replace(drawn[0], seed=seed, echo_step=echo, row_start=row)
            for seed, echo, row in drawn[1]
        ]
    )


@settings(deadline=None)
@given(replicas(), st.integers(0, 3), st.integers(0, 3))
def test_series_side_by_side_are_those_of_each_alone(
    configs: list[EchoConfig], data_version: int, epoch: int
) -> None:
    x, y, _ = data_side_by_side(configs, data_version, epoch)
    assert x.shape == y.shape == (configs[0].row_length, configs[0].batch_size, len(configs))
    for index, config in enumerate(configs):
        alone = batch_of(config, data_version, epoch)
        np.testing.assert_array_equal(x[..., index].T, alone.x)
        np.testing.assert_array_equal(y[..., index].T, alone.y)
