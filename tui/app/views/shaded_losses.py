"""Losses over windows as shaded blocks: the more of its cell a block fills, the nearer the loss is to guessing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats
from tui.app.views.paint import Characters

SHADES, ASCII_SHADES = "·░▒▓█", ".:+*#"
"""From solved to chance."""

EDGES = (0.07, 0.3, 0.6, 0.9)
"""Shares of the loss of guessing from which on each block after the first stands; below the first edge it is solved."""

DIVERGED = "!"


def shaded(losses: Floats, chance: float, ascii_only: bool = False) -> Characters:
    """A block for each loss; what is no finite number has diverged.

    Args:
        losses: float32 [...], nats.
        chance: the loss of guessing, nats, above 0.

    Returns:
        str [...], one column wide each.
    """
    ramp = np.array([*(ASCII_SHADES if ascii_only else SHADES), DIVERGED])
    finite = np.isfinite(losses)
    level = np.digitize(np.where(finite, losses, 0) / chance, EDGES)
    blocks: Characters = ramp[np.where(finite, level, len(ramp) - 1)]
    return blocks


def buckets_by_column(
    first: int, last: int, buckets: int, length: int, columns: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which bucket each column of an axis shows, and the window in its middle.

    Args:
        first, last: the windows that the buckets cover, evenly; ``first`` is the axis' first.
        buckets: how many.
        length: windows along the axis.

    Returns:
        int64 [shown] twice, of the columns from the left that lie before ``last``; windows count from 0.
    """
    middles = first + ((np.arange(columns) + 0.5) / columns * length).astype(np.int64)
    middles = middles[middles < last]
    return np.minimum((middles - first) * buckets // max(1, last - first), buckets - 1), middles
