"""Training on any task in plain NumPy: streams and trials, symbols and numbers; only scored steps
count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


class DrawnData(NamedTuple):
    """Inputs and targets, symbols [rows, steps] or numbers [rows, steps, count], and scored steps
    [rows, steps]."""

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: npt.NDArray[np.bool_]


class TaskShape(NamedTuple):
    """The form of a task's inputs and outputs.

    Attributes:
        symbols_in, symbols_out: the number of symbols; None for numbers.
        length: time steps of a trial; None for a stream.
    """

    symbols_in: int | None
    symbols_out: int | None
    length: int | None


def train(
    shape: TaskShape,
    weights: Mapping[str, Array],
    epochs: Iterable[DrawnData],
    num_windows: int,
    truncated_backprop_length: int,
    learning_rate: float,
) -> tuple[Array, dict[str, Array]]:
    """Train with Adagrad (accumulators start at 0.1).

    A window of a stream is ``truncated_backprop_length`` steps; it begins with the state after the
    window before, or zero at an epoch's start. A window of trials is a trial, and begins with a
    zero state; in it, the gradient is cut each ``truncated_backprop_length`` steps.

    Returns:
        The loss of each window, and the weights after the last window.
    """
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    accumulators = {name: np.full_like(value, 0.1) for name, value in weights.items()}
    length = shape.length or truncated_backprop_length
    losses: list[float] = []
    for data in epochs:
        zero: Array = np.zeros((len(data.x), weights["b"].shape[1]))
        state = zero
        for start in range(0, data.scored.shape[1] - length + 1, length):
            if len(losses) == num_windows:
                return np.array(losses), weights
            window = DrawnData(*(one[:, start : start + length] for one in data))
            before = state if shape.length is None else zero
            loss, gradient, state = gradients(
                shape, weights, window, before, truncated_backprop_length
            )
            losses.append(loss)
            for name, value in weights.items():
                accumulators[name] += gradient[name] ** 2
                value -= learning_rate * gradient[name] / np.sqrt(accumulators[name])
    return np.array(losses), weights


def gradients(
    shape: TaskShape, weights: Mapping[str, Array], window: DrawnData, state: Array, cut: int
) -> tuple[float, dict[str, Array], Array]:
    """The loss of a window, its gradient, and the state after the window; the gradient is cut each
    ``cut`` steps."""
    steps = window.scored.shape[1]
    inputs = _inputs(shape.symbols_in, window.x)
    states = [state]
    for t in range(steps):
        states.append(
            np.tanh(
                np.concatenate([inputs[:, t], states[-1]], axis=1) @ weights["W"] + weights["b"]
            )
        )
    outputs = np.stack(states[1:], axis=1) @ weights["W2"] + weights["b2"]
    loss, d_outputs = _loss(shape.symbols_out, outputs, window)
    gradient = {name: np.zeros_like(value) for name, value in weights.items()}
    d_next = np.zeros_like(state)
    for t in reversed(range(steps)):
        gradient["W2"] += states[t + 1].T @ d_outputs[:, t]
        gradient["b2"] += d_outputs[:, t].sum(axis=0, keepdims=True)
        d_sum = (d_outputs[:, t] @ weights["W2"].T + d_next) * (1 - states[t + 1] ** 2)
        gradient["W"] += np.concatenate([inputs[:, t], states[t]], axis=1).T @ d_sum
        gradient["b"] += d_sum.sum(axis=0, keepdims=True)
        d_next = d_sum @ weights["W"][inputs.shape[2] :].T * (t % cut != 0)
    return loss, gradient, states[-1]


def _inputs(symbols: int | None, x: npt.NDArray[Any]) -> Array:
    if symbols is None:
        return x.astype(np.float64)
    return x[..., np.newaxis].astype(np.float64) if symbols == 2 else np.eye(symbols)[x]


def _loss(symbols: int | None, outputs: Array, window: DrawnData) -> tuple[float, Array]:
    """The mean loss over scored steps, and its gradient to the outputs, [rows, steps, outputs]."""
    scored = window.scored[..., np.newaxis]
    count = window.scored.sum()
    if symbols is None:
        count *= outputs.shape[-1]
        wrong = (outputs - window.y) * scored
        return float((wrong**2).sum() / count), 2 * wrong / count
    outputs = outputs - outputs.max(axis=-1, keepdims=True)
    logs = outputs - np.log(np.exp(outputs).sum(axis=-1, keepdims=True))
    right = np.eye(symbols)[window.y]
    return float(-(logs * right * scored).sum() / count), (np.exp(logs) - right) * scored / count
