"""Reliance: the share of predictions that change if only the input at one lag is changed, for each lag."""

from __future__ import annotations

import numpy as np

from echornn.probes.changed_inputs.flipping import flip_each
from echornn.probes.prepared import Prepared
from echornn.probes.series import MOST_LAGS, flip_sizes_for, steps_read_of
from echornn.probes.task_data import draw, draw_trials
from echornn.readings import Reliance


def reliance(prepared: Prepared) -> Reliance:
    """The reading, from the last steps of each row of the probes' own data, which have inputs at all lags."""
    sizes = flip_sizes_for(prepared.config)
    if prepared.config.is_stream:
        x, read, lags = draw(prepared.config, sizes.steps, sizes.rows), sizes.targets, sizes.lags
    else:
        (x, _, _), read = draw_trials(prepared.config, sizes.rows, steps_read_of(prepared.config))
        lags = min(MOST_LAGS, len(x) - read + 1)
    moved, turned = flip_each(prepared.config, prepared.weights, x, prepared.first_state(sizes.rows))
    targets = np.arange(len(x) - read, len(x))
    sources = targets[:, np.newaxis] - np.arange(lags)
    of_targets = np.s_[:, targets[:, np.newaxis], sources]
    by_lag = (0, 1)
    return Reliance(
        turned[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        moved[of_targets].mean(axis=by_lag, dtype=np.float64).astype(np.float32),
        samples=len(targets) * sizes.rows,
    )
