"""Truncated back-propagation through time in plain NumPy, with all derivatives written out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def forward(
    weights: Mapping[str, Array], inputs: Array, labels: npt.NDArray[np.integer], init_state: Array
) -> tuple[float, Array, Array]:
    """The loss of a window, its states, and its class probabilities.

    Args:
        weights: W [input + state, state], b [1, state], W2 [state, classes], b2 [1, classes].
        inputs: [T, batch, input].
        labels: [T, batch], the right classes.
        init_state: [batch, state].

    Returns:
        The mean cross-entropy in nats, the states [T + 1, batch, state] with ``init_state`` first,
            and the
        probabilities [T, batch, classes].
    """
    states = [init_state]
    for x_t in inputs:
        states.append(
            np.tanh(np.concatenate([x_t, states[-1]], axis=1) @ weights["W"] + weights["b"])
        )
    logits = np.stack(states[1:]) @ weights["W2"] + weights["b2"]
    logits -= logits.max(axis=-1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    right = np.take_along_axis(log_probabilities, labels[..., None].astype(np.intp), axis=-1)
    return float(-right.mean()), np.stack(states), np.exp(log_probabilities)


def gradients(
    weights: Mapping[str, Array],
    inputs: Array,
    labels: npt.NDArray[np.integer],
    init_state: Array,
    rate_penalty: float = 0.0,
) -> tuple[float, dict[str, Array], Array]:
    """The loss of a window, its gradient, and its states; arguments as in `forward`. The gradient,
    but not the loss, is with the penalty times the mean square of the states.

    The gradient stops at ``init_state``: this is the truncation.
    """
    loss, states, probabilities = forward(weights, inputs, labels, init_state)
    gradient = {name: np.zeros_like(value) for name, value in weights.items()}
    input_size = inputs.shape[-1]
    d_logits = (probabilities - np.eye(probabilities.shape[-1])[labels]) / labels.size
    d_next = np.zeros_like(init_state)
    for t in reversed(range(len(inputs))):
        gradient["W2"] += states[t + 1].T @ d_logits[t]
        gradient["b2"] += d_logits[t].sum(axis=0, keepdims=True)
        d_rates = rate_penalty * 2 * states[t + 1] / states[1:].size
        d_state = d_logits[t] @ weights["W2"].T + d_rates + d_next
        d_sum = d_state * (1 - states[t + 1] ** 2)
        gradient["W"] += np.concatenate([inputs[t], states[t]], axis=1).T @ d_sum
        gradient["b"] += d_sum.sum(axis=0, keepdims=True)
        d_next = d_sum @ weights["W"][input_size:].T
    return loss, gradient, states


def train(
    weights: Mapping[str, Array],
    epochs: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]],
    num_windows: int,
    truncated_backprop_length: int,
    stride: int | None = None,
    learning_rate: float = 0.3,
) -> tuple[Array, dict[str, Array]]:
    """Train with Adagrad (accumulators start at 0.1). The state is zero at an epoch's start, and
    carried between windows.

    Args:
        weights: the initial weights, which are not changed; their dtype is that of the arithmetic.
        epochs: the data of each epoch, (x, y) of shape [batch, row length] with symbols 0 ..
            classes - 1.
        num_windows: the number of windows to train.
        truncated_backprop_length: time steps of a window.
        stride: time steps from one window to the next; the next window starts with the state after
            this many steps.
        learning_rate: the learning rate of Adagrad.

    Returns:
        The loss of each window, and the weights after the last window.
    """
    weights = {name: value.copy() for name, value in weights.items()}
    dtype = weights["W"].dtype
    accumulators = {name: np.full_like(value, 0.1) for name, value in weights.items()}
    classes = weights["b2"].shape[1]
    stride = truncated_backprop_length if stride is None else stride
    losses: list[float] = []
    for x, y in epochs:
        symbols, targets = np.asarray(x), np.asarray(y)
        state = np.zeros((len(symbols), weights["b"].shape[1]), dtype)
        for start in range(0, symbols.shape[1] - truncated_backprop_length + 1, stride):
            if len(losses) == num_windows:
                return np.array(losses, dtype), weights
            window = symbols[:, start : start + truncated_backprop_length].T
            inputs = (
                window[..., None].astype(dtype)
                if classes == 2
                else np.eye(classes, dtype=dtype)[window]
            )
            labels = targets[:, start : start + truncated_backprop_length].T
            loss, gradient, states = gradients(weights, inputs, labels, state)
            losses.append(loss)
            for name, value in weights.items():
                accumulators[name] += gradient[name] ** 2
                value -= learning_rate * gradient[name] / np.sqrt(accumulators[name])
            state = states[stride]
    return np.array(losses, dtype), weights
