"""Measures programs in turn, so that whatever else the machine does slows down all of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

TRIED = 20
"""Windows that are trained to compile a program, and again to see how long one takes."""

TURNS = 5
SECONDS_OF_A_TURN = 0.4


def least_times(programs: Mapping[str, Callable[[int], object]]) -> dict[str, float]:
    """The least processor time of a window in us, by program; each trains as many windows as it is
    asked for."""
    counts = {}
    for name, train in programs.items():
        train(TRIED)
        windows_a_second = 1e6 / microseconds(train, TRIED)
        counts[name] = max(TRIED, int(SECONDS_OF_A_TURN * windows_a_second))
    least = dict.fromkeys(programs, math.inf)
    for _ in range(TURNS):
        for name, train in programs.items():
            least[name] = min(least[name], microseconds(train, counts[name]))
    return least


def microseconds(train: Callable[[int], object], windows: int) -> float:
    """The processor time of one of so many windows."""
    begun = time.process_time_ns()
    train(windows)
    return (time.process_time_ns() - begun) / 1000 / windows
