"""The loss of the whole run as a curve: the only place that knows plotext."""

from __future__ import annotations

import math

import numpy as np
from textual_plotext import PlotextPlot

from echornn.history import Curve

AXIS_WIDTH = 8
DOTS_PER_COLUMN = 2
STARTS_SHOWN = 12


class LossPlot(PlotextPlot):
    """Draws each bucket of the curve from its smallest to its largest loss, so that no spike is lost."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self._marker = "*" if ascii_only else "braille"
        self._curve: Curve | None = None

    @property
    def buckets(self) -> int:
        """Most buckets that can be told apart on this width."""
        return max(1, (self.size.width - AXIS_WIDTH) * DOTS_PER_COLUMN)

    def show(self, curve: Curve) -> None:
        """Draw this curve."""
        self._curve = curve
        self._draw()
        self.refresh()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        curve = self._curve
        plot = self.plt
        plot.clear_figure()
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        if curve is None or curve.last == 0:
            plot.xlim(0, 100)
            plot.ylim(0, 1)
            return
        end = axis_end(curve.last - curve.first)
        windows, losses = zigzag(curve)
        top = loss_axis_top(curve)
        for at, _ in epoch_starts(curve):
            plot.vertical_line(at - curve.first, color=(90, 90, 110))
        plot.plot(windows, np.minimum(losses, top).tolist(), marker=self._marker, color=(230, 159, 0))
        plot.xlim(0, end)
        plot.ylim(0, top)
        ticks = [curve.first + end * part / 4 for part in range(5)]
        plot.xticks([tick - curve.first for tick in ticks], [count(tick) for tick in ticks])
        plot.yticks([top * part / 4 for part in range(5)], [f"{top * part / 4:.2f}" for part in range(5)])


def zigzag(curve: Curve) -> tuple[list[float], list[float]]:
    """Points that trace each bucket's extremes: (windows, losses), finite, at most two points a bucket.

    A bucket's two points stand in the order that makes the shorter path, so that the line does not cross itself.
    """
    windows: list[float] = []
    losses: list[float] = []
    middle = (curve.width - 1) / 2
    for start, low, high in zip(curve.starts.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True):
        if math.isnan(low):
            continue
        at = start + middle - curve.first
        pair = [low] if low == high else [low, high]
        if len(pair) == 2 and losses and abs(losses[-1] - high) < abs(losses[-1] - low):
            pair.reverse()
        windows += [max(0.0, at)] * len(pair)
        losses += [value if math.isfinite(value) else math.copysign(1e30, value) for value in pair]
    return windows, losses


def epoch_starts(curve: Curve) -> list[tuple[int, int]]:
    """Windows at which epochs begin in the curve, with the epoch's number; a few, whatever the run's length."""
    starts: list[tuple[int, int]] = []
    for segment, following in zip(curve.segments, [*curve.segments[1:], None], strict=True):
        last = curve.last if following is None else following.at
        starts += segment.epoch_starts(curve.first, last, STARTS_SHOWN)
    return [start for start in starts if start[0] > curve.first]


def axis_end(windows: int) -> float:
    """Length of the window axis: a round number that grows in steps, so that the curve need not be squeezed anew
    at every frame."""
    if windows <= 100:
        return 100.0
    power = 10.0 ** math.floor(math.log10(windows))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8, 10) if step * power >= windows)


def loss_axis_top(curve: Curve) -> float:
    """Top of the loss axis: above the largest finite loss, by steps."""
    finite = curve.high[np.isfinite(curve.high)]
    largest = float(finite.max()) if finite.size else 1.0
    if largest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if step * power >= largest)


def count(windows: float) -> str:
    """A number of windows, short: 950, 12.5k, 3M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if windows >= size:
            return f"{windows / size:g}{letter}"
    return f"{windows:g}"
