"""Memory and unit readings, compared with NumPy and with networks whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.network.model import initial_weights
from echornn.probes.examine import examine
from echornn.probes.series import series_for
from echornn.progress import Floats
from echornn.readings import Memory, Question, Units
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.snapshots import CELLS, random_weights, small, snapshot, snapshot_of

pytestmark = pytest.mark.slow


def read(config: EchoConfig, weights: dict[str, Floats], part: str = "") -> tuple[Memory, Units]:
    readings = examine(snapshot(config, weights), Question(frozenset({"memory", "units"}), part))
    assert readings.memory is not None
    assert readings.units is not None
    return readings.memory, readings.units


def delay_line(units: int, num_classes: int = 2) -> tuple[EchoConfig, dict[str, Floats]]:
    """A network in which each unit passes on the previous unit's value, small enough that tanh is
    linear."""
    config = EchoConfig(
        state_size=units, echo_step=2, truncated_backprop_length=units + 2, num_classes=num_classes
    )
    w = np.zeros((config.input_size + units, units), np.float32)
    w[0, 0] = 0.01
    w[config.input_size + np.arange(units - 1), np.arange(1, units)] = 1
    return config, {
        **{name: np.zeros_like(value) for name, value in random_weights(config).items()},
        "W": w,
    }


@pytest.mark.parametrize("cell", CELLS)
def test_memory_is_that_of_least_squares_on_states_that_numpy_computes(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config)
    series, one = series_for(config), snapshot(config, weights)
    first = np.resize(
        one.state.carried_state, (series.x.shape[1], one.state.carried_state.shape[1])
    )
    _, parts = numpy_network.run(cell, weights, series.x, first)
    assert list(parts) == list(examine(one, Question(frozenset())).parts)
    assert one.progress is not None
    _, of_window = numpy_network.run(cell, weights, one.progress.x.T, one.progress.init_state)
    half = series.x.shape[1] // 2
    for part, values in parts.items():
        seen = values[series.steps_back :]
        expected = []
        for lag in range(series.lags):
            x = series.x[series.steps_back - lag : len(series.x) - lag].astype(np.float64)
            left, weights_out = list[float](), np.zeros(3)
            for rows in (slice(None, half), slice(half, None)):
                states = seen[:, rows].reshape(-1, 3) - seen[:, rows].mean(axis=(0, 1))
                wanted = x[:, rows].ravel() - x[:, rows].mean()
                if not left:
                    weights_out = np.linalg.lstsq(states, wanted, rcond=None)[0]
                left.append(((wanted - states @ weights_out) ** 2).sum() / (wanted**2).sum())
            expected.append(1 - np.sqrt(left[0] * left[1]))
        memory, units = read(config, weights, part)
        assert memory.part == part
        np.testing.assert_allclose(units.activity, np.swapaxes(of_window[part], 0, 1), atol=1e-6)
        np.testing.assert_allclose(memory.by_lag, expected, atol=2e-4)


def test_a_delay_line_of_six_units_holds_six_numbers() -> None:
    memory, units = read(*delay_line(6))
    np.testing.assert_allclose(memory.by_lag[:6], 1, atol=1e-3)
    np.testing.assert_allclose(memory.by_lag[6:], 0, atol=0.02)
    assert memory.total == pytest.approx(6, abs=0.05)
    assert memory.size == 6
    np.testing.assert_array_equal(units.best_lag, range(6))
    np.testing.assert_allclose(units.correlation, 1, atol=1e-3)
    assert units.share_saturated == 0


def test_of_three_classes_two_numbers_a_symbol_are_needed() -> None:
    """A delay line that sees only the second of three symbols holds one of the two numbers of each
    symbol."""
    config, weights = delay_line(3, num_classes=3)
    weights["W"][:3] = 0
    weights["W"][1, 0] = 0.01
    memory, units = read(config, weights)
    np.testing.assert_allclose(memory.by_lag[:3], 0.5, atol=0.02)
    assert memory.total == pytest.approx(3, abs=0.1)
    assert memory.shift_register(config.echo_step) == 6
    np.testing.assert_array_equal(units.best_lag, range(3))


@given(seed=st.integers(0, 1000), spread=st.floats(0, 30))
@settings(max_examples=15)
def test_no_network_holds_more_numbers_than_it_has(seed: int, spread: float) -> None:
    config = small()
    memory, units = read(config, random_weights(config, spread, seed))
    assert ((memory.by_lag >= -0.005) & (memory.by_lag <= 1)).all()
    assert memory.by_lag.sum() < 3.2
    assert (np.abs(units.correlation) <= 1).all()


def test_from_weights_alone_the_rows_come_to_rest_first() -> None:
    """From a zero state some rows need a hundred steps to settle; mixed with others they would hide
    what the state holds.
    """
    config = EchoConfig()
    weights = initial_weights(config)
    weights["b"][:] = [-0.02, -0.025, -0.036, -0.018]  # the biases after the first window
    memory = examine(snapshot_of(weights, config), Question(frozenset({"memory"}))).memory
    assert memory is not None
    assert memory.by_lag[1] > 0.95


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "irnn"])
def test_the_saturated_share_of_each_part_is_that_of_numpy(cell: str) -> None:
    config = small(cell)
    weights = random_weights(config, 2.0)
    series, one = series_for(config), snapshot(config, weights)
    first = np.resize(
        one.state.carried_state, (series.x.shape[1], one.state.carried_state.shape[1])
    )
    _, parts = numpy_network.run(cell, weights, series.x, first)
    expected = {}
    for name, values in parts.items() if cell != "irnn" else ():  # whose numbers have no limits
        seen = values[series.steps_back :]
        shown = seen if name == "h" else np.tanh(seen) if name == "c" else 2 * seen - 1
        expected[name] = (np.abs(shown) > 0.97).mean()
    found = examine(one, Question(frozenset({"saturation"}))).saturation
    assert found == pytest.approx(expected, abs=2e-3)
    assert not expected or max(expected.values()) > 0.05
