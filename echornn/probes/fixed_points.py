"""Fixed points: the states that the network does not leave while the same input comes at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.fixed_point_readings import POINT_KINDS, RESTING, FixedPoints, PointKind, kind_of
from echornn.network.shapes import shown_part
from echornn.probes.at_rest import Rests, search
from echornn.probes.one_step import OneStep
from echornn.probes.prepared import Prepared
from echornn.probes.search_starts import search_starts, visited
from echornn.progress import Floats
from echornn.tasks.task import Numbers

Doubles = npt.NDArray[np.float64]

APART = 1e-5
"""Points are the same if no number differs by more than this, times the largest number of the visited states or 1. The
search ends so close to a point that its error is far smaller, except where an eigenvalue is nearly 1.
"""

SLOW = 0.01
"""A slow point moves by less than this in a step, in standard deviations of the visited states."""

SLOW_APART = 0.1
"""Slow points are the same if they are closer than this, in the same unit."""


def fixed_points(prepared: Prepared, held: Sequence[float] | None = None) -> FixedPoints:
    """The fixed points of a network under a constant input, found from many visited states.

    Args:
        held: the input as it enters the cell; zeros by default, and if it does not have the network's input size.
    """
    config = prepared.config
    size = config.input_size
    inputs = np.asarray(held if held is not None and len(held) == size else np.zeros(size), np.float64)
    network = OneStep(config, prepared.weights, inputs)
    states = visited(prepared)
    starts = search_starts(config, states)
    scale = max(1.0, float(np.abs(states).max()))
    spread = float(states.std(axis=0).max())
    found = search(network.after, network.with_jacobian, starts, RESTING * scale)
    at_rest = found.residuals <= RESTING * scale
    is_slow = ~at_rest & (found.residuals <= SLOW * spread)
    chosen = [*_merged(found, at_rest, APART * scale), *_merged(found, is_slow, SLOW_APART * spread)]
    indices, counts = np.array(chosen, int).reshape(-1, 2).T
    points = found.states[indices]
    moved, jacobians = network.with_jacobian(points) if len(points) else (points, np.zeros((0, *points.shape[1:] * 2)))
    eigenvalues = _eigenvalues(jacobians)
    kinds: list[PointKind] = [
        kind_of(values) if at_rest[index] else "slow" for index, values in zip(indices, eigenvalues, strict=True)
    ]
    order = sorted(range(len(points)), key=lambda point: (POINT_KINDS.index(kinds[point]), -counts[point]))
    return FixedPoints(
        states=points[order].astype(np.float32),
        residuals=np.abs(moved - points).max(axis=1, initial=0)[order].astype(np.float32),
        eigenvalues=eigenvalues[order].astype(np.complex64),
        kinds=tuple(kinds[point] for point in order),
        starts=counts[order].astype(np.int32),
        outputs=_outputs(config, prepared.weights, points[order]),
        held=inputs.astype(np.float32),
        searches=len(starts),
    )


def _merged(found: Rests, which: npt.NDArray[np.bool_], apart: float) -> list[tuple[int, int]]:
    """The different points among the results, each by the index of the best result, with the number of results."""
    left = np.flatnonzero(which)
    left = left[np.argsort(found.residuals[left], kind="stable")]
    points = []
    while left.size:
        same = np.abs(found.states[left] - found.states[left[0]]).max(axis=1) <= apart
        points.append((int(left[0]), int(same.sum())))
        left = left[~same]
    return points


def _outputs(config: EchoConfig, weights: Mapping[str, Floats], states: Doubles) -> Floats:
    """What the network predicts in these states: probabilities of symbols, or numbers, float32 [states, outputs]."""
    logits = states[:, shown_part(config)] @ weights["W2"] + weights["b2"]
    if isinstance(config.the_task.outputs, Numbers):
        return np.asarray(logits, np.float32)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def _eigenvalues(jacobians: Doubles) -> npt.NDArray[np.complex128]:
    """The eigenvalues of each matrix, the largest absolute value first."""
    eigenvalues = np.linalg.eigvals(jacobians).astype(np.complex128)
    order = np.argsort(-np.abs(eigenvalues), axis=1, kind="stable")
    return np.take_along_axis(eigenvalues, order, axis=1)
