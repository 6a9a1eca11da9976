"""A snapshot's network, run over the probes' own data and over its newest window."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from echornn.network.frozen import FrozenNetwork, Ran
from echornn.network.shapes import carried_size
from echornn.probes.series import (
    FEW_ROWS,
    MOST_LAGS,
    Inputs,
    Series,
    draw_task,
    series_for,
    targets_for,
)
from echornn.progress import Floats, Scores
from echornn.readings import CellPart
from echornn.state import Snapshot
from echornn.tasks.task import Numbers, Symbols

# From a zero state; with the tutorial's initial weights, all of 100 rows have after 200 steps
STEPS_TO_SETTLE = 256


class NewestWindow(NamedTuple):
    x: Inputs  # time first
    y: Inputs
    scored: Scores
    init_state: Floats  # [batch_size, carried]


class Prepared(FrozenNetwork):
    """A snapshot's network, with runs that several probes share; each is computed when first
    needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot.state.config, snapshot.state.weights)
        self.window = _newest_window(snapshot)
        # At the start of an epoch training goes on from zero
        self._carried = snapshot.state.carried_state if snapshot.state.window else None

    @functools.cached_property
    def series(self) -> Series:
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        return self._run_over(self.series)

    @functools.cached_property
    def targets(self) -> Series:
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        return self._run_over(self.targets)

    @functools.cached_property
    def on_window(self) -> Ran:
        assert self.window is not None
        return self.run(self.window.x, self.window.init_state)

    def _run_over(self, series: Series) -> Ran:
        return self.run(series.x, self.first_state(series.x.shape[1]))

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
        are. Trials begin with a zero state, and so may windows.
        """
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        if self.config.resets_state:
            return zero
        carried = self._carried
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        x = draw_task(self.config, STEPS_TO_SETTLE, FEW_ROWS).x
        return np.asarray(self.run(x, zero).states[-1])

    def rows_read(self, row: int | None) -> tuple[int, int, Any]:
        """The first row and step of the newest window that are read, and which: all, or one, at the
        newest steps."""
        assert self.window is not None
        steps, rows = self.window.x.shape[:2]
        first_step = max(0, steps - MOST_LAGS)
        if row is None:
            return 0, first_step, np.s_[first_step:]
        row = min(row, rows - 1)
        return row, first_step, np.s_[first_step:, row : row + 1]


def _newest_window(snapshot: Snapshot) -> NewestWindow | None:
    """The snapshot's newest window; None if it had another configuration, or if its initial state
    is unknown."""
    config, progress = snapshot.state.config, snapshot.progress
    if progress is None or not np.isfinite(progress.init_state).all():
        return None
    task, rows = config.the_task, config.batch_size
    has_inputs = progress.x.shape == (rows, config.window_steps, *_shape(task.inputs))
    has_targets = progress.y.shape == (rows, config.window_steps, *_shape(task.outputs))
    has_states = progress.init_state.shape == (rows, carried_size(config))
    if not (has_inputs and has_targets and has_states):
        return None

    x = np.ascontiguousarray(np.swapaxes(progress.x, 0, 1))
    y = np.ascontiguousarray(np.swapaxes(progress.y, 0, 1))
    scored: Scores = np.ones(y.shape[:2], np.bool_)
    if progress.scored.size:  # or else it is unknown
        scored = progress.scored.T
    return NewestWindow(x, y, scored, progress.init_state)


def _shape(form: Symbols | Numbers) -> tuple[int, ...]:
    """Of a step's input or target."""
    return (form.count,) if isinstance(form, Numbers) else ()
