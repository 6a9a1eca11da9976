"""The network in NumPy with float64, for one layer; it shares no code with the engine.

A cell takes its weights by name, the input x [rows, inputs], and what is carried to this step,
[rows, carried]. It returns its vectors by name, [rows, units]: first those that are carried on,
side by side, then its gates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Weights = Mapping[str, Array]
AnyWeights = Mapping[str, npt.ArrayLike]
Parts = dict[str, Array]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def affine(w: Weights, *vectors: Array) -> Array:
    """[x, h] W + b."""
    return np.hstack(vectors) @ w["W"] + w["b"]


def rnn(w: Weights, x: Array, h: Array) -> Parts:
    """The tutorial's."""
    h = np.tanh(affine(w, x, h))
    return {"h": h}


def gru(w: Weights, x: Array, h: Array) -> Parts:
    """Cho et al. 2014, equations 5 to 8."""
    gates = sigmoid(affine(w, x, h))
    z, r = np.split(gates, 2, axis=1)
    inputs = np.hstack([x, r * h])
    candidate = np.tanh(inputs @ w["Wc"] + w["bc"])
    h = z * h + (1 - z) * candidate
    return {"h": h, "update": z, "reset": r}


def gru_after(w: Weights, x: Array, h: Array) -> Parts:
    """As PyTorch's formulas: r multiplies what comes from the state, with its bias."""
    z, r = np.split(sigmoid(affine(w, x, h)), 2, axis=1)
    candidate = np.tanh(x @ w["Wx"] + w["bx"] + r * (h @ w["Wh"] + w["bh"]))
    h = z * h + (1 - z) * candidate
    return {"h": h, "update": z, "reset": r}


def lstm(w: Weights, x: Array, carried: Array) -> Parts:
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000."""
    h, c = np.split(carried, 2, axis=1)
    i, f, g, o = np.split(affine(w, x, h), 4, axis=1)
    i = sigmoid(i)
    f = sigmoid(f)
    o = sigmoid(o)
    c = f * c + i * np.tanh(g)
    h = o * np.tanh(c)
    return {"h": h, "c": c, "input": i, "forget": f, "output": o}


def indrnn(w: Weights, x: Array, h: Array) -> Parts:
    """Li et al. 2018."""
    h = relu(affine(w, x) + w["u"] * h)
    return {"h": h}


def irnn(w: Weights, x: Array, h: Array) -> Parts:
    """Le et al. 2015."""
    h = relu(affine(w, x, h))
    return {"h": h}


def mingru(w: Weights, x: Array, h: Array) -> Parts:
    """Feng et al. 2024."""
    z, candidate = np.split(affine(w, x), 2, axis=1)
    z = sigmoid(z)
    h = (1 - z) * h + z * candidate
    return {"h": h, "take": z}


def lru(w: Weights, x: Array, carried: Array) -> Parts:
    """Orvieto et al. 2023, with a tanh; lambda and s are complex, [rows, units]."""
    _, real, imaginary = np.split(carried, 3, axis=1)
    s = real + 1j * imaginary
    size = np.exp(-np.exp(w["nu"]))
    lambda_ = size * np.exp(1j * np.exp(w["theta"]))
    real, imaginary = np.split(affine(w, x), 2, axis=1)
    gamma = np.exp(w["gamma"])
    s = lambda_ * s + gamma * (real + 1j * imaginary)

    units = s.shape[1]
    c_real, c_imaginary, d = np.split(w["Wc"], [units, 2 * units])
    c = c_real - 1j * c_imaginary
    h = np.tanh((s @ c).real + x @ d + w["bc"])
    return {"h": h, "real": s.real, "imaginary": s.imag}


def cornn(w: Weights, x: Array, carried: Array) -> Parts:
    """Rusch and Mishra 2021, with a time step of 0.5, gamma and epsilon of 1."""
    y, z = np.split(carried, 2, axis=1)
    force = np.tanh(affine(w, x, y, z))
    z = z + 0.5 * (force - y - z)
    y = y + 0.5 * z
    return {"h": y, "v": z}


def diagonal(w: Weights, x: Array, h: Array) -> Parts:
    """Grazzi et al. 2025: 2 sigmoid - 1."""
    keep, drive = np.split(affine(w, x), 2, axis=1)
    return {"h": np.tanh(keep / 2) * h + drive, "keep": sigmoid(keep)}


def diagonal_positive(w: Weights, x: Array, h: Array) -> Parts:
    keep, drive = np.split(affine(w, x), 2, axis=1)
    return {"h": sigmoid(keep) * h + drive, "keep": sigmoid(keep)}


TWINS = {
    "rnn": rnn,
    "gru": gru,
    "lstm": lstm,
    "indrnn": indrnn,
    "irnn": irnn,
    "mingru": mingru,
    "lru": lru,
    "cornn": cornn,
    "gru_after": gru_after,
    "diagonal": diagonal,
    "diagonal_positive": diagonal_positive,
}


def doubles(weights: AnyWeights) -> dict[str, Array]:
    """Copies as float64."""
    return {name: np.array(weight, np.float64) for name, weight in weights.items()}


def step(cell: str, weights: AnyWeights, x: Array, carried: Array) -> tuple[Array, Parts]:
    """What is carried on [rows, carried], and the parts; from the input x [rows] or [rows,
    inputs]."""
    inputs = x.reshape(len(x), -1)
    parts = TWINS[cell](doubles(weights), inputs, carried)
    vectors = list(parts.values())
    count = carried.shape[1] // vectors[0].shape[1]
    return np.hstack(vectors[:count]), parts


def run(
    cell: str, weights: AnyWeights, x: npt.ArrayLike, carried: npt.ArrayLike
) -> tuple[Array, Parts]:
    """What is carried before each step and after the last, [steps + 1, rows, carried], and the
    parts, [steps, rows, units]; from the inputs x [steps, rows] or [steps, rows, inputs]."""
    states = [np.asarray(carried, np.float64)]
    run_parts = defaultdict(list)
    for x_t in np.asarray(x, np.float64):
        after, parts = step(cell, weights, x_t, states[-1])
        states.append(after)
        for name, part in parts.items():
            run_parts[name].append(part)
    return np.array(states), {name: np.array(parts) for name, parts in run_parts.items()}


def logits(weights: AnyWeights, states: Array) -> Array:
    """The logits, or numbers, [..., outputs], of what is carried, [..., carried]."""
    w2 = np.asarray(weights["W2"], np.float64)
    b2 = np.asarray(weights["b2"], np.float64)
    h = states[..., : len(w2)]
    logits: Array = h @ w2 + b2
    return logits


def softmax(logits: Array) -> Array:
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = exp / exp.sum(axis=-1, keepdims=True)
    return probabilities


def losses(weights: AnyWeights, states: Array, y: npt.NDArray[np.uint8 | np.float32]) -> Array:
    """The losses [rows]: cross-entropy in nats of symbols y [rows], or the mean squared error of
    numbers y [rows, outputs]."""
    outputs = logits(weights, states)
    if y.ndim == 2:
        return np.asarray(np.square(outputs - y).mean(axis=1))
    right = np.arange(len(y)), y
    return np.asarray(-np.log(softmax(outputs)[right]))
