"""The axis of windows: where it begins, and how long it is."""

from __future__ import annotations

import math
from typing import NamedTuple

from echornn.session.pictures.queries import Span


class WindowAxis(NamedTuple):
    """The first window shown, the window after the last, and the number of windows for which the axis has space."""

    first: int
    last: int
    length: int

    @classmethod
    def of(cls, span: Span, trained: int, longest: int) -> WindowAxis:
        """The axis for a line of ``trained`` windows. If all are shown, it fits the longest curve."""
        first, last = span.limits(trained)
        if span.windows is None:
            return cls(first, last, int(axis_end(max(last - first, longest))))
        return cls(first, last, max(span.windows, last - first))


def axis_end(windows: int) -> float:
    """The length of the axis of windows: a round number that grows in steps, so that the curve need not be drawn anew
    in every frame.
    """
    if windows <= 100:
        return 100.0
    power = 10.0 ** math.floor(math.log10(windows))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8, 10) if step * power >= windows)
