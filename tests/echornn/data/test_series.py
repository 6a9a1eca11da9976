"""The echo data: literal arrays, and the echo rule as a property."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn import EchoConfig, EchoSeries

HAND_X = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0,
          0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1,
          1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0]  # fmt: skip
HAND_Y = [[0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1],
          [1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0],
          [1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1]]  # fmt: skip


def test_the_tutorials_drawing_by_hand() -> None:
    """Batch 3, window 3, 36 steps, echo 3, as in the tutorial's figure of the data matrix."""
    series = EchoSeries.from_inputs(np.array(HAND_X, np.uint8), echo_step=3, batch_size=3)
    np.testing.assert_array_equal(series.x, np.array(HAND_X).reshape(3, 12))
    np.testing.assert_array_equal(series.y, HAND_Y)
    x, y = series.window(3, 3)
    np.testing.assert_array_equal(x, [[1, 0, 0], [0, 1, 1], [1, 0, 0]])
    np.testing.assert_array_equal(y, [[1, 0, 1], [0, 1, 0], [1, 1, 0]])


def test_the_second_window_of_the_drawing_holds_steps_4_to_6_16_to_18_and_28_to_30() -> None:
    numbers = EchoSeries.from_inputs(np.arange(1, 37, dtype=np.uint8), echo_step=0, batch_size=3)
    np.testing.assert_array_equal(numbers.window(3, 3)[0], [[4, 5, 6], [16, 17, 18], [28, 29, 30]])


def test_zeroed_row_starts() -> None:
    series = EchoSeries.from_inputs(np.array(HAND_X, np.uint8), 3, 3, row_start="zero")
    expected = np.array(HAND_Y)
    expected[:, :3] = 0
    np.testing.assert_array_equal(series.y, expected)


def test_what_the_batch_size_does_not_divide_is_dropped_and_counted() -> None:
    series = EchoSeries.from_inputs(np.ones(38, np.uint8), echo_step=1, batch_size=3)
    assert series.x.shape == series.y.shape == (3, 12)
    assert series.unused == 2


@given(
    seed=st.integers(0, 2**64),
    classes=st.integers(2, 256),
    batch=st.integers(1, 7),
    row=st.integers(1, 40),
    rest=st.integers(0, 6),
    data=st.data(),
)
def test_the_target_is_the_input_some_steps_earlier(
    seed: int, classes: int, batch: int, row: int, rest: int, data: st.DataObject
) -> None:
    echo = data.draw(st.integers(0, row - 1))
    config = EchoConfig(
        seed=seed,
        num_classes=classes,
        batch_size=batch,
        total_series_length=batch * row + rest % batch,
        truncated_backprop_length=1,
        echo_step=echo,
    )
    series = EchoSeries.generate(config)
    flat_x, flat_y = series.x.reshape(-1), series.y.reshape(-1)
    assert series.x.dtype == series.y.dtype == np.uint8
    assert series.x.max() < classes
    assert not flat_y[:echo].any()
    np.testing.assert_array_equal(flat_y[echo:], flat_x[: len(flat_x) - echo])


def test_data_is_a_pure_function_of_seed_generation_and_epoch() -> None:
    config = EchoConfig()
    np.testing.assert_array_equal(EchoSeries.generate(config, 2, 3).x, EchoSeries.generate(config, 2, 3).x)
    others = [
        EchoSeries.generate(config, 2, 4),
        EchoSeries.generate(config, 3, 3),
        EchoSeries.generate(config, 3, 2),
        EchoSeries.generate(replace(config, seed=8), 2, 3),
    ]
    for other in others:
        assert (other.x != EchoSeries.generate(config, 2, 3).x).mean() == pytest.approx(0.5, abs=0.02)


def test_data_does_not_change_with_what_is_not_data() -> None:
    """Other windows, weights or optimizers get the same series, so that runs can be compared."""
    config = EchoConfig()
    other = replace(config, truncated_backprop_length=20, state_size=9, optimizer="adam", learning_rate=1e-3)
    np.testing.assert_array_equal(EchoSeries.generate(config).x, EchoSeries.generate(other).x)


def test_symbols_are_uniform() -> None:
    x = EchoSeries.generate(EchoConfig(num_classes=4)).x
    np.testing.assert_allclose(np.bincount(x.reshape(-1)) / x.size, 0.25, atol=0.01)
