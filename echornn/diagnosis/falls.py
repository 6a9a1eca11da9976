"""Finds the window before the largest fall of the loss, and the window before the echo was lost; the crosshair jumps to
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Curve
from echornn.progress import Floats

LEAST_SOUGHT = 200
"""The least number of windows before and after a fall that are examined one by one; fewer could not distinguish a fall
from noise.
"""

SLIGHT = 0.05
"""The share of a fall by which the loss may already be lower where the fall begins."""

FLAT = 0.02
"""The share of the steepest fall below which the loss counts as constant. A pause within a fall does not end the fall.
"""


CurveOf = Callable[[int, int, int | None], Curve]
"""A function that returns the curve, with a number of columns, from one window to another."""


def turning_points(curve_of: CurveOf, columns: int, first: int, last: int, loss_stats: LossStats) -> list[int]:
    """The last window before the loss fell, and the last window before the echo was lost, among windows ``first`` to
    ``last``.

    If the run solved the echo, only windows up to there are searched, because in a long run the fall is shorter than a
    column.
    """
    solved, lost = loss_stats.solved_at or 0, loss_stats.lost_at or 0
    fall = before_the_fall(curve_of, columns, first, solved if first < solved < last else last)
    found = set() if fall is None else {max(first, fall - 1)}
    return sorted(found | {window for window in (lost - 2,) if first <= window < last})


def before_the_fall(curve_of: CurveOf, columns: int, first: int, last: int) -> int | None:
    """The window at which the largest fall of the loss began, among windows ``first`` to ``last``.

    The search narrows the range around the beginning of the fall, until single windows are examined, or until the fall
    is too long for this. None if the loss did not fall.
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
    """The index at which the largest fall begins, and the index at which it is steepest; None if the loss never falls.

    The fall is steepest where the mean of some losses is lowest compared with the mean of equally many losses before
    them. The fall begins after the last earlier loss that is still high, averaged with the losses before it, up to a
    small part of the fall.

    Args:
        losses: float32 [windows or buckets]; everything from the first NaN or infinite loss on is ignored.
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
    while level > 1 and falls[level - 2] > FLAT * most:
        level -= 1
    above = float(means[max(0, level - reach) : level].mean())
    below = float(means[steepest : steepest + reach].mean())
    short = max(1, reach // 2)
    begin = min(len(means) - 1, steepest + short)
    while begin > level and means[max(0, begin - short) : begin].mean() < above - SLIGHT * (above - below):
        begin -= 1
    return begin, steepest
