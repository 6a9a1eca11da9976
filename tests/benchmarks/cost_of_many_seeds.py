"""Measures what the losses of many networks cost: to pack and store, relative to a microsecond of training per network
and window; to draw, for several lengths of a run; and to redraw the whole curve, relative to that of one network.

`python -m tests.benchmarks.cost_of_many_seeds [replicas ...]`: by default 64 and 4096; about a minute and 1 GB. Times
are processor times, so that other programs on the machine do not count.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from echornn.config import EchoConfig
from echornn.history.curve import Piece, band_of, curve_of, shades_of
from echornn.history.pyramid import LossHistory
from echornn.history.windows import kept
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import NO_BAND, Picture, Query, Span, WindowAxis
from tui.views.canvas import Cells
from tui.views.plot import LossPlot

LENGTHS = (10**3, 10**5, 10**6)
AT_ONCE = 1 << 17
"""Losses in a piece; a population of 64 produces this many in about 0.1 s."""

MOST_LOSSES = 1 << 29
"""The most losses of a run that is measured."""

WIDTH, HEIGHT, LINES = 118, 20, 40
REPEATS = 30


def milliseconds(draw: Callable[[], object]) -> float:
    """The median time of several repeats."""
    taken = []
    for _ in range(REPEATS):
        begun = time.thread_time()
        draw()
        taken.append(time.thread_time() - begun)
    return 1e3 * statistics.median(taken)


def measured(replicas: int) -> None:
    config, dice = EchoConfig(replicas=replicas), np.random.default_rng(0)
    history, windows = LossHistory(config), AT_ONCE // replicas
    losses = dice.uniform(0, 0.7, (windows, replicas)).astype(np.float32)
    errors = dice.integers(0, 75, (windows, replicas)).astype(np.int32)
    solved_at = dice.integers(0, LENGTHS[-1], replicas)
    for length in LENGTHS:
        if length * replicas > MOST_LOSSES:
            break
        begun, before = time.thread_time(), len(history)
        while len(history) < length:
            history.add(kept(losses, errors, config), solved_at)
        seconds = (time.thread_time() - begun) / ((len(history) - before) * replicas)
        end = len(history)
        pieces, whole = [Piece(partial(history.of_one, 7), 0, end)], [Piece(history.of_all, 0, end)]
        rows = [Piece(partial(history.of_some, np.arange(LINES)), 0, end)]
        shown: dict[str, Callable[[], object]] = {
            "band": partial(band_of, whole, 2 * WIDTH, 0, end),
            "one": partial(curve_of, pieces, 2 * WIDTH, 0, end),
            f"shades of {LINES}": partial(shades_of, rows, LINES, WIDTH, 0, end),
            "curve redrawn": redraw(end, pieces, whole),
            "of one alone": redraw(end, pieces),
        }
        told = ", ".join(f"{name} {milliseconds(draw):.2f}" for name, draw in shown.items())
        cost = f"kept in {seconds * 1e9:.0f} ns, {seconds / 1e-6:.1%} of a us"
        print(f"{replicas:,} x {end:,}: {cost}; ms: {told}", flush=True)


def redraw(end: int, pieces: Sequence[Piece], whole: Sequence[Piece] = ()) -> Callable[[], object]:
    """Returns a function that draws the curve of one network, and of all replicas if there are several."""
    frame = Frame(State.RUNNING, EchoConfig(), trained=end, line_end=end)
    plot = LossPlot(Picture(frame))
    query, axis = Query(columns=plot.columns_on(WIDTH)), WindowAxis.of(Span(), end, 0)

    def draw() -> None:
        curve = curve_of(pieces, query.columns, 0, end)
        band = band_of(whole, query.columns, 0, end) if whole else NO_BAND
        plot._picture = Picture(frame, query, axis, curve, band)
        plot.draw(Cells(WIDTH, HEIGHT))

    return draw


def main() -> None:
    for replicas in [int(text) for text in sys.argv[1:]] or [64, 4096]:
        measured(replicas)


if __name__ == "__main__":
    main()
