"""Draws losses as shaded blocks: the fuller a block, the nearer the loss is to chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats
from tui.kit.paint import Characters

SHADES, ASCII_SHADES = "·░▒▓█", ".:+*#"
"""From solved to chance."""

EDGES = (0.07, 0.3, 0.6, 0.9)
"""Shares of the loss of guessing from which on each block after the first stands; below the first edge it is solved."""

DIVERGED = "!"

Shades = Callable[[Sequence[int], int, int, int], Floats]
"""(replicas, columns, first window, the one after the last) -> float32 [replicas, columns], or as many as there are
windows, where those are fewer; as `Picture.shades`."""


def shaded(losses: Floats, chance: float, ascii_only: bool = False) -> Characters:
    """A block for each loss; what is not finite has diverged.

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


def shades_in_words(ascii_only: bool = False) -> str:
    """Which block is what."""
    blocks = ASCII_SHADES if ascii_only else SHADES
    return f"{blocks[-1]} chance {blocks[-2:0:-1]} {blocks[0]} solved"


def losses_by_column(
    replicas: Sequence[int], shades_of: Shades, first: int, last: int, length: int, columns: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The mean losses in each column of an axis; a column keeps what it shows while more is trained behind it.

    Args:
        shades_of: see `Shades`.
        first, last: the windows to show; ``first`` is the axis' first.
        length: windows along the axis.
        columns: of it, at least one.

    Returns:
        float32 [replicas, shown], of the columns from the left that begin before ``last``; int64 [shown], the window in
        the middle of each, from 0.
    """
    windows = first + ((np.arange(columns) + 0.5) / columns * length).astype(np.int64)
    if length <= columns:
        windows = windows[windows < last]
        return shades_of(replicas, last - first, first, last)[:, windows - first], windows
    whole = (last - first) * columns // length
    end = first + whole * length // columns
    parts = [shades_of(replicas, whole, first, end)]
    if end < last:
        parts.append(shades_of(replicas, 1, end, last))
    losses = np.concatenate(parts, axis=1)
    return losses, windows[: losses.shape[1]]
