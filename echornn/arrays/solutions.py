"""The map of solutions of a stored run: at a position, and along a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from echornn.arrays.facts import NetworkFacts
from echornn.arrays.numbers import data_seed_of
from echornn.arrays.run_arrays import RunArrays
from echornn.errors import RunError
from echornn.progress import Bools, Floats
from echornn.run.run import BranchName
from echornn.runtime.waiting import silent
from echornn.solutions import DISTANCES, Distance, Solutions, are_comparable
from echornn.state import Snapshot


class SolutionsThere(NamedTuple):
    solutions: Solutions
    networks: tuple[NetworkFacts, ...]
    snapshot: Snapshot


def solutions_at(
    run: RunArrays,
    distance: Distance = DISTANCES[0],
    at: int | None = None,
    branch: BranchName | None = None,
) -> SolutionsThere:
    """The networks of a run compared at a position; windows are trained again if that is needed.
    A RunError if there is only one network, or if they have too many units."""
    _require_comparable(run, at, branch)
    snapshot = run.snapshot(at, branch, retrain=True)
    solutions = run.examined(snapshot, ["solutions"], distance=distance).solutions
    assert solutions is not None
    return SolutionsThere(solutions, run.networks(at, branch), snapshot)


def _require_comparable(
    run: RunArrays, at: int | None = None, branch: BranchName | None = None
) -> None:
    config = run.config_at(at, branch)
    networks, units = config.replicas, config.state_size
    if networks == 1:
        raise RunError("replicas = 1 there: only several seeds have a map of solutions")
    if not are_comparable(networks, units):
        raise RunError(f"state_size = {units}: {networks} networks of so many are not compared")


def compared_states(run: RunArrays, snapshot: Snapshot) -> Floats:
    """The states whose distances `solutions_at` has, float32 [networks, samples, units]."""
    from echornn.probes.solutions import compared  # TensorFlow is imported by then

    assert snapshot.population is not None
    return compared(snapshot.population, data_seed_of(run.run)).states


def solutions_along(
    run: RunArrays, count: int, distance: Distance = DISTANCES[0], **where: Any
) -> Iterator[dict[str, Any]]:
    """A record for each of `RunArrays.snapshots` with several networks, as in docs/cli.md."""
    _require_comparable(run, **where)  # refused before anything is trained
    quietly = replace(run, progress=silent)
    for snapshot in run.snapshots(count, **where):
        solutions = quietly.examined(snapshot, ["solutions"], distance=distance).solutions
        if solutions is not None and snapshot.population is not None:
            yield _record(snapshot, solutions, snapshot.population.solved.at > 0)


def _record(snapshot: Snapshot, solutions: Solutions, is_solved: Bools) -> dict[str, Any]:
    distances = solutions.distances
    return {
        "window": snapshot.window,
        "as_recorded": snapshot.unlike is None,
        "distance": solutions.distance,
        "networks": len(solutions.seeds),
        "mean_distance": mean_distance(distances),
        "solved": int(is_solved.sum()),
        "mean_distance_solved": mean_distance(distances[np.ix_(is_solved, is_solved)]),
        "shown": solutions.shown,
        "clusters": len(solutions.medoids),
        "silhouette": solutions.silhouette,
        "silhouette_by_chance": solutions.silhouette_by_chance,
    }


def mean_distance(distances: Floats) -> float:
    """Over all pairs that have one; NaN if none has."""
    pairs = distances[np.triu_indices(len(distances), 1)]
    known = pairs[np.isfinite(pairs)]
    return float(known.mean()) if len(known) else float("nan")
