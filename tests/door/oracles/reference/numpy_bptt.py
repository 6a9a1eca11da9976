"""Truncated back-propagation through time of a tanh network in plain NumPy, with all derivatives
written out.

Symbols are integers, [batch, T], and numbers floats, [batch, T, count]. The arithmetic has the
dtype of the weights: W [inputs + units, units], b [1, units], W2 [units, outputs], b2 [1, outputs].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Weights = Mapping[str, Array]


class Data(NamedTuple):
    """Inputs and targets of some steps, and which of them count in the loss or their weights,
    [batch, T]; all alike if unknown."""

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: npt.NDArray[Any] | None = None

    def window(self, start: int, length: int) -> Data:
        return Data(*(array[:, start : start + length] for array in self if array is not None))


class Windows(NamedTuple):
    """The windows of an epoch.

    Attributes:
        steps: the time steps through which errors go back.
        stride: time steps from one window to the next, by default ``steps``; the next window starts
            with the state after this many steps.
        trial: time steps of a trial, which is a window then, and starts with a zero state; None for
            a stream.
    """

    steps: int
    stride: int | None = None
    trial: int | None = None


def train(
    weights: Weights,
    epochs: Iterable[tuple[npt.NDArray[Any], ...]],
    num_windows: int,
    windows: Windows,
    learning_rate: float = 0.3,
) -> tuple[Array, dict[str, Array]]:
    """Train with Adagrad (accumulators start at 0.1), on the `Data` of each epoch, at whose start
    the state is zero.

    Returns:
        The loss of each window, and the weights after the last window.
    """
    weights = {name: weight.copy() for name, weight in weights.items()}
    dtype = weights["W"].dtype
    accumulators = {name: np.full_like(weight, 0.1) for name, weight in weights.items()}
    length = windows.trial or windows.steps
    stride = windows.stride or length
    losses: list[float] = []
    for arrays in epochs:
        data = Data(*arrays)
        rows, steps = data.x.shape[:2]
        zero: Array = np.zeros((rows, weights["b"].shape[1]), dtype)
        state = zero
        for start in range(0, steps - length + 1, stride):
            if len(losses) == num_windows:
                return np.array(losses, dtype), weights
            if windows.trial is not None:
                state = zero
            window = data.window(start, length)
            loss, gradient, states = gradients(weights, window, state, windows.steps)
            losses.append(loss)
            for name, weight in weights.items():
                accumulators[name] += gradient[name] ** 2
                weight -= learning_rate * gradient[name] / np.sqrt(accumulators[name])
            state = states[stride]
    return np.array(losses, dtype), weights


def gradients(
    weights: Weights,
    window: Data,
    init_state: Array,
    cut: int | None = None,
    rate_penalty: float = 0.0,
) -> tuple[float, dict[str, Array], Array]:
    """The mean loss of a window over its scored steps (cross-entropy in nats, or squared error),
    its gradient, and its states, [1 + T, batch, units].

    The gradient, but not the loss, is with the penalty times the mean square of the states. It
    stops at ``init_state``, [batch, units], and every ``cut`` steps: this is the truncation.
    """
    w = weights["W"]
    w2 = weights["W2"]
    inputs = numbers(weights, window.x)  # [T, batch, inputs]
    states = [init_state]
    for x_t in inputs:
        entered = np.hstack([x_t, states[-1]])
        states.append(np.tanh(entered @ w + weights["b"]))
    outputs = np.stack(states[1:]) @ w2 + weights["b2"]
    loss, d_outputs = loss_of(outputs, window)

    gradient = {name: np.zeros_like(weight) for name, weight in weights.items()}
    d_next = np.zeros_like(init_state)
    for t in reversed(range(len(inputs))):
        h = states[t + 1]
        gradient["W2"] += h.T @ d_outputs[t]
        gradient["b2"] += d_outputs[t].sum(axis=0)
        d_rates = rate_penalty * 2 * h / (len(inputs) * h.size)
        d_h = d_outputs[t] @ w2.T + d_rates + d_next
        d_sum = d_h * (1 - h**2)
        entered = np.hstack([inputs[t], states[t]])
        gradient["W"] += entered.T @ d_sum
        gradient["b"] += d_sum.sum(axis=0)
        d_next = d_sum @ w[inputs.shape[2] :].T
        if cut is not None and t % cut == 0:
            d_next = np.zeros_like(d_next)
    return loss, gradient, np.stack(states)


def numbers(weights: Weights, x: npt.NDArray[Any]) -> Array:
    """Numbers unchanged, two symbols as a number, more symbols as one-hot: [T, batch, inputs]."""
    steps = x.swapaxes(0, 1)
    count = len(weights["W"]) - len(weights["W2"])
    dtype = weights["W"].dtype
    if steps.ndim == 3:
        return steps.astype(dtype)
    if count == 1:
        return steps[..., np.newaxis].astype(dtype)
    return np.take(np.eye(count, dtype=dtype), steps, axis=0)


def loss_of(outputs: Array, window: Data) -> tuple[float, Array]:
    """The mean loss over scored steps, or by weights, and its gradient to the outputs, [T, batch,
    outputs]."""
    y = window.y.swapaxes(0, 1)
    scored = np.ones((*y.shape[:2], 1), bool)
    if window.scored is not None:
        scored = window.scored.T[..., np.newaxis]
    count = scored.sum()
    if y.ndim == 3:
        count *= outputs.shape[2]
        wrong = outputs - y
        return float((np.square(wrong) * scored).sum() / count), 2 * wrong * scored / count

    outputs = outputs - outputs.max(axis=2, keepdims=True)
    log_p = outputs - np.log(np.exp(outputs).sum(axis=2, keepdims=True))
    right = np.eye(outputs.shape[2], dtype=outputs.dtype)[y]
    loss = -(log_p * right * scored).sum() / count
    return float(loss), (np.exp(log_p) - right) * scored / count
