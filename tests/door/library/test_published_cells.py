"""Published cells in files of the user's own, against the same steps in NumPy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import echornn
from echornn import (
    Cell,
    ConfigError,
    EchoConfig,
    Population,
    Question,
    RunRecorder,
    Snapshot,
    Trainer,
    examine,
)
from tests.compiled import plain
from tests.door.library.own_texts import write
from tests.door.oracles.probes.numpy_network import Array, Weights, logits, relu, sigmoid, softmax

pytestmark = pytest.mark.slow

Step = Callable[[Array, Sequence[Array], Weights], list[Array]]
"""From the inputs of a step [rows, 1], the state before it, vectors [rows, units] each, and the
weights, the state after it."""

HEAD = """\
import numpy as np
from echornn import LINEAR, RELU, SIGMOID, TANH, Cell, Product
"""

PUBLISHED = {
    "antisymmetric": """
EPSILON, GAMMA = 0.1, 0.01
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x], "V", "b", LINEAR)
    (turn,) = network.affine([h], "A", "a", LINEAR)
    return [h + EPSILON * network.tanh(turn - GAMMA * h + drive)]
def used(weights, functions, steps):
    return {**weights, "A": weights["A"] - functions.transposed(weights["A"])}
C = Cell(step, ("h",),
    (Product("V", "b", ("drive",), reads=("x",)),
    Product("A", "a", ("turn",), reads=("h",))), used=used)
""",
    "slstm": """
def step(x, state, network):
    h, c, n, m = state
    z, i, f, o = network.affine([x, h], "W", "b", TANH, LINEAR, LINEAR, SIGMOID)
    larger = i + network.relu(f + m - i)
    enter, forget = network.exp(i - larger), network.exp(f + m - larger)
    c, n = forget * c + enter * z, forget * n + enter
    return [o * c / n, c, n, larger]
C = Cell(step, ("h", "c", "n", "m"), (Product("W", "b", ("z", "i", "f", "o")),), gates=("o",))
""",
    "dale": """
def step(x, state, network):
    (h,) = state
    (drive,) = network.affine([x], "W", "b", LINEAR)
    return [0.8 * h + 0.2 * network.relu(drive + network.product(h, "J"))]
def first_units(rng, units, steps):
    sign = np.where(np.arange(units) < 3, 1, -1).astype(np.float32)[:, np.newaxis]
    return {"sign": sign, "mask": (1 - np.eye(units)).astype(np.float32)}
def used(weights, functions, steps):
    return {**weights, "J": functions.relu(weights["J"]) * weights["mask"] * weights["sign"]}
C = Cell(step, ("h",), (Product("W", "b", ("drive",), reads=("x",)),),
    used=used, first_units=first_units, fixed=("sign", "mask"),
    other_weights={"J": ("units", "units"), "sign": ("units", 1), "mask": ("units", "units")},
    first_biases={"b": (0.5,)})
""",
    "layer_norm": """
def step(x, state, network):
    import tensorflow as tf
    (h,) = state
    z = tf.concat([x, h], axis=-1) @ network.weights["W"]
    z = z - tf.reduce_mean(z, axis=-1, keepdims=True)
    spread = tf.sqrt(tf.reduce_mean(z * z, axis=-1, keepdims=True) + 0.01)
    return [tf.tanh(network.weights["gain"] * z / spread)]
C = Cell(step, ("h",), (), other_weights={"W": (5, "units"), "gain": (1, "units")},
    first_units=lambda rng, units, steps: {"gain": np.ones((1, units), np.float32)})
""",
}
"""The text of each after `HEAD`; the cell is C."""

FIXED = {"sign", "mask"}
"""The weights that are not trained."""


def antisymmetric(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Chang, Chen, Haber and Chi 2019: h + 0.1 tanh(x V + b + h (A - A^T - 0.01) + a)."""
    h = state[0]
    turn = h @ (w["A"] - w["A"].T) - 0.01 * h + w["a"]
    return [h + 0.1 * np.tanh(x @ w["V"] + w["b"] + turn)]


