"""The windows worth going back to: where the loss began to fall, and where the task was lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Curve, Numbers
from echornn.progress import Floats

# Chosen by eye, and so that in the tutorial's run the fall begins where its plateau ends:

# Windows before and after a fall that are examined one by one; fewer could be noise
LEAST_SOUGHT = 200
SLIGHT = 0.05  # the share of a fall by which the loss may already be lower where it begins
FLAT = 0.02  # the share of the steepest fall below which the loss counts as constant
REACH = 20  # the part of a curve whose mean is compared with that of as much before
ALL_SOUGHT = 4 * LEAST_SOUGHT  # a range of at most so many windows is examined one by one
BUCKETS_AROUND = 4  # of the steepest fall, on either side, that are examined again
# The share of a range that may be left to examine; where more is, the fall is too long for more
MOST_LEFT = 0.75

# With a number of columns, from one window to another
CurveOf = Callable[[int, int, int | None], Curve]


def turning_points(
    curve_of: CurveOf, columns: int, first: int, last: int, loss_stats: LossStats
) -> list[int]:
    """The last window before the loss fell (until the task was solved), and the last before the
    task was lost."""
    points = set[int]()
    solved, lost = loss_stats.solved_at or 0, loss_stats.lost_at or 0
    is_solved_there = first < solved < last
    fall = before_the_fall(curve_of, columns, first, solved if is_solved_there else last)
    if fall is not None:
        points.add(max(first, fall - 1))
    before_lost = lost - 2  # `lost_at` is from 1, a point from 0
    if first <= before_lost < last:
        points.add(before_lost)
    return sorted(points)


def before_the_fall(curve_of: CurveOf, columns: int, first: int, last: int) -> int | None:
    """The window at which the largest fall of the loss began, among windows ``first`` to ``last``;
    None if it did not fall. The range around it is narrowed until single windows are examined, or
    the fall is too long for this.
    """
    found = None
    while last > first:
        length = last - first
        if length <= ALL_SOUGHT:
            columns = length
        curve = curve_of(columns, first, last)
        fall = begin_of_the_fall(curve.mean)
        if fall is None:
            return found
        begin, steepest = (int(curve.starts[bucket]) for bucket in fall)
        found = begin
        if curve.width == 1:
            return found
        reach = max(BUCKETS_AROUND * curve.width, LEAST_SOUGHT)
        first = max(first, min(begin - LEAST_SOUGHT // 2, steepest - reach))
        last = min(last, steepest + reach)
        if last - first > MOST_LEFT * length:
            return found
    return found


def begin_of_the_fall(losses: Floats) -> tuple[int, int] | None:
    """The index at which the largest fall begins, and the index at which it is steepest; None if
    the loss never falls.

    It is steepest where the mean of some losses is lowest compared with that of equally many
    before, and begins after the last earlier mean that is still high. Everything from the first NaN
    or infinite loss on is ignored.
    """
    finite = int(np.argmin(np.append(np.isfinite(losses), False)))
    means = losses[:finite].astype(np.float64)
    if finite < 3:
        return None
    reach = max(1, finite // REACH)
    falls = [
        _mean_before(means, index, reach) - float(means[index : index + reach].mean())
        for index in range(1, finite)
    ]
    steepest = 1 + int(np.argmax(falls))
    most = falls[steepest - 1]
    if most <= 0:
        return None

    plateau_end = steepest  # behind the last index at which the loss still was constant
    while plateau_end > 1 and falls[plateau_end - 2] > FLAT * most:
        plateau_end -= 1
    above = _mean_before(means, plateau_end, reach)
    below = float(means[steepest : steepest + reach].mean())

    short = max(1, reach // 2)
    begin = min(finite - 1, steepest + short)
    limit = above - SLIGHT * (above - below)
    while begin > plateau_end and _mean_before(means, begin, short) < limit:
        begin -= 1
    return begin, steepest


def _mean_before(means: Numbers, index: int, reach: int) -> float:
    return float(means[max(0, index - reach) : index].mean())
