"""The axes of plots: the windows and losses that are visible, and their ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.session.pictures.picture import Span

Losses = npt.NDArray[np.floating[Any]]
Heights = npt.NDArray[np.float64]

LEAST_SPAN = 20  # windows on the axis
LEAST_LOG_LOSS = 1e-7  # smaller losses, and 0, are drawn here on a logarithmic axis


@dataclass(frozen=True)
class Viewport:
    """The visible part of the curve."""

    span: int | None = None  # windows; None for all
    end: int | None = None  # the window after the last; None to follow the newest
    cursor: int | None = None  # the window under the crosshair
    log: bool = False

    @property
    def windows(self) -> Span:
        return Span(self.span, self.end)

    def zoomed(self, trained: int, factor: float, at: float | None = None, share: float = 0.5) -> Viewport:
        """``factor`` times as many windows; the window ``at`` (the crosshair, or else the newest) comes to stand at
        this share of the axis.
        """
        first, last = self.windows.limits(trained)
        span = max(LEAST_SPAN, round((self.span or last - first) * factor))
        if span >= trained:
            return replace(self, span=None, end=None)
        if at is None:
            at, share = (last, 1) if self.cursor is None else (self.cursor, share)
        end = max(span, round(at + (1 - share) * span))
        return self._showing(trained, span, None if self.end is None and end >= trained else min(end, trained))

    def on(self, trained: int, first: int, end: int) -> Viewport:
        """The windows from ``first`` to before ``end``; a few more, if they are few."""
        return self._showing(trained, max(LEAST_SPAN, end - first), max(LEAST_SPAN, min(end, trained)))

    def panned(self, trained: int, windows: int) -> Viewport:
        if self.span is None:
            return self
        end = max(self.span, self.windows.limits(trained)[1] + windows)
        return self._showing(trained, self.span, None if end >= trained else end)

    def _showing(self, trained: int, span: int, end: int | None) -> Viewport:
        """These windows; the crosshair goes if it is not among them."""
        first, last = Span(span, end).limits(trained)
        cursor = self.cursor if self.cursor is not None and first <= self.cursor < last else None
        return replace(self, span=span, end=end, cursor=cursor)

    def with_cursor(self, trained: int, window: int) -> Viewport:
        """The crosshair on this window; the plot scrolls to it, and no longer follows unless that was the newest."""
        if not trained:
            return self
        cursor, last = min(max(window, 0), trained - 1), self.windows.limits(trained)[1]
        if self.span is None or last <= cursor == trained - 1:
            return replace(self, cursor=cursor, end=None)
        return replace(self, cursor=cursor, end=min(max(last, cursor + 1), cursor + self.span))

    def following(self) -> Viewport:
        return replace(self, end=None, cursor=None)


@dataclass(frozen=True)
class LossAxis:
    """The loss axis from ``bottom`` to ``top``, linear or logarithmic."""

    bottom: float
    top: float
    log: bool = False

    @classmethod
    def holding(cls, low: Losses, high: Losses, log: bool) -> LossAxis:
        """An axis that contains all finite values. It is rounded, so that it changes rarely."""
        low, high = low[np.isfinite(low) & (low > 0)], high[np.isfinite(high) & (high > 0)]
        if not log:
            return cls(0.0, round_top(float(high.max())) if high.size else 1.0)
        top = 10.0 ** math.ceil(math.log10(max(float(high.max()), LEAST_LOG_LOSS * 10))) if high.size else 1.0
        least = max(float(low.min()), LEAST_LOG_LOSS) if low.size else top / 10
        return cls(min(10.0 ** math.floor(math.log10(least)), top / 10), top, log=True)

    def share(self, losses: Losses) -> Heights:
        """The height of losses on the axis, from 0 (bottom) to 1 (top); infinity is at the top, NaN stays NaN."""
        values = np.clip(losses.astype(np.float64), self.bottom, self.top)
        bottom, top = self.bottom, self.top
        if self.log:
            values, bottom, top = np.log10(values), math.log10(bottom), math.log10(top)
        return np.asarray((values - bottom) / (top - bottom))


def round_top(largest: float) -> float:
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
        losses, decimals = [10.0**exponent for exponent in exponents[:: -(-len(exponents) // most)]], 6
    else:
        step = round_step(axis.top - axis.bottom, most)
        losses = [step * index for index in range(math.floor(axis.top / step * (1 + 1e-9)) + 1)]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    shares = axis.share(np.array(losses)).tolist()
    lines_of = (lines - 1 - min(lines - 1, int(share * lines)) for share in shares)
    return [(line, loss_label(loss, decimals)) for line, loss in zip(lines_of, losses, strict=True)]


def loss_label(loss: float, decimals: int) -> str:
    """A loss in at most six characters, with ``decimals`` decimals if they fit and the text is not all zeros."""
    text = f"{loss:.{decimals}f}"
    if len(text) <= 6:
        return text
    parts = (f"{loss:.{digits}e}".split("e") for digits in (1, 0))
    texts = (f"{number.removesuffix('.0')}e{int(power)}" for number, power in parts)
    return next(text for text in texts if len(text) <= 6)


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
