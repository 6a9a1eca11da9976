"""A specimen with intermediate results that several probes need, computed when the first probe asks."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from echornn.network.shapes import carried_size
from echornn.probes.parts import CellPart
from echornn.probes.running import Ran, run
from echornn.probes.series import FEW_ROWS, ProbeSeries, TargetSeries, draw, series_for, targets_for
from echornn.progress import Floats, Symbols
from echornn.specimen import Specimen

STEPS_TO_SETTLE = 256
"""From a zero state: of the tutorial's start, 2 of 100 rows are still elsewhere after 20 steps, none after 200."""


@dataclass(frozen=True, eq=False)
class NewestWindow:
    """The newest window, time first.

    Attributes:
        x, y: uint8 [T, batch_size].
        init_state: float32 [batch_size, carried].
    """

    x: Symbols
    y: Symbols
    init_state: Floats


class Prepared:
    """The network of a specimen, run over the probes' own series and over its newest window.

    The probes' rows begin with what the batch's rows carry, since a network may rest in one of several places, and from
    a zero state may take hundreds of steps to come to where training is; at an epoch's beginning, it takes them.

    Attributes:
        config, weights: what the network is.
        window: its newest window; None where there is none that can be run again.
    """

    def __init__(self, specimen: Specimen) -> None:
        self.config = specimen.state.config
        self.weights = specimen.state.weights
        self.window = _newest_window(specimen)
        self._carried = specimen.state.carried_state if specimen.state.window else None

    @functools.cached_property
    def series(self) -> ProbeSeries:
        """The probes' own data."""
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        """What the network does on it."""
        return run(self.config, self.weights, self.series.x, self.first_state(self.series.x.shape[1]))

    @functools.cached_property
    def targets(self) -> TargetSeries:
        """The data whose losses are followed back."""
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        """What the network does on it."""
        return run(self.config, self.weights, self.targets.x, self.first_state(self.targets.x.shape[1]))

    @functools.cached_property
    def on_window(self) -> Ran:
        """What it does, with the weights of now, on the newest window, which must be there."""
        assert self.window is not None
        return run(self.config, self.weights, self.window.x, self.window.init_state)

    def read(self, part: CellPart) -> Floats:
        """A part at the steps of the series that are read, float32 [steps read, rows, units]."""
        return part_of(self.on_series, part)[self.series.steps_back :]

    def first_state(self, rows: int) -> Floats:
        """What the probes' rows begin with, float32 [rows, carried]."""
        return np.resize(self._settled, (rows, carried_size(self.config)))

    @functools.cached_property
    def _settled(self) -> Floats:
        """States that training comes through, float32 [some rows, carried]."""
        carried = self._carried
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        settled: Floats = run(self.config, self.weights, draw(self.config, STEPS_TO_SETTLE, FEW_ROWS), zero).states[-1]
        return settled


def part_of(ran: Ran, part: CellPart) -> Floats:
    """A part of what was run, float32 [steps, rows, units]."""
    return (ran.gates if part.is_gate else ran.states)[..., part.where]


def states_before(init_state: Floats, states: Floats) -> Floats:
    """The state before each step, from those after each; float32 [steps, rows, carried]."""
    return np.concatenate([init_state[np.newaxis], states[:-1]])


def _newest_window(specimen: Specimen) -> NewestWindow | None:
    """None also where it is of another configuration, or the state that it began with is not known."""
    config, progress = specimen.state.config, specimen.progress
    if progress is None:
        return None
    shape = (config.batch_size, config.truncated_backprop_length)
    fits = progress.x.shape == shape and progress.init_state.shape == (config.batch_size, carried_size(config))
    if not fits or not np.isfinite(progress.init_state).all():
        return None
    return NewestWindow(np.ascontiguousarray(progress.x.T), np.ascontiguousarray(progress.y.T), progress.init_state)
