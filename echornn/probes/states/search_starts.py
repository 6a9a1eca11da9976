"""The states at which searches for fixed points begin, and how many; no TensorFlow is needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes

MOST_STARTS, LEAST_STARTS = 384, 16

WORK = 1.5e9
"""The most operations in a step of all searches of the first round; large networks get fewer searches. The probe then
takes 0.05 to 2 seconds of one core, and up to 10 with more than 300 carried numbers, since `LEAST_STARTS` are made.
"""

LARGEST = 1e4
"""The largest number of a visited state that counts; in networks that diverge, states grow without limit."""

STEPS_TO_REST = 100
"""Steps after which a network has come near a stable point, unless an eigenvalue is nearly 1."""

NEAR_THE_ENDS = 0.3
"""The parameter of the Beta distribution of a start's place between two points: below 1, most are near an end."""

Doubles = npt.NDArray[np.float64]


def starts_of(config: EchoConfig) -> int:
    """How many searches begin in the first round for a network of this size, a multiple of 8."""
    weights, carried = sum(rows * columns for rows, columns in weight_shapes(config).values()), carried_size(config)
    of_a_search = 6 * weights * carried + 3 * carried**3  # the Jacobian, and the solution of a system
    return int(min(MOST_STARTS, max(LEAST_STARTS, WORK / of_a_search))) // 8 * 8


def first_starts(rng: np.random.Generator, states: Doubles, count: int, after: Callable[[Doubles], Doubles]) -> Doubles:
    """States at which the first searches begin, float64 [count, carried], from the visited states.

    An eighth are visited states, and an eighth are others after `STEPS_TO_REST` steps: searches may pass by a stable
    point to which the network itself goes. Five eighths are normal, with the mean and the covariance of the visited
    states: of all starts that were tried with 3-bit flip-flops, these lead most evenly to all 27 points. An eighth lie
    anywhere in a cube as large as the largest number of a visited state, or 1, for points that are never visited.

    Args:
        after: a step of the network.
    """
    eighth, carried = count // 8, states.shape[1]
    rested = states[rng.integers(0, len(states), eighth)]
    for _ in range(STEPS_TO_REST):
        rested = after(rested)
    rested = rested[(np.abs(rested) <= LARGEST).all(axis=1)]
    mean = states.mean(axis=0)
    shares, axes = np.linalg.eigh(np.cov(states, rowvar=False).reshape(carried, carried))
    normal = rng.standard_normal((5 * eighth, carried)) * np.sqrt(np.maximum(shares, 0))
    anywhere = max(1.0, np.abs(states).max()) * rng.uniform(-1, 1, (eighth, carried))
    return np.concatenate([states[rng.integers(0, len(states), eighth)], rested, mean + normal @ axes.T, anywhere])


def starts_between(rng: np.random.Generator, points: Doubles, count: int) -> Doubles:
    """States on lines between two points, float64 [count, carried]."""
    ends, share = points[rng.integers(0, len(points), (2, count))], rng.beta(NEAR_THE_ENDS, NEAR_THE_ENDS, (count, 1))
    return np.asarray(share * ends[0] + (1 - share) * ends[1])
