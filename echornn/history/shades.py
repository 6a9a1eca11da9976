"""The mean losses of several replicas, in columns of equal width and one row per replica."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echornn.history.curve import HistoryPiece, width_of, within
from echornn.history.loss_history import LossHistory
from echornn.progress import Floats


def shades_of(
    pieces: Sequence[HistoryPiece[LossHistory]], replicas: Sequence[int], columns: int, first: int, last: int
) -> Floats:
    """The mean losses of these replicas from window ``first`` to ``last``, in columns of equal width.

    Returns:
        float32 [replicas, columns], with fewer columns if there are fewer windows. NaN if a loss is NaN, if only one
        network was trained there, or if there is no such replica.
    """
    columns = max(0, min(columns, last - first))
    shades = np.full((len(replicas), columns), np.nan, np.float32)
    if not columns:
        return shades
    cuts = first + np.arange(columns + 1) * (last - first) // columns
    width = max(1, width_of(columns, last - first) // 2)
    for piece, begin, end in within(pieces, first, last):
        if piece.history.replicas == 1:
            continue
        known = np.array([at for at, one in enumerate(replicas) if one < piece.history.replicas], np.int64)
        which = np.array(replicas, np.int64)[known]
        edges, buckets = piece.history.each(which, width, begin - piece.offset, end - piece.offset)
        starts, ends = edges + piece.offset
        inside = np.flatnonzero((cuts[1:] > begin) & (cuts[:-1] < end))
        at = np.clip(np.searchsorted(ends, cuts[inside], side="right"), 0, len(ends) - 1)
        counts = np.add.reduceat(ends - starts, at)[:, np.newaxis]
        with np.errstate(over="ignore"):  # a sum beyond the range of the stored type is infinite
            sums = np.add.reduceat(buckets[2], at, axis=0)
        shades[np.ix_(known, inside)] = (sums / counts).T
    return shades
