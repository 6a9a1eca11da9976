"""The axes of plots: scales from losses to lines and from windows to columns, and short labels for numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Curve
from echornn.session.pictures.picture import Span

Losses = npt.NDArray[np.floating[Any]]

LEAST_LOG_LOSS = 1e-7
"""The lower end of the log axis; smaller losses, and 0, are drawn there."""


@dataclass(frozen=True)
class LossAxis:
    """The loss axis from ``bottom`` to ``top`` in nats, linear or logarithmic."""

    bottom: float
    top: float
    log: bool = False

    @classmethod
    def of(cls, curve: Curve, log: bool) -> LossAxis:
        """An axis that contains all finite losses of the curve. It is rounded, so that it changes rarely."""
        return cls.holding(curve.low, curve.high, log)

    @classmethod
    def holding(cls, low: Losses, high: Losses, log: bool) -> LossAxis:
        """An axis that contains all finite values of ``low`` and ``high``. It is rounded, so that it changes rarely."""
        if not log:
            return cls(0.0, loss_axis_top(high))
        positive = low[np.isfinite(low) & (low > 0)]
        high = high[np.isfinite(high) & (high > 0)]
        top = 10.0 ** math.ceil(math.log10(max(float(high.max()), LEAST_LOG_LOSS * 10))) if high.size else 1.0
        least = max(float(positive.min()), LEAST_LOG_LOSS) if positive.size else top / 10
        bottom = 10.0 ** math.floor(math.log10(least))
        return cls(min(bottom, top / 10), top, log=True)

    def share(self, losses: Losses) -> npt.NDArray[np.float64]:
        """The height of losses on the axis, from 0 (bottom) to 1 (top); infinity is at the top, NaN stays NaN."""
        values = np.clip(losses.astype(np.float64), self.bottom, self.top)
        if not self.log:
            return np.asarray((values - self.bottom) / (self.top - self.bottom))
        span = math.log10(self.top) - math.log10(self.bottom)
        return np.asarray((np.log10(values) - math.log10(self.bottom)) / span)

    def at(self, share: float) -> float:
        """The loss at a height (0 to 1) of the axis."""
        if not self.log:
            return self.bottom + share * (self.top - self.bottom)
        return float(10 ** (math.log10(self.bottom) + share * (math.log10(self.top) - math.log10(self.bottom))))


def loss_axis_top(high: Losses) -> float:
    """The top of the loss axis: a round number above the largest finite loss."""
    finite = high[np.isfinite(high)]
    largest = float(finite.max()) if finite.size else 1.0
    if largest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10, 20) if step * power >= largest)


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that divides ``span`` into at most ``most`` parts."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power * most >= span * (1 - 1e-9))


def loss_ticks(axis: LossAxis, lines: int) -> list[tuple[int, str]]:
    """The ticks of the loss axis, as (line from the top, label): at most ten, and at most one per two lines."""
    most = max(1, min(10, lines // 2))
    if axis.log:
        exponents = range(round(math.log10(axis.bottom)), round(math.log10(axis.top)) + 1)
        losses = [10.0**exponent for exponent in exponents[:: -(-len(exponents) // most)]]
        decimals = 6
    else:
        step = round_step(axis.top - axis.bottom, most)
        losses = [step * index for index in range(math.floor(axis.top / step * (1 + 1e-9)) + 1)]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    shares = axis.share(np.array(losses)).tolist()
    return [
        (lines - 1 - min(lines - 1, int(share * lines)), loss_label(loss, decimals))
        for share, loss in zip(shares, losses, strict=True)
    ]


def window_ticks(first: int, length: int, columns: int) -> list[tuple[int, str]]:
    """The ticks of an axis of ``length`` windows after window ``first``, as (column, label)."""
    step = max(1, int(round_step(length, max(3, min(8, columns // 14)))))
    numbers = range(-(-first // step) * step, first + length + 1, step)
    return [(round((number - first) / length * columns), count(number, step)) for number in numbers]


def count(windows: int, step: int = 1) -> str:
    """A number of windows as a short text: 1,505, 12.5k, 3M. It still differs from that of ``windows + step``."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if windows >= size and windows % (size // 10) == 0 and step % (size // 10) == 0:
            return f"{windows / size:,.1f}".removesuffix(".0") + letter
    return f"{windows:,}"


def loss_label(loss: float, decimals: int) -> str:
    """A loss in at most six characters, with ``decimals`` decimals if they fit and the text is not all zeros."""
    text = f"{loss:.{decimals}f}"
    if len(text) <= 6:
        return text
    texts = (f"{loss:.{digits}e}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-") for digits in (1, 0))
    return next(text for text in (one.replace(".0e", "e") for one in texts) if len(text) <= 6)


LEAST_SPAN = 20
"""The fewest windows on the axis."""

WHEEL = 1.25
"""By how much a step of the wheel widens or narrows the axis; trackpads send many steps."""


