"""A snapshot with results that several probes share; each is computed when first needed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from echornn.network.shapes import carried_size
from echornn.probes.parts import CellPart
from echornn.probes.running import Ran, run
from echornn.probes.series import FEW_ROWS, ProbeSeries, TargetSeries, series_for, targets_for
from echornn.probes.task_data import Inputs, draw
from echornn.progress import Floats
from echornn.snapshot import Snapshot
from echornn.tasks.task import Numbers

STEPS_TO_SETTLE = 256
"""Time steps until a network has settled from a zero state: with the tutorial's initial weights, 2 of 100 rows have not
settled after 20 steps, and all have after 200.
"""


@dataclass(frozen=True, eq=False)
class NewestWindow:
    """The newest window, with time on the first axis.

    Attributes:
        x, y: symbols, uint8 [T, batch_size], or numbers, float32 [T, batch_size, count].
        init_state: float32 [batch_size, carried].
    """

    x: Inputs
    y: Inputs
    init_state: Floats


class Prepared:
    """A snapshot's network, run over the probes' own data and over its newest window.

    The probes' rows start with the states that the batch's rows carry. A network can have several resting states, and
    from a zero state it may take hundreds of steps to reach those of training. At the beginning of an epoch, where
    states are zero, the network is run until it settles. Trials begin with a zero state.

    Attributes:
        config, weights: the configuration and weights of the network.
        window: the newest window; None if there is none that can be run again.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.config = snapshot.state.config
        self.weights = snapshot.state.weights
        self.window = _newest_window(snapshot)
        self._carried = snapshot.state.carried_state if snapshot.state.window else None

    @functools.cached_property
    def series(self) -> ProbeSeries:
        """The probes' own data."""
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        """The states of the network on the probes' own data."""
        return run(self.config, self.weights, self.series.x, self.first_state(self.series.x.shape[1]))

    @functools.cached_property
    def targets(self) -> TargetSeries:
        """The data whose losses are followed back."""
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        """The states of the network on the target data."""
        return run(self.config, self.weights, self.targets.x, self.first_state(self.targets.x.shape[1]))

    @functools.cached_property
    def on_window(self) -> Ran:
        """The states on the newest window, which must exist, with the current weights."""
        assert self.window is not None
        return run(self.config, self.weights, self.window.x, self.window.init_state)

    def read(self, part: CellPart) -> Floats:
        """A part of the network at the steps of the series that are read, float32 [steps read, rows, units]."""
        return part_of(self.on_series, part)[self.series.steps_back :]

    def first_state(self, rows: int) -> Floats:
        """The initial states of the probes' rows, float32 [rows, carried]."""
        return np.resize(self._settled, (rows, carried_size(self.config)))

    @functools.cached_property
    def _settled(self) -> Floats:
        """States as they occur in training, float32 [rows, carried]."""
        carried = self._carried
        if not self.config.is_stream:
            return np.zeros((1, carried_size(self.config)), np.float32)
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        settled: Floats = run(self.config, self.weights, draw(self.config, STEPS_TO_SETTLE, FEW_ROWS), zero).states[-1]
        return settled


def part_of(ran: Ran, part: CellPart) -> Floats:
    """A part of the network's states or gates in a run, float32 [steps, rows, units]."""
    return (ran.gates if part.is_gate else ran.states)[..., part.where]


def states_before(init_state: Floats, states: Floats) -> Floats:
    """The state before each step, from the states after each step; float32 [steps, rows, carried]."""
    return np.concatenate([init_state[np.newaxis], states[:-1]])


def _newest_window(snapshot: Snapshot) -> NewestWindow | None:
    """The snapshot's newest window; None if it had another configuration, or if its initial state is unknown."""
    config, progress = snapshot.state.config, snapshot.progress
    if progress is None:
        return None
    shape, forms = (config.batch_size, config.window_steps), (config.the_task.inputs, config.the_task.outputs)
    same = all(
        one.shape == (*shape, form.count) if isinstance(form, Numbers) else one.shape == shape
        for one, form in zip((progress.x, progress.y), forms, strict=True)
    )
    fits = same and progress.init_state.shape == (config.batch_size, carried_size(config))
    if not fits or not np.isfinite(progress.init_state).all():
        return None
    x, y = (np.ascontiguousarray(np.swapaxes(one, 0, 1)) for one in (progress.x, progress.y))
    return NewestWindow(x, y, progress.init_state)
