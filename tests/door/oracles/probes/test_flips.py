"""The effects of changing a single input, compared with NumPy, which runs again for each, and for a
shift register."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import EchoConfig, Snapshot, Trainer
from echornn.probes import prepared
from echornn.progress import Floats
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.numpy_network import Array
from tests.door.oracles.probes.snapshots import (
    newest_window,
    random_weights,
    reading,
    run,
    run_window,
    small,
    snapshot,
    zero_weights,
)

pytestmark = pytest.mark.slow


def by_hand(network: Snapshot) -> tuple[Array, Array]:
    """How much predictions move, and whether they change, [rows, steps, steps] each: the window run
    again for each changed step."""
    config, weights = network.state.config, network.state.weights
    window = newest_window(network)

    def predictions(x: Array) -> Array:
        states, _ = run(config, weights, x.T, window.init_state)
        probabilities = numpy_network.softmax(numpy_network.logits(weights, states[1:]))
        return probabilities[..., 1].T

    before = predictions(window.x)
    rows, steps = window.x.shape
    moved, turned = np.zeros((2, rows, steps, steps))
    for step in range(steps):
        changed = window.x.copy()
        changed[:, step] = 1 - changed[:, step]
        after = predictions(changed)
        moved[:, :, step] = np.abs(after - before)
        turned[:, :, step] = (after > 0.5) != (before > 0.5)
    return moved, turned


def test_each_input_flipped_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    config = small("lstm", truncated_backprop_length=6)
    weights = random_weights(config, 1.5)
    network = snapshot(config, weights)
    states, _ = run_window(network)
    # So that some predictions change
    logits = numpy_network.logits(weights, states[1:])
    middle = np.median(logits, axis=(0, 1))
    weights["b2"] -= middle.astype(np.float32)

    moved, turned = by_hand(network)
    effects = reading(network, "effects")
    np.testing.assert_allclose(effects.strength, moved, atol=1e-5)
    np.testing.assert_array_equal(effects.of_row(1), effects.strength[1])
    np.testing.assert_array_equal(effects.turned, turned)
    assert effects.turned.any()
    assert effects.turned.dtype == np.bool_

    of_a_row = reading(network, "effects", row=1)
    np.testing.assert_allclose(of_a_row.of_row(1), moved[1], atol=1e-5)
    assert np.isnan(of_a_row.of_row(0)).all()

    monkeypatch.setattr(prepared, "MOST_LAGS", 3)
    newest = reading(network, "effects", row=1)
    assert newest.first_step == 3
    assert newest.strength.shape == (1, 3, 3)
    np.testing.assert_allclose(newest.of_row(1), moved[1, 3:, 3:], atol=1e-5)


def shift_register(config: EchoConfig) -> dict[str, Floats]:
    """Saturated units that hold x[t], x[t-1], ... up to the echo; only the last one is read."""
    weights = zero_weights(config)
    weights["W"][0, 0] = 100
    weights["b"][0, 0] = -50
    weights["W"][1:] = 50 * np.eye(config.state_size, k=1)
    weights["W2"][config.echo_step] = -10, 10
    return weights


def test_a_shift_register_hangs_on_its_echo_alone_and_its_slopes_do_not_tell() -> None:
    config = EchoConfig(state_size=4, echo_step=3)
    network = snapshot(config, shift_register(config))
    echo = np.stack([np.eye(15, k=-3)] * config.batch_size)
    effects = reading(network, "effects")
    np.testing.assert_allclose(effects.strength, echo, atol=1e-6)
    np.testing.assert_array_equal(effects.turned, echo)
    reliance = reading(network, "reliance")
    np.testing.assert_array_equal(reliance.turned, np.arange(20) == 3)
    np.testing.assert_allclose(reliance.moved, reliance.turned, atol=1e-6)
    assert reliance.samples == 512
    assert reading(network, "connectivity").strength.max() < 1e-6


def test_a_lag_is_not_mixed_with_the_distance_to_a_rows_start() -> None:
    """After one window the carried state is still near zero, where more flips turn a prediction
    than far into a row."""
    trainer = Trainer(EchoConfig(init="glorot"))
    progress = trainer.advance(1)
    reliance = reading(Snapshot(trainer.state, 0, 1, progress), "reliance")
    expected = turned_far_into_rows(trainer.weights, len(reliance.turned))
    assert 0.005 < expected.min() < expected.max() < 0.05
    np.testing.assert_allclose(reliance.turned, expected, atol=0.03)


def turned_far_into_rows(weights: dict[str, Floats], lags: int) -> Array:
    """The share of predictions at one step far into 2,000 rows that a flip turns, by lag."""
    steps, rows = 300, 2000
    x = np.random.default_rng(0).integers(0, 2, (steps, rows))
    zero = np.zeros((rows, 4))
    states, _ = numpy_network.run("rnn", weights, x, zero)
    unchanged = numpy_network.logits(weights, states[-1]).argmax(axis=1)
    turned = []
    for lag in range(lags):
        begin = steps - 1 - lag
        changed = x[begin:].copy()
        changed[0] = 1 - changed[0]
        after, _ = numpy_network.run("rnn", weights, changed, states[begin])
        predicted = numpy_network.logits(weights, after[-1]).argmax(axis=1)
        turned.append(np.mean(predicted != unchanged))
    return np.array(turned)
