"""Published cells in files of the user's own, against the same steps in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, Trainer
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
    "peephole": """
def step(x, state, network):
    h, c = state
    i, f, g, o = network.affine([x, h], "W", "b", LINEAR, LINEAR, TANH, LINEAR)
    enter = network.sigmoid(i + network.scale(c, "pi"))
    forget = network.sigmoid(f + network.scale(c, "pf"))
    c = forget * c + enter * g
    return [network.sigmoid(o + network.scale(c, "po")) * network.tanh(c), c]
def first_units(rng, units, steps):
    return {name: np.zeros(units, np.float32) for name in ("pi", "pf", "po")}
C = Cell(step, ("h", "c"),
    (Product("W", "b", ("i", "f", "g", "o")),),
    unit_weights=("pi", "pf", "po"), first_units=first_units, first_biases={"b": (0, 1, 0, 0)})
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
}
"""The text of each after `HEAD`; the cell is C."""


def sigmoid(value: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-value)))


def antisymmetric(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Chang, Chen, Haber and Chi 2019: h + 0.1 tanh(x V + b + h (A - A^T - 0.01) + a)."""
    (h,) = state
    return [h + 0.1 * np.tanh(x @ w["V"] + w["b"] + h @ (w["A"] - w["A"].T) - 0.01 * h + w["a"])]


def peephole(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Gers and Schmidhuber 2000."""
    h, c = state
    i, f, g, o = np.split(np.hstack([x, h]) @ w["W"] + w["b"], 4, axis=1)
    c = sigmoid(f + c * w["pf"]) * c + sigmoid(i + c * w["pi"]) * np.tanh(g)
    return [sigmoid(o + c * w["po"]) * np.tanh(c), c]


def slstm(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Beck et al. 2024: exponential gates, kept finite by their largest exponent m."""
    h, c, n, m = state
    z, i, f, o = np.split(np.hstack([x, h]) @ w["W"] + w["b"], 4, axis=1)
    largest = np.maximum(f + m, i)
    enter, forget = np.exp(i - largest), np.exp(f + m - largest)
    c, n = forget * c + enter * np.tanh(z), forget * n + enter
    return [sigmoid(o) * c / n, c, n, largest]


STEPS: dict[str, tuple[int, Callable[[Array, Sequence[Array], Weights], list[Array]]]] = {
    "antisymmetric": (1, antisymmetric),
    "peephole": (2, peephole),
    "slstm": (4, slstm),
}
"""The vectors of the state of each, and its step."""


def loss_and_states(name: str, weights: Weights, x: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy of a window from the zero state, and the states h [rows, steps, units], in NumPy."""
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
    """One window by gradient descent: states, loss, and the update along two directions, by differences."""
    monkeypatch.chdir(tmp_path)
    Path("published.py").write_text(HEAD + PUBLISHED[name], encoding="utf-8")
    config = EchoConfig(
        cell="published.py:C", optimizer="sgd", learning_rate=0.5, init="glorot", truncated_backprop_length=6, seed=3
    )
    with plain() as programs:
        trainer = Trainer(config, programs)
        before = {one: value.astype(np.float64) for one, value in trainer.weights.items()}
        window = trainer.advance(1)
        after = trainer.weights
    if name == "peephole":
        np.testing.assert_array_equal(before["b"], [np.repeat([0, 1, 0, 0], config.state_size)])
    x, y = window.x.astype(np.float64), window.y.astype(np.float64)
    loss, states = loss_and_states(name, before, x, y)
    assert window.losses[0] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(window.states, states, atol=1e-5)
    rng = np.random.default_rng(0)
    for _ in range(2):
        way = {one: rng.normal(size=value.shape) for one, value in before.items()}
        ahead, back = (
            loss_and_states(name, {one: value + much * way[one] for one, value in before.items()}, x, y)[0]
            for much in (1e-5, -1e-5)
        )
        moved = sum(float(np.sum((after[one] - before[one]) * way[one])) for one in before)
        assert moved / -0.5 == pytest.approx((ahead - back) / 2e-5, rel=1e-3, abs=1e-4)
