"""Finds where the loss fell most and where the echo was lost, for the crosshair."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Curve
from echornn.progress import Floats

LEAST_SOUGHT = 200
"""Windows to both sides of a fall that are looked at one by one: of fewer, a fall would be told from nothing."""

SLIGHT = 0.05
"""Share of the whole fall by which the loss may be down where the fall begins."""

STANDS = 0.02
"""Share of the steepest fall below which the loss still stands: a shelf half-way down is a part of the fall."""


CurveOf = Callable[[int, int, int | None], Curve]
"""The curve on so many columns, from a window up to another."""


def turning_points(curve_of: CurveOf, columns: int, first: int, last: int, loss_stats: LossStats) -> list[int]:
    """The last window before the loss fell, and the last before the echo was lost, of those from ``first`` to ``last``.

    Of a run that solved the echo the fall is sought up to there: on a long one it takes less than a column.
    """
    solved, lost = loss_stats.solved_at or 0, loss_stats.lost_at or 0
    fall = before_the_fall(curve_of, columns, first, solved if first < solved < last else last)
    found = set() if fall is None else {max(first, fall - 1)}
    return sorted(found | {window for window in (lost - 2,) if first <= window < last})


def before_the_fall(curve_of: CurveOf, columns: int, first: int, last: int) -> int | None:
    """The window with which the loss began to fall where it fell most, of those from ``first`` up to ``last``.

    It is sought in ever smaller parts, which hold the fall from its beginning, until it is known to the window or the
    fall is too long for that. None where nothing fell.
    """
    found = None
    while last > first:
        length = last - first
        curve = curve_of(length if length <= 4 * LEAST_SOUGHT else columns, first, last)
        fall = begin_of_the_fall(curve.mean)
        if fall is None:
            break
        begin, steepest = (int(curve.starts[bucket]) for bucket in fall)
        found, reach = begin, max(4 * curve.width, LEAST_SOUGHT)
        if curve.width == 1:
            break
        first, last = max(first, min(begin - LEAST_SOUGHT // 2, steepest - reach)), min(last, steepest + reach)
        if last - first > length * 3 // 4:
            break
    return found


def begin_of_the_fall(losses: Floats) -> tuple[int, int] | None:
    """Where the greatest fall begins, and where it is steepest; None where nothing falls.

    It is steepest where the mean over some losses falls by most below that of as many before. From there back, it
    begins after the last of them whose mean with those before it is still up, but for a slight part of the fall.

    Args:
        losses: float32 [windows or buckets]; what follows one that is not finite is left out.
    """
    means = losses.astype(np.float64)
    means = means[: next((index for index, one in enumerate(means) if not math.isfinite(one)), len(means))]
    if len(means) < 3:
        return None
    reach = max(1, len(means) // 20)
    falls = [
        float(means[max(0, index - reach) : index].mean() - means[index : index + reach].mean())
        for index in range(1, len(means))
    ]
    steepest = 1 + int(np.argmax(falls))
    most = falls[steepest - 1]
    if most <= 0:
        return None
    level = steepest
    while level > 1 and falls[level - 2] > STANDS * most:
        level -= 1
    above = float(means[max(0, level - reach) : level].mean())
    below = float(means[steepest : steepest + reach].mean())
    short = max(1, reach // 2)
    begin = min(len(means) - 1, steepest + short)
    while begin > level and means[max(0, begin - short) : begin].mean() < above - SLIGHT * (above - below):
        begin -= 1
    return begin, steepest
