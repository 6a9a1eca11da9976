"""Published cells as files of a user's own, and each step once more in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

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
    "mgu": """
def step(x, state, network):
    (h,) = state
    (forget,) = network.affine([x, h], "W", "b", SIGMOID)
    (candidate,) = network.affine([x, forget * h], "Wc", "bc", TANH)
    return [(1 - forget) * h + forget * candidate]
C = Cell(step, ("h",), (Product("W", "b", ("forget",)), Product("Wc", "bc", ("candidate",))), gates=("forget",))
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


def mgu(x: Array, state: Sequence[Array], w: Weights) -> list[Array]:
    """Zhou, Wu, Zhang and Zhou 2016."""
    (h,) = state
    forget = sigmoid(np.hstack([x, h]) @ w["W"] + w["b"])
    return [(1 - forget) * h + forget * np.tanh(np.hstack([x, forget * h]) @ w["Wc"] + w["bc"])]


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
    "mgu": (1, mgu),
    "peephole": (2, peephole),
    "slstm": (4, slstm),
}
"""The vectors of the state of each, and its step."""
