"""Reliance: the share of predictions that change if only the input at one lag is changed, for each lag."""

from __future__ import annotations

import numpy as np

from echornn.probes.flipping import flip_each
from echornn.probes.prepared import Prepared
from echornn.probes.series import draw, flip_sizes_for
from echornn.readings import Reliance


def reliance(prepared: Prepared) -> Reliance:
    """The reading, from the last steps of each row of the probes' own data, which have inputs at all lags."""
    sizes = flip_sizes_for(prepared.config)
    x = draw(prepared.config, sizes.steps, sizes.rows)
    moved, turned = flip_each(prepared.config, prepared.weights, x, prepared.first_state(sizes.rows))
    targets = np.arange(sizes.steps - sizes.targets, sizes.steps)
    sources = targets[:, np.newaxis] - np.arange(sizes.lags)
    of_targets = np.s_[:, targets[:, np.newaxis], sources]
    by_lag = (0, 1)
    return Reliance(
        turned[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        moved[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        samples=len(targets) * sizes.rows,
    )
