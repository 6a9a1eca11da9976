"""Quantiles of the losses of many networks."""

from __future__ import annotations

import math

import numpy as np

from echornn.progress import Floats


def quantiles(losses: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles over the last axis, linearly interpolated; NaN counts as infinite.

    Args:
        losses: float32 [n, replicas].
        shares: the shares of networks below each quantile, 0 to 1.

    Returns:
        float32 [shares, n].
    """
    ordered = np.sort(np.where(np.isnan(losses), np.float32(np.inf), losses), axis=-1)
    found = []
    for share in shares:
        place = share * (losses.shape[-1] - 1)
        below, part = int(place), np.float32(place - int(place))
        lower = ordered[:, below]
        found.append(lower * (1 - part) + ordered[:, below + 1] * part if part else lower)
    return np.stack(found)


def median_mean(losses: Floats) -> float:
    """The median of the networks' mean losses, from float32 [n, replicas], with NaN counted as infinite; for one
    network, its mean loss. NaN without windows.
    """
    if not len(losses):
        return math.nan
    means = losses.mean(axis=0, dtype=np.float64)
    return float(means[0] if len(means) == 1 else quantiles(means[np.newaxis].astype(np.float32), (0.5,))[0, 0])
