"""The axes of plots: scales from losses to lines and from windows to columns, and short labels for numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.history.curve import Curve

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
