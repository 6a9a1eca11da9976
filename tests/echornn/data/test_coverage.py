"""The targets that a window covers together with their source, compared with counting them one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import RULES, EchoConfig
from echornn.data.series import lags_beyond, targets_known
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.two_coins import TwoCoins
from tui.views.data import counts_by_source, missed
from tui.views.targets import Source, source_of


def missed_of_a_stride(config: EchoConfig) -> int:
    return int(missed(config, 0, config.window_stride).sum())


LITTLE = EchoConfig(total_series_length=36, batch_size=3, truncated_backprop_length=3, echo_step=3)
"""The tutorial's example."""


def test_no_window_of_the_tutorials_figure_covers_a_target_with_its_source() -> None:
    np.testing.assert_array_equal(missed(LITTLE, 0, 3), [True, True, True])
    assert missed_of_a_stride(LITTLE) == 3
    assert {source_of(LITTLE, 1, row, step) for row in range(3) for step in range(3)} == {Source.BEFORE}
    assert [source_of(LITTLE, 0, row, 0) for row in range(3)] == [Source.BLANK, Source.ABOVE, Source.ABOVE]


def test_the_tutorials_own_windows_miss_the_first_three_targets() -> None:
    np.testing.assert_array_equal(missed(EchoConfig(), 13, 17), [*[False] * 2, *[True] * 3, *[False] * 12])
    assert missed_of_a_stride(EchoConfig()) == 3
    assert counts_by_source(EchoConfig(), 0) == {Source.WINDOW: 60, Source.ABOVE: 12, Source.BLANK: 3}
    assert counts_by_source(EchoConfig(), 1) == {Source.WINDOW: 60, Source.BEFORE: 15}


def test_windows_that_overlap_by_the_echo_miss_none() -> None:
    for stride, count in [(12, 0), (13, 1), (14, 2), (15, 3), (1, 0)]:
        assert missed_of_a_stride(EchoConfig(stride=stride)) == count
    assert missed_of_a_stride(EchoConfig(stride=1, echo_step=15)) == 1


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


@given(CONFIGS, st.integers(0, 20))
def test_sources_are_counted_one_by_one(config: EchoConfig, window: int) -> None:
    window = min(window, config.windows_per_epoch - 1)
    length = config.truncated_backprop_length
    each = Counter(source_of(config, window, row, step) for row in range(config.batch_size) for step in range(length))
    assert counts_by_source(config, window) == dict(each)
    start = window * config.window_stride
    for row in range(config.batch_size):
        for step in range(length):
            source = start + step - config.echo_step
            expected = (
                (Source.ABOVE if row and config.row_start == "previous_row" else Source.BLANK)
                if source < 0
                else (Source.WINDOW if source >= start else Source.BEFORE)
            )
            assert source_of(config, window, row, step) == expected


@given(CONFIGS)
def test_what_is_missed_is_in_no_window_with_its_source(config: EchoConfig) -> None:
    stride, length, echo = config.window_stride, config.truncated_backprop_length, config.echo_step
    many = -(-(length + echo) // stride) + 2
    for step, is_missed in enumerate(missed(config, 0, stride).tolist()):
        target = many * stride + step
        starts = [window * stride for window in range(2 * many)]
        assert is_missed == (not any(start <= target - echo and target < start + length for start in starts))
    assert missed_of_a_stride(config) == missed(config, 0, stride).sum() == missed(config, -7, stride).sum()


TASKS = st.one_of(
    st.builds(
        lambda near, more, length, stride: EchoConfig(
            task=TwoCoins(lag=near, far_lag=near + more), truncated_backprop_length=length, stride=min(stride, length)
        ),
        st.integers(0, 6), st.integers(1, 8), st.integers(1, 14), st.integers(1, 14),
    ),
    st.builds(
        lambda blank, length: EchoConfig(task=CopyMemory(blank=blank, items=2), truncated_backprop_length=length),
        st.integers(1, 9), st.integers(1, 14),
    ),
)  # fmt: skip


@given(TASKS)
def test_lags_of_any_task_are_those_of_its_sources(config: EchoConfig) -> None:
    task, length, steps = config.the_task, config.truncated_backprop_length, config.window_steps
    first = (config.windows_per_epoch - 1) * config.window_stride if config.is_stream else 0
    known = {step: task.sources(first + step) for step in range(steps) if task.sources(first + step)}
    assert targets_known(config) == len(known)
    lags = {lag for each in known.values() for lag in each}
    assert lags_beyond(config) == tuple(sorted(lag for lag in lags if lag >= length))


def test_sources_at_random_places_are_not_known() -> None:
    config = EchoConfig(task="adding", truncated_backprop_length=10)
    assert targets_known(config) == 0
    assert lags_beyond(config) == ()


UNCUT = [name for name, rule in RULES.items() if not rule.cuts]


@given(TASKS, st.sampled_from(UNCUT))
def test_a_rule_that_does_not_cut_reaches_every_source_and_misses_none(config: EchoConfig, rule: str) -> None:
    uncut = replace(config, rule=rule)
    assert lags_beyond(uncut) == ()
    assert missed_of_a_stride(EchoConfig(rule=rule)) == 0
    assert (uncut.reach, uncut.gradient_cut) == (None, None)
    assert uncut.is_uncut == (config.is_stream or config.gradient_cut is not None)