@dataclass(frozen=True)
class Viewport:
    """The visible part of the curve.

    Attributes:
        span: the number of windows shown; None for all.
        end: the window after the last shown, counted along the run; None to follow the newest.
        cursor: the window under the crosshair; None without a crosshair.
        log: whether the loss axis is logarithmic.
    """

    span: int | None = None
    end: int | None = None
    cursor: int | None = None
    log: bool = False

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window shown, and the window after the last shown, if ``trained`` windows are trained."""
        return self.windows.limits(trained)

    @property
    def windows(self) -> Span:
        """The windows that are visible, as a query for the session."""
        return Span(self.span, self.end)

    def zoomed(self, trained: int, closer: bool) -> Viewport:
        """The viewport with half or twice as many windows, around the crosshair if there is one, otherwise at the
        newest.
        """
        first, last = self.limits(trained)
        shown = max(last - first, 1) if self.span is None else self.span
        span = max(LEAST_SPAN, shown // 2) if closer else 2 * shown
        if span >= trained and not closer:
            return replace(self, span=None, end=None)
        if self.cursor is None or (last == trained and self.cursor >= trained - span // 4):
            return replace(self, span=span, end=None if last == trained else self.end)
        return replace(self, span=span, end=self.cursor + span // 2)

    def moved(self, trained: int, windows: int, here: int | None = None) -> Viewport:
        """The viewport with the crosshair moved by ``windows``; it scrolls if the crosshair leaves the visible part.

        Args:
            here: where the crosshair begins if there is none yet, in windows; the last visible window if None.
        """
        if trained == 0:
            return self
        first, last = self.limits(trained)
        if self.cursor is None:
            cursor = last - 1 if here is None else here - 1
        else:
            cursor = min(max(self.cursor, first), last - 1) + windows
        cursor = min(max(cursor, 0), trained - 1)
        end = self.end
        if self.span is not None and cursor < first:
            end = cursor + self.span
        elif self.span is not None and cursor >= last:
            end = None if cursor == trained - 1 else cursor + 1
        elif self.span is not None and self.end is None:
            end = last
        return replace(self, cursor=cursor, end=end)

    def on(self, trained: int, first: int, end: int) -> Viewport:
        """The viewport that shows these windows, from ``first`` to before ``end``; or a few more, if they are few."""
        span = max(LEAST_SPAN, end - first)
        end = min(trained, max(span, end + (span - (end - first)) // 2))
        return _without_far_cursor(replace(self, span=span, end=end), trained)

    def zoomed_at(self, trained: int, closer: bool, at: float, share: float) -> Viewport:
        """The viewport with fewer or more windows, by a step of the wheel.

        Args:
            at: the window that keeps its place, if possible.
            share: its place on the axis, 0 to 1.
        """
        first, last = self.limits(trained)
        shown = max(last - first, 1) if self.span is None else self.span
        span = max(LEAST_SPAN, min(shown - 1, round(shown / WHEEL))) if closer else max(shown + 1, round(shown * WHEEL))
        if span >= trained:
            return replace(self, span=None, end=None)
        end = max(span, round(at + (1 - share) * span))
        follows = self.end is None and end >= trained
        return _without_far_cursor(replace(self, span=span, end=None if follows else min(end, trained)), trained)

    def panned(self, trained: int, windows: int) -> Viewport:
        """The viewport moved along the run by ``windows``; at the newest window, it follows."""
        if self.span is None:
            return self
        end = max(self.span, self.limits(trained)[1] + windows)
        return _without_far_cursor(replace(self, end=None if end >= trained else end), trained)

    def following(self) -> Viewport:
        """The viewport that follows the newest windows, without a crosshair."""
        return replace(self, end=None, cursor=None)


def zoomed(viewport: Viewport, trained: int, closer: bool) -> Viewport:
    """The viewport zoomed in or out; a crosshair that is then outside is removed."""
    return _without_far_cursor(viewport.zoomed(trained, closer), trained)


def _without_far_cursor(viewport: Viewport, trained: int) -> Viewport:
    """The viewport, without its crosshair if that is not visible."""
    first, last = viewport.limits(trained)
    visible = viewport.cursor is None or first <= viewport.cursor < last
    return viewport if visible else replace(viewport, cursor=None)


class InBuckets(Protocol):
    """Data of a run in buckets of windows, such as a `Curve` or a `Band`."""

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle window of each bucket, counted from the first window of the data."""
        ...


def column_of(windows: float, length: int, columns: int) -> int:
    """The column of a window; ``windows`` is its distance from the first window of the axis."""
    return min(columns - 1, max(0, int(windows / length * columns)))


