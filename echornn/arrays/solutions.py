"""The map of solutions of a stored run: at a position, and along a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from echornn.arrays.numbers import data_seed_of
from echornn.arrays.run_arrays import RunArrays
from echornn.errors import RunError
from echornn.progress import Floats
from echornn.run.run import BranchName
from echornn.runtime.waiting import silent
from echornn.solutions import DISTANCES, Distance, Solutions
from echornn.state import Snapshot


class SolutionsThere(NamedTuple):
    """Networks compared at a position of a run."""

    solutions: Solutions
    snapshot: Snapshot
    # Of each: its number, seed and results, and what `Solutions` has of it
    networks: list[dict[str, Any]]


def solutions_at(
    run: RunArrays,
    distance: Distance = DISTANCES[0],
    at: int | None = None,
    branch: BranchName | None = None,
) -> SolutionsThere:
    """Windows are trained again if that is needed. A RunError if there is only one network, or if
    the networks have too many units."""
    _require_several(run, at, branch)
    snapshot = run.snapshot(at, branch, retrain=True)
    solutions = _compared(run, snapshot, distance)
    networks = []
    for index, network in enumerate(run.networks(at, branch)):
        x, y = solutions.places[index].tolist()
        row = {
            "replica": network.replica,
            "seed": network.seed,
            "x": x,
            "y": y,
            "cluster": int(solutions.clusters[index]),
            "is_medoid": index in solutions.medoids,
            "loss": float(solutions.losses[index]),
            "longer_loss": float(solutions.longer_losses[index]),
            "resting_states": int(solutions.resting_states[index]),
            "solved_at": network.solved_at or None,
        }
        networks.append(row)
    return SolutionsThere(solutions, snapshot, networks)


def _require_several(run: RunArrays, at: int | None, branch: BranchName | None) -> None:
    if run.config_at(at, branch).replicas == 1:
        raise RunError("replicas = 1 there: only several seeds have a map of solutions")


def _compared(run: RunArrays, snapshot: Snapshot, distance: Distance) -> Solutions:
    solutions = run.examined(snapshot, ["solutions"], distance=distance).solutions
    if solutions is None:
        units = snapshot.state.config.state_size
        raise RunError(f"state_size = {units}: networks of so many units are not compared")
    return solutions


def compared_states(run: RunArrays, snapshot: Snapshot) -> Floats:
    """The states whose distances `solutions_at` has, float32 [networks, samples, units]."""
    from echornn.probes.solutions import compared  # TensorFlow is imported by then

    assert snapshot.population is not None
    return compared(snapshot.population, data_seed_of(run.run)).states


def solutions_along(
    run: RunArrays,
    count: int,
    distance: Distance = DISTANCES[0],
    at: int | None = None,
    branch: BranchName | None = None,
) -> Iterator[dict[str, Any]]:
    """A record for each of `RunArrays.snapshots` with several networks, as in docs/cli.md."""
    _require_several(run, at, branch)  # before anything is trained
    quietly = replace(run, progress=silent)
    for snapshot in run.snapshots(count, at, branch):
        if snapshot.population is None:
            continue
        solutions = _compared(quietly, snapshot, distance)
        is_solved = snapshot.population.solved.at > 0
        distances = solutions.distances
        yield {
            "window": snapshot.window,
            "as_recorded": snapshot.unlike is None,
            "networks": len(distances),
            "mean_distance": mean_distance(distances),
            "solved": int(is_solved.sum()),
            "mean_distance_solved": mean_distance(distances[np.ix_(is_solved, is_solved)]),
            "shown": solutions.shown,
            "clusters": len(solutions.medoids),
        }


def mean_distance(distances: Floats) -> float:
    """Over all pairs that have one; NaN if none has."""
    pairs = distances[np.triu_indices(len(distances), 1)]
    known = pairs[np.isfinite(pairs)]
    return float(known.mean()) if len(known) else float("nan")
