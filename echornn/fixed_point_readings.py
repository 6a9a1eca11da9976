"""The fixed points of a network under a constant input: plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from echornn.progress import Counts, Floats

PointKind = Literal["stable", "marginal", "saddle", "unstable", "slow"]
"""What happens to a small disturbance of a state at rest; `FixedPoints` defines the kinds."""

POINT_KINDS: tuple[PointKind, ...] = get_args(PointKind)

MARGIN = 1e-3
"""An eigenvalue whose absolute value differs from 1 by less than this counts as 1: a disturbance along it needs a
thousand steps or more to shrink or grow e-fold.
"""

RESTING = 1e-9
"""A state is at rest if no number of it moves by more than this in a step, times the largest number of the visited
states or 1; computed in float64.
"""

MOST_CARRIED = 1024
"""The most carried numbers of a network whose fixed points are searched for; beyond, it would take minutes."""


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """States that the network does not leave while the same input comes at every step (Sussillo and Barak 2013).

    F is a step of the network under the constant input, without dropout and in float64; at a fixed point s, F(s) = s.
    The search begins at many states, and can miss points. The points are sorted by kind, then by the number of
    eigenvalues above 1, then by `starts`. Of a line or a region at rest, some points are listed.

    The Jacobian dF/ds tells what happens to a small disturbance: along an eigenvector it is multiplied by the
    eigenvalue in each step. An absolute value closer to 1 than `MARGIN` counts as 1. If relu is exactly at its kink,
    the Jacobian is that of the side where it is 0.

    Attributes:
        states: the points, float64 [points, carried]: h of each layer, and what the cell carries besides.
        residuals: float32 [points], the largest absolute value in F(s) - s, with s and F in float64.
        eigenvalues: complex64 [points, carried], those of the Jacobian, the largest absolute value first.
        kinds: for each point:

            - stable: all absolute values are below 1, so small disturbances vanish.
            - marginal: none is above 1 and some count as 1: the Jacobian alone does not decide.
            - saddle: some are above 1 and some are not: a disturbance can vanish first, then grow.
            - unstable: all are above 1.
            - slow: no fixed point: the state moves, but hardly, and less than around it.

        starts: int32 [points], the number of searches that ended at the point.
        outputs: float32 [points, outputs], what the network predicts there: probabilities of symbols, or numbers.
        held: float32 [input], the constant input as it enters the cell.
        searches: the number of states at which the search began.
    """

    states: npt.NDArray[np.float64]
    residuals: Floats
    eigenvalues: npt.NDArray[np.complex64]
    kinds: tuple[PointKind, ...]
    starts: Counts
    outputs: Floats
    held: Floats
    searches: int = 0

    def count(self, kind: PointKind) -> int:
        """The number of points of a kind."""
        return self.kinds.count(kind)


def kind_of(eigenvalues: npt.NDArray[np.complex128]) -> PointKind:
    """The kind of a fixed point, from the eigenvalues of the Jacobian."""
    sizes = np.abs(eigenvalues)
    grows, vanishes = sizes > 1 + MARGIN, sizes < 1 - MARGIN
    if grows.any():
        return "unstable" if grows.all() else "saddle"
    return "stable" if vanishes.all() else "marginal"
