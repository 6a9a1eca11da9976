"""Measures what a run with thousands of edits costs the screen: ``python -m tests.benchmarks.many_edits``.

For paths of different numbers of edits it prints the best time in milliseconds of each request to the timeline that a
frame makes, and the ratio to a path of ten edits. Only the curve may grow, with the edits that it shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from echornn.config import EchoConfig
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow

EDITS = (10, 100, 1000, 5000)
WINDOWS = 20
TRIES = 7


def edited(edits: int) -> Timeline:
    """A run with ``edits`` changes of the learning rate, `WINDOWS` windows apart."""
    timeline, base = Timeline(), EchoConfig()
    grow(timeline, branch_off(timeline, base), [0.5] * WINDOWS)
    for number in range(edits):
        config = replace(base, learning_rate=0.1 + number % 7 * 0.01)
        grow(timeline, branch_off(timeline, config, "edit", (number, WINDOWS * (number + 1))), [0.5] * WINDOWS)
    return timeline


def milliseconds(work: Callable[[], object]) -> float:
    """The shortest time of several repeats."""
    best = float("inf")
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best * 1e3


def measured(edits: int) -> dict[str, float]:
    """The times for a path of ``edits`` edits, by request."""
    timeline = edited(edits)
    end = timeline.end(edits)
    before = Position(edits, end.window - WINDOWS // 2)
    return {
        "curve": milliseconds(lambda: timeline.curve(edits, 100)),
        "curve, zoomed": milliseconds(lambda: timeline.curve(edits, 100, end.window - 200)),
        "evidence in the past": milliseconds(lambda: timeline.loss_stats(before)),
        "newest losses": milliseconds(lambda: timeline.losses(end, end.window - 50)),
        "bad since": milliseconds(lambda: timeline.bad_since(end)),
    }


if __name__ == "__main__":
    first: dict[str, float] = {}
    for count in EDITS:
        found = measured(count)
        first = first or found
        print(
            f"{count:>5} edits  " + "  ".join(f"{name} {ms:.2f} ({ms / first[name]:.1f})" for name, ms in found.items())
        )
