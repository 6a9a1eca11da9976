"""Memory and unit readings, compared with NumPy and with networks whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn import EchoConfig, Question, examine
from echornn.probes.series import series_for
from echornn.progress import Floats
from tests.door.oracles.probes.numpy_network import Array
from tests.door.oracles.probes.snapshots import (
    FEW,
    random_weights,
    reading,
    run_series,
    run_window,
    small,
    snapshot,
    zero_weights,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("cell", FEW)
def test_memory_is_that_of_least_squares_on_states_that_numpy_computes(cell: str) -> None:
    config = small(cell)
    network = snapshot(config, random_weights(config))
    series = series_for(config)
    _, parts = run_series(network, series)
    _, window_parts = run_window(network)
    assert examine(network, Question(frozenset())).parts == tuple(parts)
    for part, states in parts.items():
        memory = reading(network, "memory", part=part)
        assert memory.part == part
        expected = []
        for lag in range(series.lags):
            x = series.x[series.steps_back - lag : len(series.x) - lag]
            expected.append(r2(states[series.steps_back :], x.astype(np.float64)))
        np.testing.assert_allclose(memory.by_lag, expected, atol=2e-4)
        activity = reading(network, "units", part=part).activity
        np.testing.assert_allclose(activity, window_parts[part].swapaxes(0, 1), atol=1e-6)


def r2(states: Array, x: Array) -> float:
    """Of inputs [steps, rows], read from states [steps, rows, units] by a read-out that is fitted
    to half of the rows: 1 - the geometric mean of what it leaves of both halves."""
    h = in_halves(states)  # [halves, samples, units]
    wanted = in_halves(x[..., np.newaxis])  # [halves, samples, 1]
    readout, *_ = np.linalg.lstsq(h[0], wanted[0], rcond=None)
    errors = wanted - h @ readout
    left = np.square(errors).sum(axis=1) / np.square(wanted).sum(axis=1)
    return float(1 - np.sqrt(left.prod()))


def in_halves(values: Array) -> Array:
    """The rows of values [steps, rows, n] in two halves, each without its mean."""
    halves = np.array(np.split(values, 2, axis=1))
    samples: Array = halves.reshape(2, -1, values.shape[2])
    samples -= samples.mean(axis=1, keepdims=True)
    return samples


def delay_line(config: EchoConfig, first: int) -> dict[str, Floats]:
    """Weights with which the first unit holds an input, and each other passes on the previous
    unit's value, small enough that tanh is linear."""
    weights = zero_weights(config)
    weights["W"][first, 0] = 0.01
    weights["W"][config.input_size :] = np.eye(config.state_size, k=1)
    return weights


def test_a_delay_line_of_six_units_holds_six_numbers() -> None:
    config = EchoConfig(state_size=6, truncated_backprop_length=8)
    network = snapshot(config, delay_line(config, 0))
    memory = reading(network, "memory")
    np.testing.assert_allclose(memory.by_lag[:6], 1, atol=1e-3)
    np.testing.assert_allclose(memory.by_lag[6:], 0, atol=0.02)
    assert memory.total == pytest.approx(6, abs=0.05)
    assert memory.size == 6
    units = reading(network, "units")
    np.testing.assert_array_equal(units.best_lag, range(6))
    np.testing.assert_allclose(units.correlation, 1, atol=1e-3)
    assert units.share_saturated == 0


def test_of_three_classes_two_numbers_a_symbol_are_needed() -> None:
    """A delay line that sees only the second of three symbols holds one of the two numbers of each
    symbol."""
    config = EchoConfig(state_size=3, echo_step=2, truncated_backprop_length=5, num_classes=3)
    network = snapshot(config, delay_line(config, 1))
    memory = reading(network, "memory")
    np.testing.assert_allclose(memory.by_lag[:3], 0.5, atol=0.02)
    assert memory.total == pytest.approx(3, abs=0.1)
    assert memory.shift_register(config.echo_step) == 6
    np.testing.assert_array_equal(reading(network, "units").best_lag, range(3))


@given(seed=st.integers(0, 1000), spread=st.floats(0, 30))
@settings(max_examples=15)
def test_no_network_holds_more_numbers_than_it_has(seed: int, spread: float) -> None:
    config = small()
    network = snapshot(config, random_weights(config, spread, seed))
    by_lag = reading(network, "memory").by_lag
    assert by_lag.min() >= -0.005
    assert by_lag.max() <= 1
    assert by_lag.sum() < 3.2
    assert np.abs(reading(network, "units").correlation).max() <= 1


def test_the_saturated_share_of_each_part_is_that_of_numpy() -> None:
    config = small("lstm")
    network = snapshot(config, random_weights(config, 2.0))
    series = series_for(config)
    _, parts = run_series(network, series)
    expected = {}
    for part, values in parts.items():
        shown = 2 * values[series.steps_back :] - 1  # of a gate
        if part == "h":
            shown = values[series.steps_back :]
        elif part == "c":
            shown = np.tanh(values[series.steps_back :])
        expected[part] = (np.abs(shown) > 0.97).mean()
    assert reading(network, "saturation") == pytest.approx(expected, abs=2e-3)
    assert max(expected.values()) > 0.05


def test_numbers_without_limits_are_never_saturated() -> None:
    config = small("irnn")
    assert reading(snapshot(config, random_weights(config, 2.0)), "saturation") == {}
