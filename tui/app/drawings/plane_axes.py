"""The axes of the state's plane: principal components that keep their place on the screen while the network trains."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from echornn.readings import StatePlane

Doubles = npt.NDArray[np.float64]

AXES = 3
"""The number of axes that are followed: two of them are shown."""

GLIDE = 2
"""How many times the axes before are multiplied by the covariance at each reading.

Each time they come closer to the principal components, faster where the variances differ more. So components that
change places turn slowly, and the others are reached at once.
"""

REACHED = 0.99
"""An axis is a principal component if the absolute cosine of the angle between them is at least this."""

ROUND_NUMBERS = (1, 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.6, 4, 4.5, 5, 5.6, 6.3, 7, 8, 9, 10)
LEAST_FILLED = 0.75
"""An end of an axis stays where it is as long as the states fill at least this share of it."""

MARGIN = 1.04
"""An axis reaches at least this many times as far as the outermost state."""

LEAST_REACH = 1e-6
"""Axes reach at least this far from the mean state."""

NOTHING = 1e-9
"""A direction whose length is below this after the others are taken away is no direction of its own."""


@dataclass(frozen=True, eq=False)
class PlaneAxes:
    """The axes of the plane, and how far each reaches.

    Attributes:
        part: the part of the network whose states are shown.
        directions: float64 [`AXES`, units], of length 1, or 0 where the part has no further direction.
        within: float64 [`AXES`, kept], the same directions in the coordinates of `StatePlane`.
        low, high: float64 [`AXES`], the coordinates at the ends of each axis, below and above 0, the mean state.
    """

    part: str
    directions: Doubles
    within: Doubles
    low: Doubles
    high: Doubles

    def name(self, axis: int) -> str:
        """The name of an axis, from 0: that of the component that it is, or of an axis that still turns."""
        is_reached = axis < self.within.shape[1] and abs(self.within[axis, axis]) >= REACHED
        return f"{'component' if is_reached else 'axis'} {axis + 1}"


def followed(plane: StatePlane, before: PlaneAxes | None, points: npt.NDArray[np.float32] | None = None) -> PlaneAxes:
    """The axes for these readings, as close to the axes of the readings before as the components allow.

    Args:
        before: the axes of the readings before; None for none: then the axes are the principal components, with their
            signs, so the same network always looks the same.
        points: float32 [points, kept], the coordinates of what is shown besides the states.
    """
    kept, units = plane.components.shape
    components = plane.components.astype(np.float64)
    known = before is not None and before.part == plane.part and before.directions.shape[1] == units
    wanted = np.zeros((0, kept))
    if known and before is not None and kept:
        sizes = plane.shares.astype(np.float64) / (float(plane.shares.max()) or 1.0)
        wanted = (before.directions @ components.T) * sizes**GLIDE
    within = _orthonormal(np.concatenate([wanted, np.eye(kept)]), keep=len(wanted))
    old = (before.low, before.high) if known and before is not None else np.zeros((2, AXES))
    along = MARGIN * _finite(plane, points) @ within.T
    low = -ends(-along.min(axis=0, initial=0.0), -old[0])
    return PlaneAxes(plane.part, within @ components, within, low, ends(along.max(axis=0, initial=0.0), old[1]))


def _orthonormal(rows: Doubles, keep: int) -> Doubles:
    """`AXES` orthonormal rows: each of the first ``keep``, without its part along those before it, then what is left of
    the others, the largest first; zero if nothing is left.
    """
    found = np.zeros((AXES, rows.shape[1]))
    rest = rows[keep:]
    for axis in range(AXES):
        candidates = np.concatenate([rows[axis : axis + 1][: max(0, keep - axis)], rest])
        for _ in range(2):  # the second time takes away what rounding has left
            candidates = candidates - (candidates @ found.T) @ found
        for candidate in candidates:
            length = float(np.linalg.norm(candidate))
            if length > NOTHING:
                found[axis] = candidate / length
                break
    return found


def _finite(plane: StatePlane, points: npt.NDArray[np.float32] | None) -> Doubles:
    """The coordinates of all states and points that are finite, float64 [states, kept]."""
    rows = plane.rows.reshape(-1, plane.rows.shape[-1])
    states = np.concatenate([plane.states, rows, *([] if points is None else [points])]).astype(np.float64)
    finite: Doubles = states[np.isfinite(states).all(axis=1)]
    return finite


def ends(farthest: Doubles, before: Doubles) -> Doubles:
    """The ends of axes: round numbers that are at least ``farthest``; those before where the states still fill them.

    Args:
        farthest, before: float64 [`AXES`], not negative.
    """
    kept = (before > 0) & (before * LEAST_FILLED <= farthest) & (farthest <= before)
    return np.where(kept, before, [_round_up(one) for one in farthest.tolist()])


def _round_up(farthest: float) -> float:
    """A round number that is at least this, and above zero."""
    farthest = max(farthest, LEAST_REACH)
    power = 10.0 ** math.floor(math.log10(farthest))
    return next((number * power for number in ROUND_NUMBERS if number * power >= farthest), 10 * power)