def slstm(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Beck et al. 2024: exponential gates, kept finite by their largest exponent m."""
    h, c, n, m = state
    z, i, f, o = np.split(np.hstack([x, h]) @ w["W"] + w["b"], 4, axis=1)
    largest = np.maximum(f + m, i)
    enter, forget = np.exp(i - largest), np.exp(f + m - largest)
    c = forget * c + enter * np.tanh(z)
    n = forget * n + enter
    return [sigmoid(o) * c / n, c, n, largest]


def dale(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Song, Yang and Wang 2016: three units excite, the last inhibits, none itself."""
    h = state[0]
    signs = np.array([[1], [1], [1], [-1]])
    recurrent = relu(w["J"]) * (1 - np.eye(4)) * signs
    return [0.8 * h + 0.2 * relu(x @ w["W"] + w["b"] + h @ recurrent)]


def layer_norm(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Ba, Kiros and Hinton 2016."""
    z = np.hstack([x, state[0]]) @ w["W"]
    z -= z.mean(axis=1, keepdims=True)
    spread = np.sqrt((z**2).mean(axis=1, keepdims=True) + 0.01)
    return [np.tanh(w["gain"] * z / spread)]


def loss_and_states(step: Step, weights: Weights, x: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy of a window from the zero state, and the states h [rows, steps,
    units], in NumPy."""
    zeros = np.zeros((len(x), len(weights["W2"])))
    state = [zeros, zeros, zeros, zeros]  # slstm has four vectors, the others have one
    states = []
    for x_t in x.T:
        state = step(x_t[:, np.newaxis], state, weights)
        states.append(state[0])
    h = np.stack(states, axis=1)
    shares = softmax(logits(weights, h))
    of_targets = np.where(y == 1, shares[..., 1], shares[..., 0])
    return -float(np.log(of_targets).mean()), h


def shifted(weights: Weights, direction: Weights, distance: float) -> Weights:
    return {name: value + distance * direction.get(name, 0) for name, value in weights.items()}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(HEAD + OTHERS, "others.py")


@pytest.mark.parametrize("step", [antisymmetric, slstm, dale, layer_norm])
def test_a_published_cell_trains_as_its_formulas_say(step: Step) -> None:
    """One window by gradient descent: states, loss, and the update along two directions, by
    differences."""
    write(HEAD + PUBLISHED[step.__name__], "published.py")
    config = EchoConfig(
        cell="published.py:C",
        optimizer="sgd",
        learning_rate=0.5,
        init="glorot",
        truncated_backprop_length=4,
        seed=3,
    )
    with plain() as programs:
        trainer = Trainer(config, programs)
        before = {name: value.astype(np.float64) for name, value in trainer.weights.items()}
        window = trainer.advance(1)
        after = trainer.weights
    x = window.x.astype(np.float64)
    loss, states = loss_and_states(step, before, x, window.y)
    assert window.losses[0] == pytest.approx(loss, rel=1e-5)
    assert_allclose(window.states, states, atol=1e-5)
    for name in FIXED & set(before):
        assert_array_equal(before[name], after[name])

    trained = [name for name in before if name not in FIXED]
    rng = np.random.default_rng(0)
    for _ in range(2):
        direction = {name: rng.normal(size=before[name].shape) for name in trained}
        ahead, _ = loss_and_states(step, shifted(before, direction, 1e-5), x, window.y)
        back, _ = loss_and_states(step, shifted(before, direction, -1e-5), x, window.y)
        slope = (ahead - back) / 2e-5
        update = sum(np.sum((after[name] - before[name]) * direction[name]) for name in trained)
        assert update / -0.5 == pytest.approx(slope, rel=1e-3, abs=1e-4)


OTHERS = """
def only_noise(x, state, network):
    return [network.noise]
Noise = Cell(only_noise, ("h",), (), noise=True)
def usual(x, state, network):
    return network.affine([x, state[0]], "W", "b", TANH)
Fixed = Cell(usual, ("h",), (Product("W", "b", ("h",)),), fixed=("W", "b"))
def like_rnn(x, state, network):
    import tensorflow as tf
    z = tf.concat([x, state[0]], axis=-1) @ network.weights["W"]
    return [tf.tanh(z + network.weights["b"])]
Tensors = Cell(like_rnn, ("h",), (), other_weights={"W": (5, "units"), "b": (1, "units")})
"""


@pytest.fixture
def noise() -> EchoConfig:
    return EchoConfig(
        cell="others.py:Noise",
        num_layers=2,
        state_size=10,
        batch_size=80,
        truncated_backprop_length=5,
    )


def test_noise_is_normal_and_new_in_each_window_and_comes_back_with_a_state(
    noise: EchoConfig,
) -> None:
    with plain() as programs:
        trainer = Trainer(noise, programs)
        first = trainer.advance(1).states
        state = trainer.state
        second = trainer.advance(1).states
        assert first.shape == (80, 5, 10)
        assert abs(first.mean()) < 0.05
        assert abs(first.std() - 1) < 0.05
        assert abs(np.mean(first * second)) < 0.05
        trainer.restore(state)
        assert_array_equal(trainer.advance(1).states, second)
    x = np.zeros((30, 40), np.uint8)
    ran = trainer.run(x).states
    assert abs(ran.std() - 1) < 0.05
    assert_array_equal(trainer.run(x).states, ran)
    with pytest.raises(ConfigError, match="noise or other weights"):
        replace(noise, rule="rtrl")


def test_noise_is_a_networks_own_alone_and_side_by_side(noise: EchoConfig) -> None:
    with plain() as programs:
        alone = Trainer(noise, programs)
        together = Population(replace(noise, replicas=16), programs=programs)
        for _ in range(2):
            expected = alone.advance(1).states
            states = together.advance(1).states
    assert_allclose(states[..., 0], np.swapaxes(expected, 0, 1), atol=1e-6)
    assert abs(np.mean(states[..., 0] * states[..., 15])) < 0.05


@pytest.mark.parametrize("fields", [{"optimizer": "adam", "weight_decay": 0.1}, {"rule": "rtrl"}])
def test_fixed_weights_stay(fields: dict[str, Any]) -> None:
    config = EchoConfig(cell="others.py:Fixed", truncated_backprop_length=3, **fields)
    with plain() as programs:
        trainer = Trainer(config, programs)
        before = trainer.weights
        trainer.advance(3)
    for name, after in trainer.weights.items():
        assert np.array_equal(before[name], after) == (name in ("W", "b")), name


SHORT = EchoConfig(total_series_length=500, truncated_backprop_length=4, seed=15)


def test_a_step_that_calls_tensorflow_trains_and_is_examined_as_the_programs_same_cell() -> None:
    question = Question(frozenset({"gradient", "fixed_points"}))
    config = replace(SHORT, cell="others.py:Tensors")
    with plain() as programs:
        together = Population(replace(config, seed=7), replicas=9, programs=programs).advance(6)
        own = Trainer(config)
        usual = Trainer(SHORT)
        usual.load_weights(own.weights)
        losses = own.advance(6).losses
        expected_losses = usual.advance(6).losses
        readings = examine(Snapshot(own.state), question)
        expected = examine(Snapshot(usual.state), question)
    assert_array_equal(together.losses[:, 8], losses)
    assert_allclose(losses, expected_losses, rtol=1e-4)
    assert readings.gradient is not None
    assert expected.gradient is not None
    by_lag, expected_by_lag = readings.gradient.by_lag, expected.gradient.by_lag
    assert_allclose(by_lag, expected_by_lag, rtol=1e-2, atol=1e-4)
    assert readings.fixed_points is not None
    assert expected.fixed_points is not None
    assert readings.fixed_points.kinds == expected.fixed_points.kinds


def test_a_cell_is_given_as_an_object_and_kept_by_the_text_of_its_modules_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(Path.cwd())
    others = importlib.import_module("others")
    config = replace(SHORT, cell=others.Tensors)
    assert config == replace(SHORT, cell=f"{Path.cwd()}/others.py:Tensors")
    assert replace(config, cell=config.the_cell) == config
    RunRecorder.begin(Path("run"), config).close()
    Path("others.py").unlink()
    kept = echornn.read("run").config.the_cell
    assert kept.other_shapes(1, 4) == {"W": (5, 4), "b": (1, 4)}
    assert kept.in_turn
    without_file = EchoConfig(cell=Cell(others.only_noise, ("h",), (), noise=True))
    with pytest.raises(ValueError, match="is in no file"):
        RunRecorder.begin(Path("other"), without_file)


def test_the_forget_bias_is_the_first_bias_of_the_forget_gate_of_each_layer() -> None:
    first = Trainer(EchoConfig(cell="lstm", num_layers=2, forget_bias=2.5)).weights
    for name in ("b", "b_layer2"):
        assert_array_equal(first[name], [np.repeat([0, 2.5, 0, 0], 4)])
