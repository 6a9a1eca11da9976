"""Connectivity: which inputs each prediction of the newest window hangs on."""

from __future__ import annotations

import numpy as np

from echornn.probes.following import to_inputs
from echornn.probes.prepared import Prepared, states_before
from echornn.probes.series import MOST_LAGS
from echornn.readings import Connectivity


def connectivity(prepared: Prepared, row: int | None = None) -> Connectivity | None:
    """``||d logit(target at t) / d x[s]||`` ("Visualizing memorization in RNNs", Madsen 2019); None without a window.

    Of a window of more than 512 steps the newest, since memory and time grow by their square.

    Args:
        row: the row of the window that is looked at, or its last where it has no such row; all of them, unless given.
    """
    window = prepared.window
    if window is None:
        return None
    steps, rows = window.x.shape
    first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
    first_step = max(0, steps - MOST_LAGS)
    chosen = np.s_[first_step:, first_row : first_row + count]
    x, y = window.x[chosen], window.y[chosen]
    before = states_before(window.init_state, prepared.on_window.states)[chosen]
    d_logits = np.eye(prepared.config.num_classes, dtype=np.float32)[y]
    by_lag = to_inputs(prepared.config, prepared.weights, x, before, d_logits, len(y))
    strength = np.zeros((count, len(y), len(y)), np.float32)
    for lag in range(len(y)):
        targets = np.arange(lag, len(y))
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    probabilities = prepared.on_window.probabilities[chosen].swapaxes(0, 1).copy()
    return Connectivity(strength, probabilities, first_row, first_step)
