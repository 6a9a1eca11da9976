"""Selects the rows of the newest window that probes read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from echornn.probes.prepared import Prepared, states_before
from echornn.probes.series import MOST_LAGS
from echornn.probes.task_data import Inputs
from echornn.progress import Floats


class RowsRead(NamedTuple):
    """Rows of the newest window (of a long window only the newest steps), computed with the current weights."""

    x: Inputs
    """The inputs, [steps, rows, ...]."""
    y: Inputs
    """The targets, [steps, rows, ...]."""
    before: Floats
    """The state before each step, float32 [steps, rows, carried]."""
    outputs: Floats
    """The predicted probabilities or numbers, float32 [rows, steps, outputs]."""
    first_row: int
    """The index in the window (from 0) of the first row."""
    first_step: int
    """The index in the window (from 0) of the first step."""


def rows_read(prepared: Prepared, row: int | None = None) -> RowsRead | None:
    """The rows that a probe reads; None without a window.

    Only the newest 512 steps of a longer window are read, since memory and time grow with the square.

    Args:
        row: the index of the row to read, at most the last one; by default all rows are read.
    """
    window = prepared.window
    if window is None:
        return None
    steps, rows = window.x.shape[:2]
    first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
    first_step = max(0, steps - MOST_LAGS)
    chosen = np.s_[first_step:, first_row : first_row + count]
    before = states_before(window.init_state, prepared.on_window.states)[chosen]
    outputs = prepared.on_window.outputs[chosen].swapaxes(0, 1).copy()
    return RowsRead(window.x[chosen], window.y[chosen], before, outputs, first_row, first_step)
