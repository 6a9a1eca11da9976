"""The network in NumPy with float64, for one layer and two classes; it shares no code with the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def step(cell: str, weights: Mapping[str, npt.ArrayLike], x: Array, state: Array) -> tuple[Array, dict[str, Array]]:
    """The next state, [rows, carried], and all parts by name, for the input x [rows]."""
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    column = x[:, np.newaxis]
    if cell == "rnn":
        h = np.tanh(np.hstack([column, state]) @ w["W"] + w["b"])
        return h, {"h": h}
    if cell == "gru":
        z, r = np.split(sigmoid(np.hstack([column, state]) @ w["W"] + w["b"]), 2, axis=1)
        candidate = np.tanh(np.hstack([column, r * state]) @ w["Wc"] + w["bc"])
        h = z * state + (1 - z) * candidate
        return h, {"h": h, "update": z, "reset": r}
    h, c = np.split(state, 2, axis=1)
    i, f, g, o = np.split(np.hstack([column, h]) @ w["W"] + w["b"], 4, axis=1)
    i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
    c = f * c + i * np.tanh(g)
    h = o * np.tanh(c)
    return np.hstack([h, c]), {"h": h, "c": c, "input": i, "forget": f, "output": o}


def run(
    cell: str, weights: Mapping[str, npt.ArrayLike], x: npt.ArrayLike, state: npt.ArrayLike
) -> tuple[Array, dict[str, Array]]:
    """The states before each step and after the last, [steps + 1, rows, carried]; the parts, [steps, rows, units]."""
    states, parts = [np.asarray(state, np.float64)], []
    for now in np.asarray(x, np.float64):
        after, seen = step(cell, weights, now, states[-1])
        states.append(after)
        parts.append(seen)
    return np.array(states), {name: np.array([one[name] for one in parts]) for name in parts[0]}


def logits(weights: Mapping[str, npt.ArrayLike], state: Array) -> Array:
    size = len(np.asarray(weights["W2"]))
    return np.asarray(state[..., :size] @ np.asarray(weights["W2"], np.float64) + np.asarray(weights["b2"], np.float64))


def softmax(values: Array) -> Array:
    scaled = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def losses(weights: Mapping[str, npt.ArrayLike], state: Array, y: npt.NDArray[np.uint8]) -> Array:
    """The cross-entropy of each row in nats, [rows]."""
    return np.asarray(-np.log(softmax(logits(weights, state))[np.arange(len(y)), y]))
