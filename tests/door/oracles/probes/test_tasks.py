"""The probes on networks of other tasks, compared with NumPy and with hand-made networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from echornn import Batch, EchoConfig, Numbers, Task
from echornn.tasks.flip_flop import FlipFlop
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.snapshots import (
    newest_window,
    random_weights,
    reading,
    run,
    small_task,
    snapshot,
    without_window,
    zero_weights,
)

pytestmark = pytest.mark.slow


def test_a_shift_register_of_two_channels_holds_both() -> None:
    """Four units: two hold the last two numbers of the first channel, the others those of the
    second."""
    config = EchoConfig(task=FlipFlop(bits=2), state_size=4, total_series_length=400)
    weights = zero_weights(config)
    weights["W"][0, 0] = weights["W"][1, 2] = 0.01
    weights["W"][2 + 0, 1] = 1
    weights["W"][2 + 2, 3] = 1
    network = without_window(config, weights)
    memory = reading(network, "memory")
    np.testing.assert_allclose(memory.channels[:2], 1, atol=1e-3)
    np.testing.assert_allclose(memory.channels[2:], 0, atol=0.02)
    assert memory.total == pytest.approx(4, abs=0.1)
    units = reading(network, "units")
    assert units.best_lag.tolist() == [0, 1, 0, 1]
    assert units.best_channel.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(units.correlation, 1, atol=1e-3)


@dataclass(frozen=True)
class WithConstants(Task):
    """A sign, and channels that never change."""

    inputs, outputs = Numbers(3), Numbers(1)

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        x = np.zeros((rows, steps, 3))
        x[..., 0] = rng.choice([-1, 1], (rows, steps))
        x[..., 1] = 0.3
        return Batch(x, x[..., :1])


def test_channels_that_never_change_do_not_count_in_the_memory() -> None:
    config = EchoConfig(task=WithConstants(), state_size=2, total_series_length=400)
    weights = zero_weights(config)
    weights["W"][0, 0] = weights["W"][1, 1] = 0.01
    weights["W"][3, 1] = 1
    memory = reading(without_window(config, weights), "memory")
    np.testing.assert_allclose(memory.by_lag[:3], [1, 1, 0], atol=0.02)
    assert memory.total == pytest.approx(2, abs=0.1)


def test_a_trials_memory_is_of_what_differs_between_trials() -> None:
    """A network that only counts the steps holds no input; one that keeps the newest value holds
    it."""
    config = small_task("adding", state_size=2)
    weights = zero_weights(config)
    weights["b"][0, 0] = 0.1
    weights["W"][2, 0] = 1
    weights["W"][0, 1] = 0.01
    network = without_window(config, weights)
    memory = reading(network, "memory")
    assert len(memory.by_lag) == 9
    np.testing.assert_allclose(memory.channels[0, 0], 1, atol=1e-3)
    np.testing.assert_allclose(memory.channels[1:], 0, atol=0.02)
    units = reading(network, "units")
    assert units.correlation[0] == 0
    assert np.isfinite(units.spread).all()


def test_every_probe_reads_a_network_of_trials_of_numbers() -> None:
    config = small_task("adding")
    network = snapshot(config, random_weights(config))
    assert np.isfinite(reading(network, "memory").by_lag).all()
    assert np.isfinite(reading(network, "gradient").by_lag).all()
    effects = reading(network, "effects").strength
    assert effects.shape == (2, config.window_steps, config.window_steps)
    assert np.isfinite(effects).all()
    assert np.isfinite(reading(network, "connectivity").strength).all()
    assert reading(network, "reliance").moved[0] > 0
    matrices = reading(network, "weights")
    for key, weight in matrices.weights.items():
        rows, columns = weight.shape
        assert len(matrices.rows[key]) == rows
        assert len(matrices.columns[key]) == columns
    assert matrices.columns["W2"][0] == "output 1"
    reading(network, "units")
    reading(network, "lyapunov")
    reading(network, "flip", flip=(1, 2))


def test_effects_of_numbers_are_those_of_raising_them() -> None:
    config = small_task("adding")
    weights = random_weights(config)
    network = snapshot(config, weights)
    effects = reading(network, "effects")
    window = newest_window(network)

    def outputs(x: np.ndarray) -> np.ndarray:
        states, _ = run(config, weights, x.swapaxes(0, 1), window.init_state)
        return numpy_network.logits(weights, states[1:])[..., 0]

    for step in range(config.window_steps):
        raised = window.x.astype(np.float64)
        raised[:, step] += 0.1
        expected = np.abs(outputs(raised) - outputs(window.x))
        np.testing.assert_allclose(effects.strength[:, :, step], expected.T, atol=1e-5)
    assert not effects.turned.any()
