"""Sources of targets, loss levels, and data side by side, each against a slow way."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from echornn import seeding
from echornn.config import RULES, EchoConfig, RuleName
from echornn.data import batch_of, data_side_by_side, lags_beyond, source_lags, targets_known
from echornn.levels import boundary_floor, chance_level, mean_floor
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.echo import RowStart, echo_rows, uniform_symbols
from echornn.tasks.two_coins import TwoCoins
from tui.views.data_matrix import missed

TUTORIAL = EchoConfig()
LENGTHS = st.integers(1, 14)


# ---- lags and what is missed


@st.composite
def echoes(draw: st.DrawFn) -> EchoConfig:
    length = draw(st.integers(1, 12))
    stride = min(draw(st.integers(1, 12)), length)
    echo = draw(st.integers(0, 14))
    rows = draw(st.integers(1, 3))
    windows = draw(st.integers(0, 6))
    return EchoConfig(
        truncated_backprop_length=length,
        stride=stride,
        echo_step=echo,
        batch_size=rows,
        total_series_length=rows * (length + max(echo, 1) + windows * stride),
        row_start=draw(st.sampled_from(get_args(RowStart))),
    )


@given(echoes())
def test_what_is_missed_is_in_no_window_with_its_source(config: EchoConfig) -> None:
    stride = config.window_stride
    length = config.truncated_backprop_length
    echo = config.echo_step
    is_missed = missed(config, 0, stride).tolist()
    many = -(-(length + echo) // stride) + 2
    starts = range(0, 2 * many * stride, stride)
    for step in range(stride):
        target = many * stride + step
        source = target - echo
        is_seen = any(start <= source and target < start + length for start in starts)
        assert is_missed[step] == (not is_seen)
    assert missed(config, -7, stride).sum() == sum(is_missed), "of any steps that follow"


@st.composite
def coins(draw: st.DrawFn) -> EchoConfig:
    near = draw(st.integers(0, 6))
    far = near + draw(st.integers(1, 8))
    length = draw(LENGTHS)
    stride = min(draw(LENGTHS), length)
    task = TwoCoins(lag=near, far_lag=far)
    return EchoConfig(task=task, truncated_backprop_length=length, stride=stride)


@st.composite
def copies(draw: st.DrawFn) -> EchoConfig:
    task = CopyMemory(blank=draw(st.integers(1, 9)), items=2)
    return EchoConfig(task=task, truncated_backprop_length=draw(LENGTHS))


@given(coins() | copies())
def test_lags_of_any_task_are_those_of_its_sources(config: EchoConfig) -> None:
    first = 0
    if config.is_stream:
        first = (config.windows_per_epoch - 1) * config.window_stride
    lags: set[int] = set()
    targets = 0
    for step in range(first, first + config.window_steps):
        sources = config.the_task.sources(step)
        lags.update(sources)
        targets += bool(sources)
    assert targets_known(config) == targets
    assert source_lags(config) == tuple(sorted(lags))
    beyond = [lag for lag in sorted(lags) if lag >= config.truncated_backprop_length]
    assert lags_beyond(config) == tuple(beyond)


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if not rule.cuts])
@given(config=coins() | copies())
def test_a_rule_that_does_not_cut_reaches_every_source_and_misses_none(
    config: EchoConfig, rule: RuleName
) -> None:
    uncut = replace(config, rule=rule)
    assert lags_beyond(uncut) == ()
    assert uncut.reach is None
    assert uncut.gradient_cut is None
    assert uncut.is_uncut == (config.is_stream or config.gradient_cut is not None)
    assert not missed(EchoConfig(rule=rule), 0, TUTORIAL.window_stride).any()


# ---- levels


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
    stride = min(stride, length)
    config = EchoConfig(
        batch_size=batch,
        truncated_backprop_length=length,
        total_series_length=batch * 64,
        echo_step=echo,
        stride=stride,
    )
    ones = np.ones(batch * 64, np.uint8)
    _, blank = echo_rows(ones, echo, batch, "zero")
    _, above = echo_rows(ones, echo, batch, "previous_row")
    begin = window * stride
    unknown = (blank != above)[:, begin : begin + length].mean()
    assert boundary_floor(config, window) == pytest.approx(unknown * math.log(2))


def test_the_floor_of_a_network_is_what_the_best_guess_costs() -> None:
    """For targets that echo the row above, or are blank, only the frequency of each symbol can be
    known."""
    config = EchoConfig(
        batch_size=5,
        total_series_length=5 * 6,
        truncated_backprop_length=6,
        echo_step=3,
        num_classes=3,
    )
    series = np.random.default_rng(0).integers(0, 3, (20_000, 5 * 6)).astype(np.uint8)
    unknown = [echo_rows(x, 3, 5, "previous_row")[1][:, :3] for x in series]
    shares = np.bincount(np.ravel(unknown)) / np.size(unknown)
    entropy = -(shares * np.log(shares)).sum()
    assert mean_floor(config) == pytest.approx(entropy * 3 / 6, abs=2e-3)


# ---- data


def test_the_tutorials_drawing_of_its_rows() -> None:
    """Batch 3, window 3, 36 steps, echo 3: the rows lie one after another in the series, and y is
    the rolled x."""
    x = np.array([[1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0],
                  [0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1],
                  [1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0]], np.uint8)  # fmt: skip
    y = np.array([[0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1],
                  [1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0],
                  [1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1]])  # fmt: skip
    two_more_than_the_rows_hold = np.append(x, [np.uint8(1)] * 2)
    rows = echo_rows(two_more_than_the_rows_hold, 3, 3, "previous_row")
    assert_array_equal(rows, [x, y])
    _, from_zero = echo_rows(x.ravel(), 3, 3, "zero")
    y[:, :3] = 0
    assert_array_equal(from_zero, y)


@settings(deadline=None)
@given(st.integers(0, 2**70), st.integers(2, 256), st.integers(1, 5000))
def test_symbols_are_those_that_numpy_draws(seed: int, classes: int, steps: int) -> None:
    expected = seeding.stream(seed, 0, 1).integers(0, classes, steps, dtype=np.uint8)
    drawn = uniform_symbols(seeding.stream(seed, 0, 1), classes, steps)
    assert drawn.dtype == np.uint8
    assert_array_equal(drawn, expected)


@st.composite
def replicas(draw: st.DrawFn) -> list[EchoConfig]:
    config = EchoConfig(
        total_series_length=draw(st.integers(150, 400)),
        batch_size=draw(st.integers(1, 12)),
        truncated_backprop_length=5,
        num_classes=draw(st.integers(2, 5)),
    )
    changes = st.fixed_dictionaries(
        {
            "seed": st.integers(0, 10**6),
            "echo_step": st.integers(0, 11),
            "row_start": st.sampled_from(get_args(RowStart)),
        }
    )
    return [replace(config, **draw(changes)) for _ in range(draw(st.integers(1, 6)))]


@settings(deadline=None)
@given(replicas(), st.integers(0, 3), st.integers(0, 3))
def test_series_side_by_side_are_those_of_each_alone(
    configs: list[EchoConfig], data_version: int, epoch: int
) -> None:
    x, y, _ = data_side_by_side(configs, data_version, epoch)
    shape = configs[0].row_length, configs[0].batch_size, len(configs)
    assert x.shape == y.shape == shape
    for replica, config in enumerate(configs):
        alone = batch_of(config, data_version, epoch)
        assert_array_equal(x[..., replica].T, alone.x)
        assert_array_equal(y[..., replica].T, alone.y)
