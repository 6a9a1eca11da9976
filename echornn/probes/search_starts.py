"""The states at which the search for fixed points begins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn import seeding
from echornn.config import EchoConfig
from echornn.network.shapes import carried_size, weight_shapes
from echornn.probes.prepared import Prepared
from echornn.progress import Floats

MOST_STARTS, LEAST_STARTS = 256, 12

WORK = 2e9
"""The most multiplications of a step of all searches, with their Jacobians; large networks get fewer searches."""

NOISE = 0.5
"""The noise added to visited states, in standard deviations of each number over the visited states."""

Doubles = npt.NDArray[np.float64]


def starts_of(config: EchoConfig) -> int:
    """How many searches a network of this size gets, a multiple of four."""
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    return 4 * (int(min(MOST_STARTS, max(LEAST_STARTS, WORK / (4 * weights * carried_size(config))))) // 4)


def visited(prepared: Prepared) -> Floats:
    """The states visited on the probes' own data and in the newest window, float32 [states, carried]."""
    carried = carried_size(prepared.config)
    states = prepared.on_series.states.reshape(-1, carried)
    if prepared.window is not None:
        states = np.concatenate([states, prepared.on_window.states.reshape(-1, carried)])
    return states[np.isfinite(states).all(axis=1)]


def search_starts(config: EchoConfig, states: Floats) -> Doubles:
    """States to begin at, float64 [starts, carried]: a quarter each are visited states, have noise added, lie between
    two of them, where saddles are, and lie anywhere in a cube as large as the largest number of a state.
    """
    count, carried = starts_of(config) // 4, states.shape[1]
    rng = seeding.stream(config.seed, seeding.PROBES, count)
    drawn = states[rng.integers(0, len(states), (4, count))].astype(np.float64)
    noise = NOISE * states.std(axis=0, dtype=np.float64) * rng.standard_normal((count, carried))
    share = rng.random((count, 1))
    anywhere = np.abs(states).max() * rng.uniform(-1, 1, (count, carried))
    return np.concatenate([drawn[0], drawn[1] + noise, share * drawn[2] + (1 - share) * drawn[3], anywhere])
