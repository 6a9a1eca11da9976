"""Which rows of the newest window the probes read, and how."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from echornn.probes.prepared import Prepared, states_before
from echornn.probes.series import MOST_LAGS
from echornn.progress import Floats, Symbols


class RowsRead(NamedTuple):
    """Some rows of the newest window (of a long window only the newest steps), computed with the present weights."""

    x: Symbols
    """The input, uint8 [steps, rows]."""
    y: Symbols
    """The targets, the same."""
    before: Floats
    """The state before each step, float32 [steps, rows, carried]."""
    probabilities: Floats
    """The predicted probabilities, float32 [rows, steps, classes]."""
    first_row: int
    """The index in the window, from 0, of the first row here."""
    first_step: int
    """The index in the window, from 0, of the first step here."""


def rows_read(prepared: Prepared, row: int | None = None) -> RowsRead | None:
    """The rows that a probe reads; None without a window.

    If a window has more than 512 steps, only the newest are read, since memory and time grow with their square.

    Args:
        row: the row of the window to read; if there is no such row, the last one; by default all rows.
    """
    window = prepared.window
    if window is None:
        return None
    steps, rows = window.x.shape
    first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
    first_step = max(0, steps - MOST_LAGS)
    chosen = np.s_[first_step:, first_row : first_row + count]
    before = states_before(window.init_state, prepared.on_window.states)[chosen]
    probabilities = prepared.on_window.probabilities[chosen].swapaxes(0, 1).copy()
    return RowsRead(window.x[chosen], window.y[chosen], before, probabilities, first_row, first_step)
