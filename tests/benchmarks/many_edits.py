"""What a run of thousands of edits costs the screen: ``python -m tests.benchmarks.many_edits``.

Prints milliseconds, the best of several, of what is asked of a timeline for each frame, at the end of a path of so many
edits, and how many times as long each takes as on a path of ten. The curve grows only with the edits that it shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from echornn.config import EchoConfig
from echornn.timeline.branch import Moment
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow

EDITS = (10, 100, 1000, 5000)
WINDOWS = 20
TRIES = 7


def edited(edits: int) -> Timeline:
    """A run in which the rate was changed so often, each time after `WINDOWS` windows."""
    timeline, base = Timeline(), EchoConfig()
    grow(timeline, branch_off(timeline, base), [0.5] * WINDOWS)
    for number in range(edits):
        config = replace(base, learning_rate=0.1 + number % 7 * 0.01)
        grow(timeline, branch_off(timeline, config, "edit", (number, WINDOWS * (number + 1))), [0.5] * WINDOWS)
    return timeline


def milliseconds(work: Callable[[], object]) -> float:
    """The shortest time that it took."""
    best = float("inf")
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best * 1e3


def measured(edits: int) -> dict[str, float]:
    """What a path of so many edits costs."""
    timeline = edited(edits)
    end = timeline.end(edits)
    before = Moment(edits, end.window - WINDOWS // 2)
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
