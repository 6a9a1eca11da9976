"""The losses and errors of a task, computed number by number. Only scored steps count."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def cross_entropy(logits: Array, y: npt.NDArray[np.integer], scored: npt.NDArray[np.bool_]) -> float:
    """The mean cross-entropy in nats over all scored steps.

    Args:
        logits: [rows, steps, classes].
        y: [rows, steps], the right class.
        scored: [rows, steps], whether a step counts.

    Returns:
        NaN if no step is scored.
    """
    losses = []
    rows, steps = y.shape
    for row in range(rows):
        for t in range(steps):
            if scored[row, t]:
                largest = max(float(logit) for logit in logits[row, t])
                total = sum(math.exp(float(logit) - largest) for logit in logits[row, t])
                losses.append(math.log(total) + largest - float(logits[row, t, y[row, t]]))
    return sum(losses) / len(losses) if losses else math.nan


def squared_error(outputs: Array, y: Array, scored: npt.NDArray[np.bool_]) -> float:
    """The mean squared error over all scored steps and all their numbers.

    Args:
        outputs, y: [rows, steps, numbers].
        scored: [rows, steps].

    Returns:
        NaN if no step is scored.
    """
    losses = []
    rows, steps, numbers = y.shape
    for row in range(rows):
        for t in range(steps):
            if scored[row, t]:
                for number in range(numbers):
                    losses.append((float(outputs[row, t, number]) - float(y[row, t, number])) ** 2)
    return sum(losses) / len(losses) if losses else math.nan


def errors(logits: Array, y: npt.NDArray[np.integer], scored: npt.NDArray[np.bool_]) -> int:
    """The number of scored steps with a wrong answer. The answer is the class with the largest logit (the lowest class,
    if several are equal).

    The arguments are those of `cross_entropy`.
    """
    wrong = 0
    rows, steps = y.shape
    for row in range(rows):
        for t in range(steps):
            answer = 0
            for symbol in range(logits.shape[2]):
                if logits[row, t, symbol] > logits[row, t, answer]:
                    answer = symbol
            if scored[row, t] and answer != y[row, t]:
                wrong += 1
    return wrong
