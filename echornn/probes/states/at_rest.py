"""Searches for states at rest: solves F(s) = s from many starts at once, by damped Newton steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

MOST_STEPS = 50
"""The most steps of a search."""

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1.0, 1e-6, 1e12
"""The damping at the beginning, and its limits; a search ends if even the most damped step leads to no better state."""

EASED, RAISED = 0.1, 8.0
"""The factors of the damping after a step that was taken, and after one that was not."""

LITTLE = 0.1
"""At a point at rest, a search ends with the first step that leaves more than this of the residual. There a Newton step
leaves hardly any, except where gates shut further and further: then the state comes to rest everywhere.
"""


class Rests(NamedTuple):
    """Where the searches ended, one row for each start."""

    states: Doubles
    """float64 [starts, carried]."""
    residuals: Doubles
    """The largest absolute value in F(s) - s, float64 [starts]."""


def search(
    after: Callable[[Doubles], Doubles],
    with_jacobian: Callable[[Doubles], tuple[Doubles, Doubles]],
    starts: Doubles,
    enough: float,
) -> Rests:
    """Search from each start for a state with F(s) = s; saddles and unstable points are found as well as stable ones.

    Each step is one of Levenberg and Marquardt: it solves (A'A + m I) d = -A'r, where r = F(s) - s and A = dF/ds - I.
    With m proportional to |r|^2, it becomes Newton's step near a point at rest, so that the error is squared at each
    step, also where points lie on a line (Yamashita and Fukushima 2001). Far away it goes down the slope of |r|.

    Args:
        after: F, of states float64 [rows, carried].
        with_jacobian: F and its derivatives, [rows, after, before].
        starts: float64 [starts, carried].
        enough: a search is finished if no number of r is larger than this, and a further step hardly improves it.
    """
    states = starts.copy()
    damping = np.full(len(states), FIRST_DAMPING)
    moved, jacobians = with_jacobian(states)
    r, a = moved - states, jacobians - np.eye(states.shape[1])
    active = np.flatnonzero(np.isfinite(a).all(axis=(1, 2)) & np.isfinite(r).all(axis=1))
    for _ in range(MOST_STEPS):
        if not active.size:
            break
        at_r, at_a = r[active], a[active]
        square = (at_r**2).sum(axis=1)
        slope = np.einsum("nij,ni->nj", at_a, at_r)
        shifted = np.matmul(at_a.transpose(0, 2, 1), at_a)
        diagonal = np.einsum("nii->ni", shifted)
        diagonal += (damping[active] * square + 1e-300)[:, np.newaxis]
        ahead = states[active] - _solved(shifted, slope)
        ahead_r = after(ahead) - ahead
        better = (ahead_r**2).sum(axis=1) < square
        improves = (ahead_r**2).sum(axis=1) < LITTLE**2 * square
        finished = (np.abs(at_r).max(axis=1) <= enough) & ~improves | (damping[active] >= MOST_DAMPING)
        taken = active[better]
        states[taken] = ahead[better]
        damping[active] = np.where(better, np.maximum(damping[active] * EASED, LEAST_DAMPING), damping[active] * RAISED)
        if taken.size:
            moved, jacobians = with_jacobian(states[taken])
            r[taken], a[taken] = moved - states[taken], jacobians - np.eye(states.shape[1])
        active = active[~finished]
    return Rests(states, np.abs(r).max(axis=1))


def _solved(matrices: Doubles, vectors: Doubles) -> Doubles:
    """The solutions of many systems; 0 for those that have none."""
    try:
        return np.asarray(np.linalg.solve(matrices, vectors[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:  # one of them is singular
        return np.stack([_solution(*one) for one in zip(matrices, vectors, strict=True)])


def _solution(matrix: Doubles, vector: Doubles) -> Doubles:
    return np.asarray(np.linalg.lstsq(matrix, vector)[0])
