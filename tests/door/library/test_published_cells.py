"""Published cells in files of the user's own, against the same steps in NumPy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

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

pytestmark = pytest.mark.slow

Array = npt.NDArray[np.float64]

Weights = Mapping[str, Array]

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
    "low_rank": """
def step(x, state, network):
    (h,) = state
    drive = network.product(network.product(h, "m"), "n") + network.product(x, "B")
    return [h + 0.2 * (network.tanh(drive) - h)]
C = Cell(step, ("h",), (),
    other_weights={"m": ("units", 2), "n": (2, "units"), "B": ("inputs", "units")})
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


def sigmoid(value: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-value)))


def antisymmetric(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Chang, Chen, Haber and Chi 2019: h + 0.1 tanh(x V + b + h (A - A^T - 0.01) + a)."""
    (h,) = state
    return [h + 0.1 * np.tanh(x @ w["V"] + w["b"] + h @ (w["A"] - w["A"].T) - 0.01 * h + w["a"])]


def slstm(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Beck et al. 2024: exponential gates, kept finite by their largest exponent m."""
    h, c, n, m = state
    z, i, f, o = np.split(np.hstack([x, h]) @ w["W"] + w["b"], 4, axis=1)
    largest = np.maximum(f + m, i)
    enter, forget = np.exp(i - largest), np.exp(f + m - largest)
    c, n = forget * c + enter * np.tanh(z), forget * n + enter
    return [sigmoid(o) * c / n, c, n, largest]


def low_rank(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Mastrogiuseppe and Ostojic 2018, with a leak."""
    (h,) = state
    return [0.8 * h + 0.2 * np.tanh(h @ w["m"] @ w["n"] + x @ w["B"])]


def dale(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Song, Yang and Wang 2016: three units excite, the last inhibits, none itself."""
    (h,) = state
    recurrent = np.abs(np.maximum(w["J"], 0)) * (1 - np.eye(4)) * np.array([[1], [1], [1], [-1]])
    return [0.8 * h + 0.2 * np.maximum(x @ w["W"] + w["b"] + h @ recurrent, 0)]


def layer_norm(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Ba, Kiros and Hinton 2016."""
    z = np.hstack([x, state[0]]) @ w["W"]
    z -= z.mean(axis=1, keepdims=True)
    return [np.tanh(w["gain"] * z / np.sqrt((z**2).mean(axis=1, keepdims=True) + 0.01))]


STEPS: dict[str, tuple[int, Callable[[Array, Sequence[Array], Weights], list[Array]]]] = {
    "antisymmetric": (1, antisymmetric),
    "slstm": (4, slstm),
    "low_rank": (1, low_rank),
    "dale": (1, dale),
    "layer_norm": (1, layer_norm),
}
"""The vectors of the state of each, and its step."""


def loss_and_states(name: str, weights: Weights, x: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy of a window from the zero state, and the states h [rows, steps,
    units], in NumPy."""
    parts, step = STEPS[name]
    state = [np.zeros((len(x), len(weights["W2"])))] * parts
    states, losses = [], []
    for t in range(x.shape[1]):
        state = step(x[:, t, np.newaxis], state, weights)
        logits = state[0] @ weights["W2"] + weights["b2"]
        logits -= logits.max(axis=1, keepdims=True)
        said = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        losses.append(-said[np.arange(len(x)), y[:, t].astype(int)])
        states.append(state[0])
    return float(np.mean(losses)), np.stack(states, axis=1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_cell_trains_as_its_formulas_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window by gradient descent: states, loss, and the update along two directions, by
    differences."""
    monkeypatch.chdir(tmp_path)
    Path("published.py").write_text(HEAD + PUBLISHED[name], encoding="utf-8")
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
        before = {one: value.astype(np.float64) for one, value in trainer.weights.items()}
        window = trainer.advance(1)
        after = trainer.weights
    x, y = window.x.astype(np.float64), window.y.astype(np.float64)
    loss, states = loss_and_states(name, before, x, y)
    assert window.losses[0] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(window.states, states, atol=1e-5)
    for one in FIXED & set(before):
        np.testing.assert_array_equal(before[one], after[one])
    rng = np.random.default_rng(0)
    for _ in range(2):
        way = {
            one: rng.normal(size=value.shape) * (one not in FIXED) for one, value in before.items()
        }
        ahead, back = (
            loss_and_states(
                name, {one: value + much * way[one] for one, value in before.items()}, x, y
            )[0]
            for much in (1e-5, -1e-5)
        )
        moved = sum(float(np.sum((after[one] - before[one]) * way[one])) for one in before)
        assert moved / -0.5 == pytest.approx((ahead - back) / 2e-5, rel=1e-3, abs=1e-4)


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


def test_noise_is_normal_and_a_networks_own_alone_side_by_side_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("others.py").write_text(HEAD + OTHERS, encoding="utf-8")
    config = EchoConfig(
        cell="others.py:Noise",
        num_layers=2,
        state_size=10,
        batch_size=80,
        truncated_backprop_length=5,
    )
    with plain() as programs:
        trainer = Trainer(config, programs)
        first = trainer.advance(1).states
        state = trainer.state
        second = trainer.advance(1).states
        assert first.shape == (80, 5, 10)
        assert abs(first.mean()) < 0.05
        assert abs(first.std() - 1) < 0.05
        assert abs(np.mean(first * second)) < 0.05
        trainer.restore(state)
        np.testing.assert_array_equal(trainer.advance(1).states, second)
        together = Population(replace(config, replicas=16), programs=programs)
        together.advance(1)
        of_each = together.advance(1).states
    np.testing.assert_allclose(of_each[..., 0], np.swapaxes(second, 0, 1), atol=1e-6)
    assert abs(np.mean(of_each[..., 0] * of_each[..., 15])) < 0.05
    x = np.zeros((30, 40), np.uint8)
    ran = trainer.run(x)
    assert abs(ran.states.std() - 1) < 0.05
    np.testing.assert_array_equal(trainer.run(x).states, ran.states)
    with pytest.raises(ConfigError, match="noise or other weights"):
        replace(config, rule="rtrl")


def test_fixed_weights_stay_under_every_optimizer_and_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("others.py").write_text(HEAD + OTHERS, encoding="utf-8")
    config = EchoConfig(cell="others.py:Fixed", truncated_backprop_length=3)
    others = ({"optimizer": "adam", "weight_decay": 0.1}, {"rule": "rtrl"})
    for one in (replace(config, **fields) for fields in others):
        with plain() as programs:
            trainer = Trainer(one, programs)
            before = trainer.weights
            trainer.advance(3)
        for name, after in trainer.weights.items():
            assert np.array_equal(before[name], after) == (name in ("W", "b")), name


def test_a_step_that_calls_tensorflow_trains_and_is_examined_as_the_same_cell_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("others.py").write_text(HEAD + OTHERS, encoding="utf-8")
    question = Question(frozenset({"gradient", "fixed_points"}))
    config = EchoConfig(
        cell="others.py:Tensors", total_series_length=500, truncated_backprop_length=4
    )
    with plain() as programs:
        population = Population(config, replicas=9, programs=programs)
        together = population.advance(6)
        trainers = [
            Trainer(one) for one in (replace(config, seed=15), replace(config, seed=15, cell="rnn"))
        ]
        trainers[1].load_weights(trainers[0].weights)
        alone, expected = (one.advance(6).losses for one in trainers)
        readings, usual = (examine(Snapshot(one.state), question) for one in trainers)
    np.testing.assert_array_equal(together.losses[:, 8], alone)
    np.testing.assert_allclose(alone, expected, rtol=1e-4)
    assert readings.gradient is not None
    assert usual.gradient is not None
    np.testing.assert_allclose(
        readings.gradient.by_lag, usual.gradient.by_lag, rtol=1e-2, atol=1e-4
    )
    assert readings.fixed_points is not None
    assert usual.fixed_points is not None
    assert readings.fixed_points.kinds == usual.fixed_points.kinds


def test_a_cell_is_given_as_an_object_and_kept_by_the_text_of_its_modules_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("my_cells.py").write_text(HEAD + OTHERS, encoding="utf-8")
    cells = importlib.import_module("my_cells")
    config = EchoConfig(cell=cells.Tensors, total_series_length=500, num_epochs=1)
    assert config == EchoConfig(
        cell=f"{tmp_path}/my_cells.py:Tensors", total_series_length=500, num_epochs=1
    )
    assert replace(config, cell=config.the_cell) == config
    RunRecorder.begin(Path("run"), config).close()
    Path("my_cells.py").unlink()
    kept = echornn.read("run").config.the_cell
    assert (kept.other_shapes(1, 4), kept.in_turn) == ({"W": (5, 4), "b": (1, 4)}, True)
    made = EchoConfig(cell=Cell(cells.only_noise, ("h",), (), noise=True))
    with pytest.raises(ValueError, match="is in no file"):
        RunRecorder.begin(Path("other"), made)


def test_the_forget_bias_is_the_first_bias_of_the_forget_gate_of_each_layer() -> None:
    first = Trainer(EchoConfig(cell="lstm", num_layers=2, forget_bias=2.5)).weights
    for name in ("b", "b_layer2"):
        np.testing.assert_array_equal(first[name], [np.repeat([0, 2.5, 0, 0], 4)])
