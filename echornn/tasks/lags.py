"""Helpers for tasks whose targets depend on earlier inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def lagged(x: npt.NDArray[Any], lag: int, first: int) -> npt.NDArray[Any]:
    """For each step from ``first`` on, the input ``lag`` steps earlier, [rows, steps - first, ...]; ``lag <=
    first``.
    """
    return x[:, first - lag :][:, : max(0, x.shape[1] - first)]


def scored_from(first: int, rows: int, steps: int) -> npt.NDArray[np.bool_]:
    """Scores that count every step from ``first`` on, bool [rows, steps]."""
    scored = np.zeros((rows, steps), np.bool_)
    scored[:, first:] = True
    return scored


def share_before(lag: int, steps: int) -> float:
    """The share of a row's steps whose input ``lag`` steps back lies before the row."""
    return min(lag, steps) / steps


def back(lag: int) -> str:
    """A lag in words: 1 step back, 3 steps back."""
    return f"{lag} step{'s' * (lag != 1)} back"