def smoothed(means: npt.NDArray[np.float32], buckets: int) -> npt.NDArray[np.float32]:
    """The moving mean over about ``buckets`` buckets around each bucket; NaN if no value is finite.

    Args:
        means: float32 [buckets].
        buckets: keep it constant while a curve grows, so that earlier parts do not change.
    """
    size = max(1, min(buckets, len(means))) | 1
    finite = np.isfinite(means)
    if size == 1 or not finite.any():
        return means
    reach = size // 2
    total, known = (
        np.cumsum(np.pad(values, (reach + 1, reach)))
        for values in (np.where(finite, means, 0).astype(np.float64), finite)
    )
    total, known = total[size:] - total[:-size], known[size:] - known[:-size]
    return np.where(finite, total / np.maximum(known, 1), np.nan).astype(np.float32)


def per_column(
    curve: InBuckets,
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    columns: int,
    length: int,
    offset: int = 0,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The lowest and the highest value in each column. The axis has ``length`` windows. A column without a bucket
    is NaN.

    Values between buckets are interpolated; the extremes of each bucket are kept in the column of its middle.

    Args:
        low, high: float64 [buckets].
        offset: the windows on the axis before the first window of the data.
    """
    if not len(low):
        return np.full(columns, np.nan), np.full(columns, np.nan)
    middle = curve.middles + offset
    at = (np.arange(columns) + 0.5) / columns * length - 0.5
    lowest, highest = (np.interp(at, middle, values, left=np.nan, right=np.nan) for values in (low, high))
    column = np.clip((middle + 0.5) / length * columns, 0, columns - 1).astype(int)
    np.fmin.at(lowest, column, low)
    np.fmax.at(highest, column, high)
    return lowest, highest


Dots = npt.NDArray[np.bool_]
"""bool [dot rows, dot columns], from the top left: whether each dot is drawn."""

BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot in a braille character; character codes begin at U+2800."""


BRAILLE_BEGIN = 0x2800


def spans(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], height: int) -> Dots:
    """A line that covers ``low`` to ``high`` (dot rows from the bottom) in each column; neighbouring columns are
    joined.

    Columns where either value is NaN stay empty, and nothing is joined across them.

    Args:
        low, high: float64 [dot columns]; values outside 0 to height - 1 are moved to the nearest edge.
    """
    known = ~(np.isnan(low) | np.isnan(high))
    bottom, top = (np.clip(np.round(np.where(known, one, 0)), 0, height - 1) for one in (low, high))
    joined = known[1:] & known[:-1]
    begin, end = bottom.copy(), top.copy()
    begin[1:] = np.where(joined, np.minimum(bottom[1:], top[:-1] + 1), bottom[1:])
    end[1:] = np.where(joined, np.maximum(top[1:], bottom[:-1] - 1), top[1:])
    from_bottom = height - 1 - np.arange(height)[:, np.newaxis]
    return np.asarray(known & (from_bottom >= begin) & (from_bottom <= end))


def filled(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], height: int, ascii_only: bool = False) -> Dots:
    """A sparse texture from ``low`` to ``high`` (dot rows from the bottom) in each column. It has a quarter of the dots
    (half with ASCII), so that lines over it stay visible. Columns where either value is NaN stay empty.
    """
    row, column = np.arange(height)[:, np.newaxis], np.arange(len(low))
    from_bottom = height - 1 - row
    with np.errstate(invalid="ignore"):
        inside = (from_bottom >= np.round(low)) & (from_bottom <= np.round(high))
    texture = (row + column) % 2 == 0 if ascii_only else (row % 2 == 0) & ((column + row // 2) % 2 == 0)
    return np.asarray(inside & texture)


def characters(dots: Dots, ascii_only: bool = False, mark: str = "*") -> npt.NDArray[np.str_]:
    """The characters that show the dots; spaces where there are no dots.

    Args:
        dots: bool [4 * lines, 2 * columns], or [lines, columns] for ASCII.
        ascii_only: whether to draw each dot as ``mark`` rather than in braille.
    """
    if ascii_only:
        return np.where(dots, mark, " ")
    lines, columns = dots.shape[0] // 4, dots.shape[1] // 2
    codes = (dots.reshape(lines, 4, columns, 2) * BRAILLE[None, :, None, :]).sum(axis=(1, 3))
    return _characters_of(np.where(codes > 0, BRAILLE_BEGIN + codes, ord(" ")))


def overlaid(below: npt.NDArray[np.str_], above: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Two grids of characters combined. Where both have braille, all dots of both; otherwise the character of
    ``above``, unless it is a space.
    """
    codes_below, codes_above = (_codes_of(characters) for characters in (below, above))
    both = (codes_below >= BRAILLE_BEGIN) & (codes_above >= BRAILLE_BEGIN)
    codes = np.where(both, codes_below | codes_above, np.where(above == " ", codes_below, codes_above))
    return _characters_of(codes)


def _codes_of(characters: npt.NDArray[np.str_]) -> npt.NDArray[np.uint32]:
    """The Unicode code of each character, in the same shape."""
    return np.ascontiguousarray(characters, "U1").view(np.uint32)


def _characters_of(codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.str_]:
    """The characters with these Unicode codes, in the same shape."""
    return np.ascontiguousarray(codes, np.uint32).view("U1")
