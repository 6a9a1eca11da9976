"""Snapshots of small networks for tests of the probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.cells.table import CELLS as TABLE
from echornn.config import EchoConfig
from echornn.data import batch_of
from echornn.network.shapes import carried_size, weight_shapes
from echornn.progress import Floats, Progress
from echornn.state import Snapshot, TrainerState

CELLS = tuple(TABLE)

FEW = ("rnn", "lstm", "lru")
"""Cells with one, two and three vectors of state, where each takes seconds."""


def small(cell: str = "rnn", **changes: Any) -> EchoConfig:
    """A configuration with three units and windows of four steps."""
    sizes: dict[str, Any] = {
        "state_size": 3,
        "truncated_backprop_length": 4,
        "echo_step": 2,
        "batch_size": 2,
        **changes,
    }
    return EchoConfig(cell=cell, total_series_length=400, **sizes)


def random_weights(config: EchoConfig, spread: float = 0.7, seed: int = 0) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    drawn = {
        name: rng.normal(0, spread, shape).astype(np.float32)
        for name, shape in weight_shapes(config).items()
    }
    return {name: np.clip(value, -1, 1) if name == "u" else value for name, value in drawn.items()}


def snapshot(config: EchoConfig, weights: dict[str, Floats], with_window: bool = True) -> Snapshot:
    """A snapshot in the middle of an epoch, with random states of the rows and at the window's
    beginning."""
    rng = np.random.default_rng(5)
    first, carried = rng.uniform(-0.5, 0.5, (2, config.batch_size, carried_size(config))).astype(
        np.float32
    )
    batch, begin = batch_of(config), 3 * config.window_stride
    x, y = (one[:, begin : begin + config.truncated_backprop_length] for one in (batch.x, batch.y))
    nothing = np.zeros(0, np.float32)
    progress = Progress(nothing, np.zeros(0, np.int32), 0, 3, x, y, nothing, nothing, first)
    state = TrainerState(config, 0, 4, 0, 0, weights, carried, ())
    return Snapshot(state, 0, 4, progress if with_window else None)


def snapshot_of(weights: Mapping[str, npt.ArrayLike], config: EchoConfig) -> Snapshot:
    """A snapshot of weights at the start of a run, without a window."""
    carried = np.zeros((config.batch_size, carried_size(config)), np.float32)
    arrays = {name: np.asarray(weights[name], np.float32) for name in weight_shapes(config)}
    return Snapshot(TrainerState(config, 0, 0, 0, 0, arrays, carried, ()))
