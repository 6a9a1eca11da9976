"""A snapshot's network, run over the probes' own data and over its newest window."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from echornn.network.frozen import FrozenNetwork, Ran
from echornn.network.shapes import carried_size
from echornn.probes.series import FEW_ROWS, MOST_LAGS, Inputs, Series, draw, series_for, targets_for
from echornn.progress import Bools, Floats
from echornn.readings import CellPart
from echornn.state import Snapshot
from echornn.tasks.task import Numbers

# From a zero state; with the tutorial's initial weights, all of 100 rows have after 200 steps
STEPS_TO_SETTLE = 256


class NewestWindow(NamedTuple):
    x: Inputs  # time first
    y: Inputs
    scored: Bools  # whether the loss of each step counts
    init_state: Floats  # [batch_size, carried]


class Prepared(FrozenNetwork):
    """A snapshot's network, with runs that several probes share; each is computed when first
    needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot.state.config, snapshot.state.weights)
        self.window = _newest_window(snapshot)
        self._carried = snapshot.state.carried_state if snapshot.state.window else None

    @functools.cached_property
    def series(self) -> Series:
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        return self.run(self.series.x, self.first_state(self.series.x.shape[1]))

    @functools.cached_property
    def targets(self) -> Series:
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        return self.run(self.targets.x, self.first_state(self.targets.x.shape[1]))

    @functools.cached_property
    def on_window(self) -> Ran:
        assert self.window is not None
        return self.run(self.window.x, self.window.init_state)

    def read(self, part: CellPart) -> Floats:
        """A part of the network at the steps of the series that are read, float32 [steps read,
        rows, units]."""
        return self.on_series.of(part)[self.series.steps_back :]

    def first_state(self, rows: int) -> Floats:
        """The initial states of the probes' rows, float32 [rows, carried]."""
        return np.resize(self._settled, (rows, carried_size(self.config)))

    @functools.cached_property
    def _settled(self) -> Floats:
        """States as they occur in training, float32 [rows, carried]: from a zero state a network
        may take hundreds of steps to reach its resting states, so its rows begin where the batch's
        are. Trials begin with a zero state.
        """
        carried = self._carried
        if not self.config.is_stream:
            return np.zeros((1, carried_size(self.config)), np.float32)
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        return np.asarray(self.run(draw(self.config, STEPS_TO_SETTLE, FEW_ROWS), zero).states[-1])

    def rows_read(self, row: int | None) -> tuple[int, int, Any]:
        """The first row and step of the newest window that are read, and which: all, or one, at the
        newest steps."""
        assert self.window is not None
        steps, rows = self.window.x.shape[:2]
        first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
        first_step = max(0, steps - MOST_LAGS)
        return first_row, first_step, np.s_[first_step:, first_row : first_row + count]


def _newest_window(snapshot: Snapshot) -> NewestWindow | None:
    """The snapshot's newest window; None if it had another configuration, or if its initial state
    is unknown."""
    config, progress = snapshot.state.config, snapshot.progress
    if progress is None or not np.isfinite(progress.init_state).all():
        return None
    forms = (config.the_task.inputs, config.the_task.outputs)
    shapes = [
        (config.window_steps, *([form.count] if isinstance(form, Numbers) else []))
        for form in forms
    ]
    arrays = progress.x, progress.y, progress.init_state
    if [one.shape for one in arrays] != [
        (config.batch_size, *one) for one in (*shapes, (carried_size(config),))
    ]:
        return None
    x, y = (np.ascontiguousarray(np.swapaxes(one, 0, 1)) for one in arrays[:2])
    scored = progress.scored.T if progress.scored.size else np.ones(y.shape[:2], np.bool_)
    return NewestWindow(x, y, scored, progress.init_state)
