"""Snapshots of small networks for tests of the probes, what is read from them, and what NumPy makes
of the same data."""

from __future__ import annotations

from typing import Any

import numpy as np

from echornn import EchoConfig, Progress, Question, Snapshot, Task, batch_of, examine
from echornn.cells.table import CELLS as TABLE
from echornn.network.shapes import carried_size, weight_shapes
from echornn.probes.series import Series
from echornn.progress import Floats
from echornn.readings import Kind
from echornn.state import TrainerState
from echornn.tasks.adding import Adding
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.two_coins import TwoCoins
from tests.door.oracles.probes import numpy_network
from tests.door.oracles.probes.numpy_network import AnyWeights, Array, Parts
from tests.door.oracles.weighed_tasks import WeighedSums

CELLS = tuple(TABLE)

FEW = ("rnn", "lstm", "lru")
"""Cells with one, two and three vectors of state, where each takes seconds."""

TASKS: dict[str, tuple[Task, int]] = {
    "two_coins": (TwoCoins(), 6),
    "flip_flop": (FlipFlop(bits=2), 6),
    "adding": (Adding(length=9), 4),
    "whole_adding": (Adding(length=9), 9),
    "copy_memory": (CopyMemory(blank=4, items=2, symbols=3), 8),
    "temporal_order": (TemporalOrder(marks=2, length=10), 4),
    "weighed_sums": (WeighedSums(), 4),
}
"""Each with the window length T."""


def small(cell: str = "rnn", **changes: Any) -> EchoConfig:
    """An echo for three units and windows of four steps."""
    sizes = {"state_size": 3, "truncated_backprop_length": 4, "echo_step": 2, "batch_size": 2}
    return EchoConfig(cell=cell, total_series_length=400, **(sizes | changes))


def small_task(name: str, **changes: Any) -> EchoConfig:
    """Another task for three units."""
    task, window = TASKS[name]
    sizes = {"state_size": 3, "batch_size": 2, "total_series_length": 400}
    return EchoConfig(task=task, truncated_backprop_length=window, **(sizes | changes))


def zero_weights(config: EchoConfig) -> dict[str, Floats]:
    return {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}


def random_weights(config: EchoConfig, spread: float = 0.7, seed: int = 0) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(config).items():
        weights[name] = rng.normal(0, spread, shape).astype(np.float32)
    if "u" in weights:  # is used within limits
        weights["u"] = weights["u"].clip(-1, 1)
    return weights


def without_window(config: EchoConfig, weights: dict[str, Floats]) -> Snapshot:
    """A snapshot at the start of a run."""
    carried = np.zeros((config.batch_size, carried_size(config)), np.float32)
    return Snapshot(TrainerState(config, 0, 0, 0, 0, weights, carried, ()))


def snapshot(config: EchoConfig, weights: dict[str, Floats]) -> Snapshot:
    """A snapshot in the middle of an epoch; the states of a stream's rows, now and at the newest
    window's beginning, are random."""
    shape = (2, config.batch_size, carried_size(config))
    states = np.random.default_rng(5).uniform(-0.5, 0.5, shape)
    first, carried = states.astype(np.float32) * config.is_stream
    begin = 3 * config.window_stride
    steps = slice(begin, begin + config.window_steps)
    batch = batch_of(config)
    none = np.zeros(0, np.float32)
    no_errors = np.zeros(0, np.int32)
    x = batch.x[:, steps]
    y = batch.y[:, steps]
    progress = Progress(none, no_errors, 0, 3, x, y, none, none, first)
    state = TrainerState(config, 0, 4, 0, 0, weights, carried, ())
    return Snapshot(state, 0, 4, progress)


def newest_window(network: Snapshot) -> Progress:
    assert network.progress is not None
    return network.progress


def reading(network: Snapshot, kind: Kind, **question: Any) -> Any:
    """The field of the readings."""
    readings = examine(network, Question(frozenset({kind}), **question))
    found = getattr(readings, kind)
    assert found is not None
    return found


def run_window(network: Snapshot) -> tuple[Array, Parts]:
    """The newest window by NumPy, as `numpy_network.run`."""
    window = newest_window(network)
    state = network.state
    return run(state.config, state.weights, window.x.swapaxes(0, 1), window.init_state)


def run_series(network: Snapshot, series: Series) -> tuple[Array, Parts]:
    """The probes' data by NumPy; their rows begin with the carried states, over and over."""
    state = network.state
    rows = series.x.shape[1]
    first = np.resize(state.carried_state, (rows, carried_size(state.config)))
    return run(state.config, state.weights, series.x, first)


def run(config: EchoConfig, weights: AnyWeights, x: Any, carried: Any) -> tuple[Array, Parts]:
    """Inputs of any task, [steps, rows, ...], by NumPy."""
    if config.input_size > 1 and x.ndim == 2:
        x = np.eye(config.input_size)[x]
    return numpy_network.run(str(config.cell), weights, x, carried)
