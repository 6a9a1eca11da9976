"""Tells the different points among the results of many searches, and their kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.fixed_point_readings import MARGIN, POINT_KINDS, RESTING, PointKind, kind_of
from echornn.probes.states.at_rest import Rests
from echornn.probes.states.one_step import OneStep

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

APART = 1e-5
"""Points at rest are the same if no number differs by more than this, times the largest number of the visited states or
1. A search ends far closer to a point, unless an eigenvalue is nearly 1.
"""

SLOW = 0.01
"""A slow point moves by less than this in a step, in standard deviations of the visited states."""

VAGUE_APART = 0.1
"""Slow points, and points with an eigenvalue of 1, are the same if they are closer than this, in the same unit: where a
search ends there depends on where it began.
"""

REACH = 2.0
"""Slow points, and points with an eigenvalue of 1, count within a cube of this size times the largest number of a
visited state. Far away, gates shut so far that any state rests.
"""


class Visits:
    """The sizes of the visited states, float64 [states, carried], by which the results of searches are judged."""

    def __init__(self, states: Doubles) -> None:
        self.states = states
        self.largest = max(1.0, float(np.abs(states).max()))
        self.spread = float(states.std(axis=0).max())
        self.near, self.vague = APART * self.largest, VAGUE_APART * self.spread

    def at_rest(self, found: Rests) -> Bools:
        return found.residuals <= RESTING * self.largest

    def is_slow(self, found: Rests) -> Bools:
        return ~self.at_rest(found) & (found.residuals <= SLOW * self.spread)

    def within_reach(self, states: Doubles) -> Bools:
        return np.asarray(np.abs(states).max(axis=1, initial=0) <= REACH * self.largest)


class Point(NamedTuple):
    """A point, and the number of searches that ended there; see `echornn.readings.FixedPoints`."""

    state: Doubles
    residual: float
    eigenvalues: npt.NDArray[np.complex128]
    kind: PointKind
    starts: int


def different_points(network: OneStep, visits: Visits, found: Rests) -> list[Point]:
    """The different points, sorted as in `FixedPoints`."""
    at_rest = _points(network, found, *merged(found, visits.at_rest(found), visits.near))
    isolated = [one for one in at_rest if _is_isolated(one)]
    flat = [one for one in at_rest if not _is_isolated(one) and visits.within_reach(one.state[np.newaxis])[0]]
    if flat:
        ends = Rests(np.array([one.state for one in flat]), np.array([one.residual for one in flat]))
        starts = np.array([one.starts for one in flat])
        flat = _points(network, ends, *merged(ends, np.ones(len(flat), np.bool_), visits.vague, starts))
    rests = [*isolated, *flat]
    is_slow = visits.is_slow(found) & visits.within_reach(found.states)
    slow = _points(network, found, *merged(found, is_slow, visits.vague), is_slow=True)
    slow = [one for one in slow if all(np.abs(one.state - other.state).max() > visits.vague for other in rests)]
    return sorted([*rests, *slow], key=lambda one: (POINT_KINDS.index(one.kind), _growing(one), -one.starts))


def merged(
    found: Rests, which: Bools, apart: float, counts: npt.NDArray[np.int_] | None = None
) -> tuple[list[int], list[int]]:
    """The different points among the results: the index of the best result for each, and the number of results.

    Args:
        which: bool [results], the results to merge.
        apart: results are the same if no number differs by more than this.
        counts: the number of searches that each result stands for; 1 by default.
    """
    left = np.flatnonzero(which)
    left = left[np.argsort(found.residuals[left], kind="stable")]
    each = np.ones(len(found.states), int) if counts is None else counts
    indices, ended = [], []
    while left.size:
        same = np.abs(found.states[left] - found.states[left[0]]).max(axis=1) <= apart
        indices.append(int(left[0]))
        ended.append(int(each[left[same]].sum()))
        left = left[~same]
    return indices, ended


def _points(
    network: OneStep, found: Rests, indices: Sequence[int], starts: Sequence[int], is_slow: bool = False
) -> list[Point]:
    states = found.states[[*indices]]
    moved, jacobians = network.with_jacobian(states)
    residuals = np.abs(moved - states).max(axis=1, initial=0).tolist()
    eigenvalues = np.linalg.eigvals(jacobians).astype(np.complex128)
    ordered = np.take_along_axis(eigenvalues, np.argsort(-np.abs(eigenvalues), axis=1, kind="stable"), axis=1)
    kinds: list[PointKind] = ["slow" if is_slow else kind_of(values) for values in ordered]
    return [Point(*one) for one in zip(states, residuals, ordered, kinds, starts, strict=True)]


def _growing(point: Point) -> int:
    """The number of directions along which a disturbance grows."""
    return int((np.abs(point.eigenvalues) > 1 + MARGIN).sum())


def _is_isolated(point: Point) -> bool:
    """Whether no other states nearby are at rest: no eigenvalue is 1."""
    return bool(np.abs(point.eigenvalues - 1).min() > MARGIN)
