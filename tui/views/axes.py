"""Axes of the plot: where windows and losses are on the grid, and their ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Band, Curve, InBuckets
from tui.views.canvas import Cells

GUTTER = 7  # columns left of the plot: six for a loss, one for the axis
LABEL_WIDTH = GUTTER - 1
LEAST_LOG_LOSS = 1e-7  # smaller losses, and 0, are drawn here on a logarithmic axis
# An extreme loss of more than so many times the largest 90th percentile lies beyond the axis;
# chosen by eye
WILD = 1.5
# Between two ticks, for each power of ten: a slope is read from steps that one counts by heart
STEPS = (1, 2, 5, 10)
# Of a loss axis, for each power of ten; chosen by eye: a curve fills most of its height
TOPS = (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)
# How many ticks there may be, and the room of each: chosen by eye
MOST_LOSS_TICKS, LINES_OF_LOSS_TICK = 10, 2
LEAST_WINDOW_TICKS, MOST_WINDOW_TICKS, COLUMNS_OF_WINDOW_TICK = 3, 8, 14
LABEL_GAP = 3  # columns between two labels of windows: a blank beside each, and the axis
UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
# A quotient is off by less, and nothing that a grid of characters shows is as near
ROUNDED = 1e-9
DASH = "╌"  # a level's line: what may be drawn over it finds it free

Losses = npt.NDArray[np.floating[Any]]
Heights = npt.NDArray[np.float64]
Range = tuple[Heights, Heights]  # the lowest and the highest in each column
Ticks = list[tuple[int, str]]  # a line or a column, and its label


@dataclass(frozen=True)
class LossAxis:
    bottom: float
    top: float
    log: bool = False

    @classmethod
    def holding(cls, low: Losses, high: Losses, log: bool) -> LossAxis:
        """An axis that contains all finite values. It is rounded, so that it changes rarely."""
        low, high = low[np.isfinite(low) & (low > 0)], high[np.isfinite(high) & (high > 0)]
        top = 1.0
        if not log:
            if high.size:
                top = rounded_up(float(high.max()), TOPS)
            return cls(0.0, top)
        if high.size:
            highest = max(float(high.max()), 10 * LEAST_LOG_LOSS)
            top = 10.0 ** math.ceil(math.log10(highest))
        least = top / 10
        if low.size:
            least = max(float(low.min()), LEAST_LOG_LOSS)
        bottom = 10.0 ** math.floor(math.log10(least))
        return cls(min(bottom, top / 10), top, log=True)

    @classmethod
    def of_losses(cls, curve: Curve, band: Band, levels: Sequence[float], log: bool) -> LossAxis:
        """For the curve, for a band and its extremes if not wild; before the first loss, for the
        levels."""
        if len(band):
            return cls._of_band(curve, band, log)
        if np.isfinite(curve.high).any():
            return cls.holding(curve.low, curve.high, log)
        return cls.holding(np.array(levels), np.array(levels), log)

    @classmethod
    def _of_band(cls, curve: Curve, band: Band, log: bool) -> LossAxis:
        middle = np.concatenate([band.tenth, band.ninetieth, curve.mean]).astype(np.float64)
        finite = middle[np.isfinite(middle)]
        low, high = band.low, band.high.astype(np.float64)
        if finite.size:
            high = np.where(high > WILD * finite.max(), np.nan, high)
        low = np.concatenate([low, curve.mean])
        positive = finite[finite > 0]
        if log and positive.size:
            low = np.maximum(low, positive.min() / 10)
        return cls.holding(low, np.concatenate([high, middle]), log)

    @classmethod
    def of_norms(cls, norms: Curve, clip_norm: float | None) -> LossAxis:
        """For norms of gradients, and for the norm above which they are clipped."""
        limit = np.array([clip_norm or np.nan])
        low, high = np.append(norms.low, limit), np.append(norms.high, limit)
        return cls.holding(low, high, log=True)

    def share(self, losses: Losses) -> Heights:
        """The height of losses on the axis, from 0 (bottom) to 1 (top); infinity is at the top, NaN
        stays NaN."""
        values = np.clip(losses.astype(np.float64), self.bottom, self.top)
        bottom, top = self.bottom, self.top
        if self.log:
            values, bottom, top = np.log10(values), math.log10(bottom), math.log10(top)
        return np.asarray((values - bottom) / (top - bottom))

    def line(self, loss: float, lines: int) -> int:
        """The line of a loss, from the top, on an axis of so many lines."""
        share = float(self.share(np.array([loss]))[0])
        return lines - 1 - min(lines - 1, int(share * lines + ROUNDED))


def rounded_up(value: float, steps: Sequence[float]) -> float:
    """The least of ``steps``, of which the last is 10, times a power of ten that ``value`` does
    not exceed."""
    power = 10.0 ** math.floor(math.log10(value))
    for step in steps:
        if step * power >= value * (1 - ROUNDED):
            break
    return step * power


# ---- ticks


def loss_ticks(axis: LossAxis, lines: int) -> Ticks:
    """The ticks of the loss axis, as (line from the top, label), at even steps of the loss, or of
    its logarithm: at most ten, and at most one per two lines."""
    most = max(1, min(MOST_LOSS_TICKS, lines // LINES_OF_LOSS_TICK))
    if axis.log:
        losses, decimals = _powers_of_ten(axis, max(2, most)), LABEL_WIDTH
    else:
        step = rounded_up(axis.top / most, STEPS)
        count = math.floor(axis.top / step * (1 + ROUNDED)) + 1
        losses = [step * index for index in range(count)]
        decimals = max(0, -math.floor(math.log10(step) + ROUNDED))
    return [(axis.line(loss, lines), loss_label(loss, decimals)) for loss in losses]


def _powers_of_ten(axis: LossAxis, most: int) -> list[float]:
    lowest, highest = round(math.log10(axis.bottom)), round(math.log10(axis.top))
    powers = range(lowest, highest + 1)
    every = math.ceil(len(powers) / most)
    return [10.0**power for power in powers[::every]]


def loss_label(loss: float, decimals: int) -> str:
    text = f"{loss:.{decimals}f}"
    for digits in (1, 0):
        if len(text) <= LABEL_WIDTH:
            break
        number, power = f"{loss:.{digits}e}".split("e")
        text = f"{number.removesuffix('.0')}e{int(power)}"
    return text


def window_ticks(first: int, length: int, columns: int) -> Ticks:
    """The ticks of an axis of ``length`` windows after window ``first``, as (column where the
    label begins, label). Each label stands above its window, or at the edge; the step is so large
    that all have room.
    """
    most = columns // COLUMNS_OF_WINDOW_TICK
    most = max(LEAST_WINDOW_TICKS, min(MOST_WINDOW_TICKS, most))
    ticks: Ticks = []
    for parts in range(most, 0, -1):
        step = max(1, int(rounded_up(length / parts, STEPS)))
        ticks = _ticks_every(step, first, length, columns) or ticks
        if _have_room(ticks):
            return ticks
    return ticks[:1]  # of two that have no room, one is read; half of each is not


def _ticks_every(step: int, first: int, length: int, columns: int) -> Ticks:
    ticks = []
    for window in range(-(-first // step) * step, first + length + 1, step):
        label = count(window, step)
        middle = round((window - first) / length * columns)
        begin = min(max(0, middle - len(label) // 2), columns - len(label))
        ticks.append((max(0, begin), label))
    return ticks


def _have_room(ticks: Ticks) -> bool:
    for (begin, label), (following, _) in pairwise(ticks):
        if following < begin + len(label) + LABEL_GAP:
            return False
    return True


def count(windows: int, step: int = 1) -> str:
    """A number of windows as a short text: 1,505, 12.5k, 3M.

    It still differs from that of ``windows + step``.
    """
    for size, letter in UNITS:
        tenth = size // 10
        if windows >= size and windows % tenth == 0 and step % tenth == 0:
            return f"{windows / size:,.1f}".removesuffix(".0") + letter
    return f"{windows:,}"


# ---- places


def per_column(
    data: InBuckets, low: Losses, high: Losses, columns: int, first: int, length: int
) -> Range:
    """The lowest and the highest value in each column of an axis of ``length`` windows from
    ``first`` on; NaN if none. Between buckets it is interpolated; the extremes of a bucket are kept
    in the column of its middle.
    """
    if not len(low):
        return np.full(columns, np.nan), np.full(columns, np.nan)
    bucket = data.middles + data.first - first
    column = (np.arange(columns) + 0.5) / columns * length - 0.5
    lowest = np.interp(column, bucket, low, left=np.nan, right=np.nan)
    highest = np.interp(column, bucket, high, left=np.nan, right=np.nan)
    of_bucket = np.clip((bucket + 0.5) / length * columns, 0, columns - 1).astype(int)
    np.fmin.at(lowest, of_bucket, low)
    np.fmax.at(highest, of_bucket, high)
    return lowest, highest


@dataclass(frozen=True)
class Place:
    """A box of the grid: its columns are windows, its lines losses.

    The plot is at the top, strips are below.
    """

    x: int
    y: int
    width: int
    height: int
    first: int  # window of the first column
    length: int  # windows from edge to edge
    axis: LossAxis

    @property
    def inside(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    @property
    def rows(self) -> int:  # of dots
        return 4 * self.height

    @property
    def columns(self) -> int:  # of dots
        return 2 * self.width

    def column(self, window: float) -> int:
        column = int((window - self.first) / self.length * self.width)
        return self.x + min(self.width - 1, max(0, column))

    def line(self, loss: float) -> int:
        return self.y + self.axis.line(loss, self.height)

    def windows(self, x: int, end: int) -> range:
        """The windows before ``end`` in a column of the grid, or else in the nearest; at least one,
        if there are."""
        column = min(max(0, x - self.x), self.width - 1)
        begin = self.first + column * self.length // self.width
        following = self.first + (column + 1) * self.length // self.width
        return range(begin, min(max(begin + 1, following), end))

    def dots(self, data: InBuckets, low: Losses, high: Losses | None = None) -> Range:
        """The lowest and the highest dot row, from the bottom, in each dot column."""
        bottom = top = self.axis.share(low) * self.rows - 0.5
        if high is not None:
            top = self.axis.share(high) * self.rows - 0.5
        return per_column(data, bottom, top, self.columns, self.first, self.length)

    def most(self, data: InBuckets, values: npt.NDArray[Any]) -> Heights:
        """The highest value in each column."""
        return per_column(data, values, values, self.width, self.first, self.length)[1]

    def free(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """Where nothing is drawn but dashes of a level, bool [height, width]; the blanks in a label
        are not free."""
        signs, inks = cells.characters[self.inside], cells.styles[self.inside]
        return np.asarray((signs == DASH) | (signs == " ") & (inks == 0))


def draw_axes(cells: Cells, places: Sequence[Place], bottom: int, has_focus: bool) -> None:
    """The axis of each place down to line ``bottom``, and there the axis of windows."""
    edge, tick = "┃┫" if has_focus else "│┤"
    for line in range(bottom):
        cells.write(GUTTER - 1, line, edge, "muted")
    for place in places:
        for line, label in loss_ticks(place.axis, place.height):
            cells.write(0, place.y + line, f"{label:>{LABEL_WIDTH}}{tick}", "muted")
    place = places[0]
    cells.write(0, bottom, "window└".ljust(cells.width, "─"), "muted")
    for begin, label in window_ticks(place.first, place.length, place.width):
        cells.write(place.x + begin - 1, bottom, f" {label} ", "muted")
