"""The slow losses against literal numbers, and with them what a guess costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from echornn.reference.task_losses import cross_entropy, errors, squared_error

SCORED = np.array([[True, False, True]])


def test_cross_entropy_of_scored_steps() -> None:
    logits = np.log([[[0.5, 0.5], [0.9, 0.1], [0.25, 0.75]]])
    y = np.array([[0, 1, 1]])
    assert cross_entropy(logits, y, SCORED) == pytest.approx((math.log(2) - math.log(0.75)) / 2)
    assert cross_entropy(logits + 1000, y, SCORED) == pytest.approx(cross_entropy(logits, y, SCORED))
    assert math.isnan(cross_entropy(logits, y, np.zeros((1, 3), np.bool_)))


def test_squared_error_of_scored_steps_and_all_their_numbers() -> None:
    outputs = np.array([[[1.0, 2.0], [9.0, 9.0], [0.0, 0.0]]])
    y = np.array([[[1.0, 0.0], [0.0, 0.0], [3.0, 0.0]]])
    assert squared_error(outputs, y, SCORED) == (0 + 4 + 9 + 0) / 4
    assert math.isnan(squared_error(outputs, y, np.zeros((1, 3), np.bool_)))


def test_errors_of_scored_steps_and_the_lower_class_of_equal_ones() -> None:
    logits = np.array([[[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]])
    assert errors(logits, np.array([[1, 0, 2]]), SCORED) == 1
    assert errors(logits, np.array([[0, 0, 0]]), SCORED) == 1
