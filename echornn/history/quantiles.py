"""Quantiles of the losses of many networks."""

from __future__ import annotations

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
