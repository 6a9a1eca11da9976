"""The axis of windows: where it begins, and how long it is."""

from __future__ import annotations

import math
from typing import NamedTuple

from echornn.session.queries import Span


class WindowAxis(NamedTuple):
    """The first window shown, the one after the last, and how many the axis has room for."""

    first: int
    last: int
    length: int

    @classmethod
    def of(cls, span: Span, trained: int, longest: int) -> WindowAxis:
        """The axis of a line of so many windows: as long as the longest curve on it, where all windows are shown."""
        first, last = span.limits(trained)
        if span.windows is None:
            return cls(first, last, int(axis_end(max(last - first, longest))))
        return cls(first, last, max(span.windows, last - first))


def axis_end(windows: int) -> float:
    """Length of the window axis: a round number that grows in steps, so that the curve need not be squeezed anew
    at every frame."""
    if windows <= 100:
        return 100.0
    power = 10.0 ** math.floor(math.log10(windows))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8, 10) if step * power >= windows)
