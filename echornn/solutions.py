"""How differently the networks of a population solve a task: distances, and a map of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from echornn.progress import Counts, Floats

Distance = Literal["procrustes", "cka"]
DISTANCES: tuple[Distance, ...] = get_args(Distance)


@dataclass(frozen=True, eq=False)
class Solutions:
    """How differently networks move on the same held-out trials; a network whose numbers are not
    finite has NaN."""

    distance: Distance
    seeds: tuple[int, ...]  # of each network
    # [networks, networks]: the angle of Procrustes, 0 to pi / 2 radians, or 1 - linear CKA, 0 to 1
    distances: Floats
    # [networks, 2], by classical scaling: their distances are about those of the networks
    places: Floats
    shown: float  # the share of the sum of squared distances that the places show, 0 to 1
    clusters: Counts  # [networks], the cluster of each, from 0; all 0 if no clusters are seen
    medoids: tuple[int, ...]  # of each cluster, the network with the least distances to the others
    # Of the clusters, and the 95th percentile of data without any; see docs/theory.md
    silhouette: float
    silhouette_by_chance: float
    losses: Floats  # [networks], on held-out data
    longer_losses: Floats  # [networks], on trials or rows twice as long
    # [networks], the different states at rest to which visited ones go while the input is zero
    resting_states: Counts
    samples: int  # the states that are compared, of each network


def turned_onto(places: Floats, before: Floats) -> Floats:
    """The places, [networks, 2], turned and perhaps mirrored so that they are as near as can be to
    those before."""
    is_known = np.isfinite(places).all(axis=1) & np.isfinite(before).all(axis=1)
    left, _, right = np.linalg.svd(places[is_known].T @ before[is_known])
    return np.asarray(places @ (left @ right), np.float32)
