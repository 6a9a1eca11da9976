"""The effects of changing a single input, compared with NumPy, which runs again for each, and for a
shift register."""

from __future__ import annotations

import numpy as np
import pytest

from echornn import Trainer
from echornn.config import EchoConfig
from echornn.probes import prepared
from echornn.probes.examine import examine
from echornn.progress import Floats
from echornn.readings import Kind, Question, Readings
from echornn.state import Snapshot
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.numpy_network import Array
from tests.door.oracles.probes.snapshots import FEW, random_weights, small, snapshot, snapshot_of

pytestmark = pytest.mark.slow


def read(one: Snapshot, *kinds: Kind, row: int | None = None) -> Readings:
    return examine(one, Question(frozenset(kinds), row=row))


def predicted(cell: str, weights: dict[str, Floats], x: Array, state: Array) -> Array:
    """The probabilities after each step of a row, [steps, classes]."""
    states, _ = numpy_network.run(cell, weights, x[:, None], state[None])
    return numpy_network.softmax(numpy_network.logits(weights, states[1:, 0]))


def by_hand(cell: str, weights: dict[str, Floats], one: Snapshot, row: int) -> tuple[Array, Array]:
    """How much predictions move, and whether they change, [steps, steps] each: a row run again for
    each changed input.
    """
    assert one.progress is not None
    x, state = (
        one.progress.x[row].astype(np.float64),
        one.progress.init_state[row].astype(np.float64),
    )
    before = predicted(cell, weights, x, state)
    moved, turned = np.zeros((2, len(x), len(x)))
    for step in range(len(x)):
        changed = x.copy()
        changed[step] = 1 - changed[step]
        after = predicted(cell, weights, changed, state)
        moved[:, step] = np.abs(after[:, 1] - before[:, 1])
        turned[:, step] = (after[:, 1] > 0.5) != (before[:, 1] > 0.5)
    return moved, turned


@pytest.mark.parametrize("cell", FEW)
def test_each_input_flipped_alone(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small(cell, truncated_backprop_length=6)
    weights = random_weights(config, 0.7, seed=3) if cell == "irnn" else random_weights(config, 1.5)
    one = snapshot(config, weights)
    assert one.progress is not None
    states, _ = numpy_network.run(cell, weights, one.progress.x.T, one.progress.init_state)
    # so that some predictions change
    weights["b2"] -= np.median(numpy_network.logits(weights, states[1:]), axis=(0, 1)).astype(
        np.float32
    )
    found = read(one, "effects").effects
    assert found is not None
    for row in range(config.batch_size):
        moved, turned = by_hand(cell, weights, one, row)
        np.testing.assert_allclose(found.of_row(row), moved, atol=1e-5)
        np.testing.assert_array_equal(found.turned[row], turned)
    assert found.turned.any()
    assert found.turned.dtype == np.bool_
    of_a_row = read(one, "effects", row=1).effects
    assert of_a_row is not None
    np.testing.assert_allclose(of_a_row.of_row(1), moved, atol=1e-5)
    assert np.isnan(of_a_row.of_row(0)).all()
    monkeypatch.setattr(prepared, "MOST_LAGS", 3)
    newest = read(one, "effects", row=1).effects
    assert newest is not None
    assert (newest.first_step, newest.strength.shape) == (3, (1, 3, 3))
    np.testing.assert_allclose(newest.of_row(1), moved[3:, 3:], atol=1e-5)


def shift_register(config: EchoConfig, gain: float = 50.0) -> dict[str, Floats]:
    """Saturated units that hold x[t], x[t-1], ... up to the echo; only the last one is read."""
    size = config.state_size
    w = np.zeros((1 + size, size), np.float32)
    w[0, 0] = 2 * gain
    w[np.arange(1, size), np.arange(1, size)] = gain
    bias = np.zeros((1, size), np.float32)
    bias[0, 0] = -gain
    out = np.zeros((size, 2), np.float32)
    out[config.echo_step] = -10, 10
    return {"W": w, "b": bias, "W2": out, "b2": np.zeros((1, 2), np.float32)}


def test_a_shift_register_hangs_on_its_echo_alone_and_its_slopes_do_not_tell() -> None:
    config = EchoConfig(state_size=4, echo_step=3)
    one = snapshot(config, shift_register(config))
    readings = read(one, "effects", "reliance", "connectivity")
    effects, reliance, slopes = readings.effects, readings.reliance, readings.connectivity
    assert effects is not None
    assert reliance is not None
    assert slopes is not None
    echo = np.eye(15, k=-3)
    np.testing.assert_allclose(effects.strength, np.stack([echo] * config.batch_size), atol=1e-6)
    np.testing.assert_array_equal(effects.turned, np.stack([echo > 0] * config.batch_size))
    assert reliance.turned.tolist() == [float(lag == 3) for lag in range(20)]
    np.testing.assert_allclose(reliance.moved, reliance.turned, atol=1e-6)
    assert reliance.samples == 512
    assert slopes.strength.max() < 1e-6


def test_reliance_is_of_lags_beyond_the_window_too() -> None:
    config = EchoConfig(state_size=4, echo_step=3, truncated_backprop_length=1)
    found = read(snapshot_of(shift_register(config), config), "reliance").reliance
    assert found is not None
    assert found.turned.tolist() == [float(lag == 3) for lag in range(9)]


def test_a_lag_is_not_mixed_with_the_distance_to_a_rows_start() -> None:
    """After one window the carried state is still near zero, where more flips turn a prediction
    than far into a row."""
    trainer = Trainer(EchoConfig(init="glorot"))
    window = trainer.advance(1)
    found = read(Snapshot(trainer.state, 0, 1, window), "reliance").reliance
    assert found is not None
    expected = turned_far_into_rows(trainer.weights, len(found.turned))
    assert 0.005 < expected.min() < expected.max() < 0.05
    np.testing.assert_allclose(found.turned, expected, atol=0.03)


def turned_far_into_rows(weights: dict[str, Floats], lags: int) -> Array:
    """The share of predictions at one step far into 2,000 rows that a flip turns, by lag."""
    steps, rows = 300, 2000
    x = np.random.default_rng(0).integers(0, 2, (steps, rows)).astype(np.float64)
    states, _ = numpy_network.run("rnn", weights, x, np.zeros((rows, 4)))
    unchanged = numpy_network.logits(weights, states[-1]).argmax(axis=-1)
    turned = []
    for lag in range(lags):
        changed = x[steps - 1 - lag :].copy()
        changed[0] = 1 - changed[0]
        after, _ = numpy_network.run("rnn", weights, changed, states[steps - 1 - lag])
        turned.append(np.mean(numpy_network.logits(weights, after[-1]).argmax(-1) != unchanged))
    return np.array(turned)
