"""Measures what ghosts (other branches under the curve) cost: seconds to draw the curve with and without them.

`python -m tests.benchmarks.redraw_with_ghosts [windows of each branch]`: with 8 unchanged and 8 new ghosts, at 120x40.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.look import MOST_GHOSTS, look
from echornn.session.pictures.picture import Picture, Query
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from tests.trees import grow
from tui.views.canvas import Cells
from tui.views.plot import LossPlot

WINDOWS, FRAMES, WIDTH, HEIGHT = 100_000, 30, 118, 20


def timed(frame: Callable[[int], None]) -> float:
    """The median time of a frame in seconds."""
    seconds = []
    for number in range(FRAMES):
        begun = time.perf_counter()
        frame(number)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def main() -> None:
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else WINDOWS
    config = EchoConfig(num_epochs=10**6)
    timeline, noise = Timeline(), np.random.default_rng(0)
    for number in range(MOST_GHOSTS + 1):
        start = Position(0, 0) if number else None
        timeline.begin(Branch(number, "redraw" if number else "start", start, start, 0, 0, 0, number, config))
        losses = noise.gamma(2, 0.1, windows).astype(np.float32)
        grow(timeline, number, losses, np.minimum(losses, 1))
    line = MOST_GHOSTS

    def plot_of() -> LossPlot:
        return LossPlot(Picture(Frame(State.RUNNING, config)))

    def draw(plot: LossPlot, here: int, count: int) -> None:
        frame = Frame(State.RUNNING, config, trained=here, line=line, line_end=here)
        query = Query(columns=plot.columns_on(WIDTH), ghosts=count)
        plot._picture = look(query, frame, timeline, plot._picture)
        plot.draw(Cells(WIDTH, HEIGHT))

    kept = plot_of()
    draw(kept, windows, MOST_GHOSTS)
    alone = timed(lambda number: draw(kept, windows - FRAMES + number, 0))
    draw(kept, windows, MOST_GHOSTS)
    staying = timed(lambda number: draw(kept, windows - FRAMES + number, MOST_GHOSTS))
    anew = timed(lambda _: draw(plot_of(), windows, MOST_GHOSTS))
    print(f"{windows:,} windows a branch, {MOST_GHOSTS} ghosts, {WIDTH}x{HEIGHT} cells, medians of {FRAMES} frames")
    print(
        f"the curve alone {alone * 1e3:.1f} ms; with ghosts that stay {staying * 1e3:.1f} ms ({staying / alone:.2f});"
    )
    print(f"with ghosts drawn for the first time {anew * 1e3:.1f} ms ({anew / alone:.2f})")


if __name__ == "__main__":
    main()
