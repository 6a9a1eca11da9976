"""The measures that cells of a map show (success, windows, loss), as numbers and as shades."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from echornn.maps.seed_counts import SeedCounts
from echornn.tasks.task import Numbers, Symbols

LEAST_LOSS = 1e-6
"""Losses below this have the same shade."""

LEAST_TOLD = 1e-9
"""Losses below this are shown as 0."""

LEVELS = 5
"""The number of shades, each with its own sign, from 0 (worst, such as none solved) to 4 (best)."""


class Measure(StrEnum):
    """A number that cells can show."""

    SUCCESS = "success"
    """The share of seeds that solved the echo."""
    WINDOWS = "windows"
    """The window by which half of the seeds had solved the echo."""
    LOSS = "loss"
    """The median of the final losses, each in the unit of its task."""


def words_of(measure: Measure, losses: Collection[str]) -> str:
    """The meaning of a measure, in words.

    Args:
        losses: the kind of the map's losses: "cross-entropy, nats", "squared error", or both.
    """
    match measure:
        case Measure.SUCCESS:
            return "seeds that solved it, %"
        case Measure.WINDOWS:
            return "window by which half had solved it"
        case Measure.LOSS:
            if len(losses) > 1:
                return "median final loss, in the unit of each task"
            loss = "".join(losses)
            return f"median final {loss}" if loss == Numbers.loss else f"median final loss, {Symbols.unit}"


def value_of(counts: SeedCounts, measure: Measure) -> float:
    """The value of a measure for a cell; NaN without results, infinite if too few networks solved it for a value."""
    if not counts.trained:
        return math.nan
    match measure:
        case Measure.SUCCESS:
            return counts.success
        case Measure.WINDOWS:
            return math.inf if counts.half_solved is None else float(counts.half_solved)
        case Measure.LOSS:
            return counts.loss


@dataclass(frozen=True)
class Scale:
    """Maps values of a measure to shades; better values have higher shades.

    Attributes:
        measure: the measure.
        best, worst: the finite values at the ends. Between them shades are spaced logarithmically, except for shares.
            NaN if there are no values.
        of_tasks: whether losses of several tasks are shown. They have no common scale, so their shades are those of
            `SeedCounts.way`.
    """

    measure: Measure
    best: float
    worst: float
    of_tasks: bool = False

    @classmethod
    def of(cls, all_counts: Iterable[SeedCounts], measure: Measure) -> Scale:
        """The scale for the values of these cells."""
        all_counts = list(all_counts)
        of_tasks = measure is Measure.LOSS and len({counts.task for counts in all_counts if counts.trained}) > 1
        if measure is Measure.SUCCESS or of_tasks:
            return cls(measure, 1.0, 0.0, of_tasks)
        values = [value for value in (value_of(counts, measure) for counts in all_counts) if math.isfinite(value)]
        least = 1.0 if measure is Measure.WINDOWS else LEAST_LOSS
        floored = [max(least, value) for value in values] or [math.nan]
        return cls(measure, min(floored), max(floored))

    @property
    def is_share(self) -> bool:
        """Whether the values are shares, whose shades are spaced evenly."""
        return self.measure is Measure.SUCCESS or self.of_tasks

    def value(self, counts: SeedCounts) -> float:
        """The value that the shade of a cell shows."""
        return counts.way if self.of_tasks else value_of(counts, self.measure)

    def share(self, value: float) -> float:
        """The position of a value between worst (0) and best (1); -1 for an infinite value; NaN stays NaN."""
        if math.isnan(value):
            return value
        if math.isinf(value):
            return -1.0
        if self.is_share:
            return value
        if self.best == self.worst:
            return 1.0
        span = math.log(self.worst / self.best)
        return min(1.0, max(0.0, math.log(self.worst / max(value, self.best)) / span))

    def level(self, value: float) -> int:
        """The shade, 0 to `LEVELS` - 1. For success 0 means none and 4 means all; for losses of several tasks 0 means
        chance, or not known; for the others 0 means an infinite value.
        """
        share = self.share(value)
        if self.measure is Measure.SUCCESS:
            return 0 if share <= 0 else 4 if share >= 1 else 1 + int(share * 3)
        if self.of_tasks and not share > 0:
            return 0
        return 0 if share < 0 else 1 + min(3, int(share * 4))

    @property
    def legend(self) -> tuple[tuple[int, str], ...]:
        """The shades, the best first, each with its meaning."""
        if self.of_tasks:
            return (
                (4, "3/4 of the way to the last level, or more"),
                (3, "1/2"),
                (2, "1/4"),
                (1, "less"),
                (0, "chance"),
            )
        match self.measure:
            case Measure.SUCCESS:
                return ((4, "all"), (3, "2/3 or more"), (2, "1/3 or more"), (1, "fewer"), (0, "none solved"))
            case Measure.WINDOWS:
                never = "not half solved"
            case Measure.LOSS:
                never = "diverged"
        if math.isnan(self.best):
            return ((0, never),)
        if self.best == self.worst:
            return (4, short_text(self.best, self.measure)), (0, never)
        ratio = self.worst / self.best
        edges = [short_text(self.best * ratio ** (step / 4), self.measure) for step in range(5)]
        texts = [f"{better} to {worse}" for better, worse in itertools.pairwise(edges)]
        return (*zip((4, 3, 2, 1), texts, strict=True), (0, never))


def short_text(value: float, measure: Measure) -> str:
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is NaN."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "-"
    match measure:
        case Measure.SUCCESS:
            return f"{_percent(value)}"
        case Measure.WINDOWS:
            return short_count(round(value))
        case Measure.LOSS:
            return short_loss(value)


def _percent(share: float) -> int:
    """A share in rounded percent; 0 and 100 only for exactly none and all."""
    return round(100 * share) if share in (0, 1) else min(99, max(1, round(100 * share)))


def short_count(windows: int) -> str:
    """A number of windows in at most five characters."""
    for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if windows >= 0.9995 * size:
            scaled = windows / size
            return f"{scaled:.1f}{letter}" if scaled < 99.95 else f"{scaled:.0f}{letter}"
    return str(windows)


def short_loss(loss: float) -> str:
    """A loss in at most five characters, if possible with two significant digits."""
    if loss < 0.0095:
        return "0" if loss < LEAST_TOLD else f"{loss:.0e}".replace("e-0", "e-")
    if loss < 0.995:
        return f"{loss:.2f}"
    return f"{loss:.1f}" if loss < 999.5 else f"{loss:.0e}".replace("e+0", "e").replace("e+", "e")
