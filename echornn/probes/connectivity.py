"""Connectivity: the local derivative of each prediction of the newest window by each input."""

from __future__ import annotations

import numpy as np

from echornn.probes.following import to_inputs
from echornn.probes.prepared import Prepared
from echornn.probes.rows_read import rows_read
from echornn.readings import Connectivity


def connectivity(prepared: Prepared, row: int | None = None) -> Connectivity | None:
    """``||d logit(target at t) / d x[s]||`` ("Visualizing memorization in RNNs", Madsen 2019); None without a window.

    Args:
        row: the row to read; see `rows_read`.
    """
    read = rows_read(prepared, row)
    if read is None:
        return None
    steps, rows = read.x.shape
    d_logits = np.eye(prepared.config.num_classes, dtype=np.float32)[read.y]
    by_lag = to_inputs(prepared.config, prepared.weights, read.x, read.before, d_logits, steps)
    strength = np.zeros((rows, steps, steps), np.float32)
    for lag in range(steps):
        targets = np.arange(lag, steps)
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    return Connectivity(strength, read.probabilities, read.first_row, read.first_step)
