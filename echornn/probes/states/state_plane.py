"""The states of a part of the network by their principal components, with targets and what the network says there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.plane_readings import StatePlane
from echornn.probes.parts import CellPart, parts_of
from echornn.probes.prepared import Prepared, part_of
from echornn.probes.states.principal import principal_components
from echornn.progress import Floats
from echornn.tasks.task import Numbers

MOST_SAMPLES = 512
"""The most states whose components are computed, and that are drawn: enough to see clusters, and few to send."""


def state_plane(prepared: Prepared, part: CellPart) -> StatePlane:
    """The principal components of a part's states on the probes' own data, and the newest window's rows in them."""
    series = prepared.series
    read = prepared.read(part)
    counts = np.ones(read.shape[:2], np.bool_) if series.scored is None else series.scored
    chosen = np.flatnonzero(counts)
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(MOST_SAMPLES, len(chosen))).round().astype(int)]
    states = read.reshape(-1, read.shape[-1])[chosen]
    mean, components, shares = principal_components(states.astype(np.float64))
    weights, outputs, form = prepared.weights, prepared.config.output_size, prepared.config.the_task.outputs
    answers = prepared.on_series.outputs[series.steps_back :].reshape(-1, outputs)[chosen]
    y = np.zeros(0, np.uint8) if series.y is None else series.y.reshape(-1, *series.y.shape[2:])[chosen]
    readout = np.zeros((0, 1 + len(components)), np.float32)
    if part.name == next(iter(parts_of(prepared.config))):
        at_mean = mean @ weights["W2"] + weights["b2"][0]
        readout = np.concatenate([at_mean.reshape(outputs, 1), (components @ weights["W2"]).T], axis=1)
    rows = np.zeros((0, 0, len(components)))
    if prepared.window is not None:
        with np.errstate(all="ignore"):  # states may be infinite
            rows = (np.swapaxes(part_of(prepared.on_window, part), 0, 1) - mean) @ components.T
    return StatePlane(
        part.name,
        mean.astype(np.float32),
        components.astype(np.float32),
        shares.astype(np.float32),
        as_floats((states - mean) @ components.T),
        y,
        answers if isinstance(form, Numbers) else answers.argmax(axis=-1).astype(np.uint8),
        as_floats(rows),
        as_floats(readout),
    )


def as_floats(numbers: npt.NDArray[np.floating[Any]]) -> Floats:
    """The numbers as float32; infinite if they are too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers.astype(np.float32)
