"""How differently the networks of a population solve a task: distances, and a map of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from echornn.progress import Bools, Counts, Floats

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

Distance = Literal["procrustes", "cka"]
DISTANCES: tuple[Distance, ...] = get_args(Distance)

# Of a product of states: of few columns it takes five times as long
COLUMNS_AT_ONCE = 512

MOST_CLUSTERS = 6  # that are looked for; chosen by eye
LEAST_MEMBERS = 3  # of a cluster, or else it is no more than outliers; chosen by eye
# Of places without clusters: the greatest of 39 silhouettes is exceeded by chance once in 40 times
# (a Monte Carlo test, Barnard 1963)
DRAWS = 39


@dataclass(frozen=True, eq=False)
class Solutions:
    """How differently networks move on the same held-out trials; a network whose numbers are not
    finite, or whose states do not vary, has NaN, and -1 for its cluster."""

    distance: Distance
    seeds: tuple[int, ...]  # of each network
    # [networks, networks]: the angle of Procrustes, 0 to pi / 2 radians, or 1 - linear CKA, 0 to 1
    distances: Floats
    # [networks, 2], by classical scaling: their distances are about those of the networks
    places: Floats
    shown: float  # the share of the sum of squared distances that the places show, 0 to 1
    clusters: Counts  # [networks], the cluster of each, from 0; all 0 if no clusters are seen
    medoids: tuple[int, ...]  # of each cluster, the network with the least distances to the others
    # Of the best clusters, -1 to 1, also if they are not seen; and the greatest of `DRAWS` draws
    # without clusters, which it has to exceed. NaN if there are none of three networks or more
    silhouette: float
    silhouette_by_chance: float
    losses: Floats  # [networks], on held-out data
    longer_losses: Floats  # [networks], on trials or rows twice as long; NaN if there are none
    # [networks], the different states at rest to which visited ones go while the input is zero
    resting_states: Counts
    samples: int  # the states that are compared, of each network


# ---- distances


def distances_between(states: Sequence[Doubles], distance: Distance) -> Doubles:
    """How differently networks move, float64 [networks, networks], by the states of each after the
    same inputs, float64 [samples, units], of as many units as each has. NaN for states that do not
    vary, or are not finite.

    Both are the same for units in another order, and for turned, shifted or scaled states.
    ``procrustes`` is the angle between two clouds of states, turned onto each other: the arc cosine
    of the nuclear norm of X'Y, for centred states of norm 1, 0 to pi / 2 radians (Williams et al.
    2021, "Generalized shape metrics on neural representations"). ``cka`` is 1 - linear CKA, 0 to 1:
    1 - |X'Y|^2 / (|X'X| |Y'Y|) (Kornblith et al. 2019).
    """
    networks, samples = len(states), len(states[0])
    units = max(of_one.shape[1] for of_one in states)
    # Units that are always 0 change neither
    clouds = np.zeros((networks, samples, units))
    are_usable = np.zeros(networks, np.bool_)
    for number, of_one in enumerate(states):
        if np.isfinite(of_one).all() and np.ptp(of_one, axis=0).any():
            centred = of_one - of_one.mean(axis=0)
            clouds[number, :, : centred.shape[1]] = centred / np.linalg.norm(centred)
            are_usable[number] = True

    side_by_side = clouds.transpose(1, 0, 2).reshape(samples, -1)
    between: Doubles = np.zeros((networks, networks))
    at_once = max(1, COLUMNS_AT_ONCE // units)
    for first in range(0, networks, at_once):
        # X'Y for these networks and all behind the first
        columns = side_by_side[:, first * units :]
        products = (columns[:, : at_once * units].T @ columns).reshape(
            -1, units, networks - first, units
        )
        ends = first + len(products)
        between[first:ends, first:] = _alike(products.swapaxes(1, 2), distance)
    between = np.maximum(between, between.T)  # those that were left out are 0
    if distance == "cka":
        norms = np.sqrt(np.diag(between))
        with np.errstate(invalid="ignore"):
            between = 1 - between / np.outer(norms, norms)
        between = np.clip(between, 0, 1)
    else:
        between = np.arccos(between.clip(0, 1))
    np.fill_diagonal(between, 0)
    between[~are_usable] = between[:, ~are_usable] = np.nan
    return between


def _alike(products: Doubles, distance: Distance) -> Doubles:
    """The nuclear norms of matrices [..., units, units], or their squared Frobenius norms."""
    if distance == "cka":
        return np.asarray(np.square(products).sum(axis=(-2, -1)))
    # Not by eigenvalues of their squares, which lose half of the digits
    return np.asarray(np.linalg.svd(products, compute_uv=False).sum(axis=-1))


# ---- places


class Scaling(NamedTuple):
    """Places whose distances are about those of networks."""

    # [networks, dimensions], two or more, of the positive eigenvalues, the largest first; NaN where
    # there is no distance
    coordinates: Doubles
    # The share of the sum of squared distances that the first two show, 0 to 1: their share of the
    # eigenvalues' sizes. Some are negative if no places have these distances exactly; their sizes
    # count too, as what no plane can show
    shown: float


def scaled(distances: Doubles) -> Scaling:
    """Classical scaling (Torgerson 1952) of distances, float64 [networks, networks]."""
    is_placed = has_distances(distances)
    squares = np.square(distances[np.ix_(is_placed, is_placed)])
    count = len(squares)
    centring = np.eye(count) - 1 / max(1, count)
    eigenvalues, directions = np.linalg.eigh(-centring @ squares @ centring / 2)
    lengths = np.sqrt(eigenvalues.clip(0))[::-1]
    coordinates = np.full((len(distances), max(2, count)), np.nan)
    coordinates[is_placed] = 0
    coordinates[is_placed, :count] = directions[:, ::-1] * lengths
    sizes = np.abs(eigenvalues).sum()
    shown = np.square(lengths[:2]).sum() / sizes if sizes > 0 else 1.0
    return Scaling(coordinates, float(shown))


def has_distances(distances: Doubles) -> Bools:
    """Which networks have a distance to others, [networks]."""
    return np.isfinite(np.diag(distances))


def turned_onto(places: Floats, before: Floats) -> Floats:
    """Places in a plane, [networks, 2], turned or reflected so that they are nearest to those
    before (orthogonal Procrustes, Schönemann 1966): then points of a picture drift and do not
    jump. Networks without a place in one of both do not count."""
    is_in_both = np.isfinite(places).all(axis=1) & np.isfinite(before).all(axis=1)
    if not is_in_both.any():
        return places
    here, there = places[is_in_both], before[is_in_both]
    left, _, right = np.linalg.svd((here - here.mean(axis=0)).T @ (there - there.mean(axis=0)))
    return np.asarray(places @ (left @ right), places.dtype)


# ---- clusters


class Clustering(NamedTuple):
    """The fields of `Solutions` of the same names."""

    clusters: Counts
    medoids: tuple[int, ...]
    silhouette: float
    silhouette_by_chance: float


def clustered(scaling: Scaling, distances: Doubles, rng: np.random.Generator) -> Clustering:
    """The clusters of networks, by k-medoids (k of 2 to `MOST_CLUSTERS` by the mean silhouette,
    Rousseeuw 1987), if they are more distinct than those that the same way finds in each of `DRAWS`
    draws from one normal distribution, with the variances of all dimensions of the scaling. Else
    one, of all. That one normal distribution is unlikely does not say that there are gaps: places
    along a curve may seem to be clusters too."""
    is_placed = has_distances(distances)
    count = int(is_placed.sum())
    among = distances[np.ix_(is_placed, is_placed)]
    best, by_chance = NO_PARTITION, np.nan
    if count >= 2 * LEAST_MEMBERS:
        best = _best_partition(among)
        deviations = scaling.coordinates[is_placed].std(axis=0)
        draws = []
        for _ in range(DRAWS):
            places = rng.standard_normal((count, len(deviations))) * deviations
            draws.append(_best_partition(_euclidean(places)).silhouette)
        by_chance = float(np.fmax.reduce(draws))  # NaN does not count

    numbers = best.numbers
    if not best.silhouette > by_chance:
        numbers = np.zeros(count, np.intp)
    clusters = np.full(len(distances), -1, np.int32)
    clusters[is_placed] = numbers
    medoids: tuple[int, ...] = ()
    if count > 0:
        medoids = tuple(np.flatnonzero(is_placed)[_medoids(among, numbers)].tolist())
    return Clustering(clusters, medoids, best.silhouette, by_chance)


class Partition(NamedTuple):
    numbers: Integers  # of each network
    silhouette: float  # their mean


NO_PARTITION = Partition(np.zeros(0, np.intp), np.nan)


def _best_partition(distances: Doubles) -> Partition:
    medoids = _first_medoids(distances)
    best = NO_PARTITION
    for count in range(2, len(medoids) + 1):
        numbers = distances[:, medoids[:count]].argmin(axis=1)
        if (np.bincount(numbers) >= LEAST_MEMBERS).sum() < 2:
            continue
        silhouette = _silhouette(distances, numbers)
        if not silhouette <= best.silhouette:  # that of none is NaN
            best = Partition(numbers, silhouette)
    return best


def _first_medoids(distances: Doubles) -> list[int]:
    """Each is the one that lessens the distances to the nearest medoid most (BUILD of PAM, Kaufman
    and Rousseeuw 1990)."""
    nearest = np.full(len(distances), np.inf)
    medoids: list[int] = []
    for _ in range(min(MOST_CLUSTERS, len(distances))):
        medoid = int(np.minimum(nearest, distances).sum(axis=1).argmin())
        medoids.append(medoid)
        nearest = np.minimum(nearest, distances[medoid])
    return medoids


def _medoids(distances: Doubles, numbers: Integers) -> Integers:
    is_member = _are_members(numbers)
    totals = np.where(is_member, distances @ is_member, np.inf)
    return np.asarray(totals.argmin(axis=0))


def _are_members(numbers: Integers) -> Doubles:
    """1 or 0, [networks, groups]."""
    is_member = numbers[:, np.newaxis] == np.arange(numbers.max() + 1)
    return np.asarray(is_member, np.float64)


def _silhouette(distances: Doubles, numbers: Integers) -> float:
    """The mean over networks of (b - a) / max(a, b): a is the mean distance to the others of its
    group, b to those of the nearest other group; 0 if it is alone in its group."""
    networks = np.arange(len(numbers))
    is_member = _are_members(numbers)
    sizes = is_member.sum(axis=0)
    totals = distances @ is_member
    own_size = sizes[numbers]
    own = totals[networks, numbers] / np.maximum(own_size - 1, 1)
    to_others = totals / sizes
    to_others[networks, numbers] = np.inf
    other = to_others.min(axis=1)
    largest = np.maximum(own, other)
    is_known = (own_size > 1) & (largest > 0)
    shares = np.divide(other - own, largest, out=np.zeros(len(numbers)), where=is_known)
    return float(shares.mean())


def _euclidean(places: Doubles) -> Doubles:
    lengths = np.square(places).sum(axis=1)
    squares = lengths[:, np.newaxis] + lengths - 2 * places @ places.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))
