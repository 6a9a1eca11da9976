"""Flip: the predictions of a row after one input is changed."""

from __future__ import annotations

from echornn.probes.flipping import next_symbol
from echornn.probes.prepared import Prepared
from echornn.probes.running import run
from echornn.readings import Flip


def flip(prepared: Prepared, row: int, step: int) -> Flip | None:
    """The predictions of a row of the newest window, with one input changed to the next symbol and without the change.

    None without a window, or if the window has no such row or step.
    """
    window, config = prepared.window, prepared.config
    if window is None or not (0 <= row < config.batch_size and 0 <= step < config.truncated_backprop_length):
        return None
    x = window.x.copy()
    x[step, row] = next_symbol(x[step, row], config.num_classes)
    after = run(config, prepared.weights, x, window.init_state).probabilities[:, row]
    return Flip(row, step, x[:, row].copy(), prepared.on_window.probabilities[:, row].copy(), after.copy())
