"""The network in NumPy with float64, for one layer and two classes; it shares no code with the
engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


Weights = Mapping[str, Array]
Parts = dict[str, Array]


def relu(z: Array) -> Array:
    return np.where(z > 0, z, 0.0)


def rnn(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    h = np.tanh(np.hstack([x, state]) @ w["W"] + w["b"])
    return h, {"h": h}


def gru(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    z, r = np.split(sigmoid(np.hstack([x, state]) @ w["W"] + w["b"]), 2, axis=1)
    candidate = np.tanh(np.hstack([x, r * state]) @ w["Wc"] + w["bc"])
    h = z * state + (1 - z) * candidate
    return h, {"h": h, "update": z, "reset": r}


def lstm(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    h, c = np.split(state, 2, axis=1)
    i, f, g, o = np.split(np.hstack([x, h]) @ w["W"] + w["b"], 4, axis=1)
    i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
    c = f * c + i * np.tanh(g)
    h = o * np.tanh(c)
    return np.hstack([h, c]), {"h": h, "c": c, "input": i, "forget": f, "output": o}


def indrnn(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    h = relu(x @ w["W"] + state @ np.diag(w["u"][0]) + w["b"])
    return h, {"h": h}


def irnn(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    h = relu(np.hstack([x, state]) @ w["W"] + w["b"])
    return h, {"h": h}


def mingru(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    gate, candidate = np.split(x @ w["W"] + w["b"], 2, axis=1)
    take = sigmoid(gate)
    h = (1 - take) * state + take * candidate
    return h, {"h": h, "take": take}


def lru(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    _, real, imaginary = np.split(state, 3, axis=1)
    factor = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    of_real, of_imaginary = np.split(w["W"], 2, axis=1)
    b_real, b_imaginary = np.split(w["b"], 2, axis=1)
    enters = np.exp(w["gamma"]) * (x @ (of_real + 1j * of_imaginary) + b_real + 1j * b_imaginary)
    s = factor * (real + 1j * imaginary) + enters
    c_real, c_imaginary, d = np.split(w["Wc"], [s.shape[1], 2 * s.shape[1]])
    h = np.tanh((s @ (c_real - 1j * c_imaginary)).real + x @ d + w["bc"])
    return np.hstack([h, s.real, s.imag]), {"h": h, "real": s.real, "imaginary": s.imag}


def cornn(w: Weights, x: Array, state: Array) -> tuple[Array, Parts]:
    h, v = np.split(state, 2, axis=1)
    v = v + 0.5 * (np.tanh(np.hstack([x, h, v]) @ w["W"] + w["b"]) - h - v)
    h = h + 0.5 * v
    return np.hstack([h, v]), {"h": h, "v": v}


TWINS: Mapping[str, Callable[[Weights, Array, Array], tuple[Array, Parts]]] = {
    "rnn": rnn,
    "gru": gru,
    "lstm": lstm,
    "indrnn": indrnn,
    "irnn": irnn,
    "mingru": mingru,
    "lru": lru,
    "cornn": cornn,
}


def step(
    cell: str, weights: Mapping[str, npt.ArrayLike], x: Array, state: Array
) -> tuple[Array, Parts]:
    """The next state, [rows, carried], and all parts by name, for the input x [rows]."""
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    return TWINS[cell](w, x[:, np.newaxis], state)


def run(
    cell: str, weights: Mapping[str, npt.ArrayLike], x: npt.ArrayLike, state: npt.ArrayLike
) -> tuple[Array, Parts]:
    """The states before each step and after the last, [steps + 1, rows, carried]; the parts,
    [steps, rows, units]."""
    states, parts = [np.asarray(state, np.float64)], []
    for now in np.asarray(x, np.float64):
        after, seen = step(cell, weights, now, states[-1])
        states.append(after)
        parts.append(seen)
    return np.array(states), {name: np.array([one[name] for one in parts]) for name in parts[0]}


def logits(weights: Mapping[str, npt.ArrayLike], state: Array) -> Array:
    size = len(np.asarray(weights["W2"]))
    return np.asarray(
        state[..., :size] @ np.asarray(weights["W2"], np.float64)
        + np.asarray(weights["b2"], np.float64)
    )


def softmax(values: Array) -> Array:
    scaled = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True))


def losses(weights: Mapping[str, npt.ArrayLike], state: Array, y: npt.NDArray[np.uint8]) -> Array:
    """The cross-entropy of each row in nats, [rows]."""
    return np.asarray(-np.log(softmax(logits(weights, state))[np.arange(len(y)), y]))
