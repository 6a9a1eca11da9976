"""Flip: the predictions of a row after one input is changed."""

from __future__ import annotations

from echornn.probes.changed_inputs.flipping import changed
from echornn.probes.prepared import Prepared
from echornn.probes.running import run
from echornn.readings import Flip


def flip(prepared: Prepared, row: int, step: int) -> Flip | None:
    """The predictions of a row of the newest window, with one input changed (see `changed`) and without the change.

    None without a window, or if the window has no such row or step.
    """
    window, config = prepared.window, prepared.config
    if window is None or not (0 <= row < config.batch_size and 0 <= step < config.window_steps):
        return None
    x = window.x.copy()
    x[step, row] = changed(x[step, row], config.the_task.inputs)
    after = run(config, prepared.weights, x, window.init_state).outputs[:, row]
    return Flip(row, step, x[:, row].copy(), prepared.on_window.outputs[:, row].copy(), after.copy())
