"""The losses of some replicas along the axis of windows, one row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from echornn.history.pyramid_level import Windows
from echornn.progress import Floats
from echornn.session.pictures.window_axis import WindowAxis

Shades = Callable[[Sequence[int], int, int, int], Floats]
"""(replicas, columns, first window, window after the last) -> float32 [replicas, columns], with fewer columns if there
are fewer windows; like `Timeline.shades`.
"""


@dataclass(frozen=True, eq=False)
class SeedLosses:
    """Mean losses of some replicas in the columns of an axis, as far as windows are trained.

    Attributes:
        replicas: the indices of the replicas, in the order of the rows.
        losses: float32 [replicas, shown], in nats: the columns that begin before the last trained window.
        windows: int64 [shown], the middle window of each column, from 0.
    """

    replicas: tuple[int, ...]
    losses: Floats
    windows: Windows


def seed_losses(replicas: Sequence[int], shades_of: Shades, axis: WindowAxis, columns: int) -> SeedLosses:
    """The losses in each column of an axis. Later windows do not change columns that are complete.

    Args:
        shades_of: computes mean losses; see `Shades`.
        columns: the columns of the axis, at least 1.
    """
    first, last, length = axis
    windows = first + ((np.arange(columns) + 0.5) / columns * length).astype(np.int64)
    if length <= columns:
        windows = windows[windows < last]
        return SeedLosses(tuple(replicas), shades_of(replicas, last - first, first, last)[:, windows - first], windows)
    whole = (last - first) * columns // length
    end = first + whole * length // columns
    parts = [shades_of(replicas, whole, first, end)]
    if end < last:
        parts.append(shades_of(replicas, 1, end, last))
    losses = np.concatenate(parts, axis=1)
    return SeedLosses(tuple(replicas), losses, windows[: losses.shape[1]])
