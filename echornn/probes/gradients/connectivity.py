"""Connectivity: the local derivative of each prediction of the newest window by each input."""

from __future__ import annotations

import numpy as np

from echornn.probes.gradients.following import to_inputs
from echornn.probes.prepared import Prepared
from echornn.probes.rows_read import rows_read
from echornn.readings import Connectivity
from echornn.tasks.task import Numbers


def connectivity(prepared: Prepared, row: int | None = None) -> Connectivity | None:
    """``||d logit(target at t) / d x[s]||`` ("Visualizing memorization in RNNs", Madsen 2019); None without a window.

    If the outputs are numbers, the derivative is that of their sum.

    Args:
        row: the row to read; see `rows_read`.
    """
    read = rows_read(prepared, row)
    if read is None:
        return None
    steps, rows = read.x.shape[:2]
    form = prepared.config.the_task.outputs
    if isinstance(form, Numbers):
        d_logits = np.ones((steps, rows, form.count), np.float32)
    else:
        d_logits = np.eye(form.count, dtype=np.float32)[read.y]
    by_lag = to_inputs(prepared.config, prepared.weights, read.x, read.before, d_logits, steps)
    strength = np.zeros((rows, steps, steps), np.float32)
    for lag in range(steps):
        targets = np.arange(lag, steps)
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    return Connectivity(strength, read.outputs, read.first_row, read.first_step)
