"""Connectivity: which inputs each prediction of the newest window hangs on."""

from __future__ import annotations

import numpy as np

from echornn.probes.following import follow
from echornn.probes.prepared import Prepared, states_before
from echornn.readings import Connectivity


def connectivity(prepared: Prepared, row: int | None = None) -> Connectivity | None:
    """``||d logit(target at t) / d x[s]||`` ("Visualizing memorization in RNNs", Madsen 2019); None without a window.

    Args:
        row: the row of the window that is looked at; all of them, unless given.
    """
    window = prepared.window
    if window is None:
        return None
    chosen = slice(None) if row is None else slice(row, row + 1)
    y = window.y[:, chosen]
    length = len(y)
    before = states_before(window.init_state, prepared.on_window.states)[:, chosen]
    d_logits = np.eye(prepared.config.num_classes, dtype=np.float32)[y]
    followed = follow(prepared.config, prepared.weights, window.x[:, chosen], before, d_logits, length)
    by_lag = np.linalg.norm(followed.to_inputs, axis=-1)
    strength = np.full((window.x.shape[1], length, length), np.nan, np.float32)
    strength[chosen] = 0
    for lag in range(length):
        targets = np.arange(lag, length)
        strength[chosen, targets, targets - lag] = by_lag[lag, lag:].T
    return Connectivity(strength, prepared.on_window.probabilities.swapaxes(0, 1).copy())
