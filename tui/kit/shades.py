"""The shades of the cells of a map, in the terminal and in figures, and the texts beside them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from echornn.sweeps.results import Cell, GridPoint
from echornn.tasks.task import Numbers, Symbols

LEAST_LOSS, LEAST_SHOWN = 1e-6, 1e-9
"""Losses below these have the same shade, and are shown as 0."""


class Measure(StrEnum):
    """A number that cells can show."""

    SUCCESS = "success"  # the share of seeds that solved the task
    WINDOWS = "windows"  # by which half of the seeds had solved the task
    LOSS = "loss"  # the median of the final losses, each in the unit of its task


def value_of(cell: Cell, measure: Measure) -> float:
    """The value of a measure; NaN without results, infinite if too few networks solved the task for a value."""
    if not cell.finished:
        return math.nan
    match measure:
        case Measure.SUCCESS:
            return cell.solved / cell.asked
        case Measure.WINDOWS:
            return math.inf if cell.half_solved is None else cell.half_solved
        case Measure.LOSS:
            return cell.loss


def meaning(measure: Measure, losses: Collection[str]) -> str:
    """The meaning of a measure, for these kinds of losses: "cross-entropy, nats", "squared error", or both."""
    match measure:
        case Measure.SUCCESS:
            return "seeds that solved it, %"
        case Measure.WINDOWS:
            return "window by which half had solved it"
        case Measure.LOSS if len(losses) > 1:
            return "median final loss, in the unit of each task"
        case _:
            return f"median final {Numbers.loss if Numbers.loss in losses else f'loss, {Symbols.unit}'}"


@dataclass(frozen=True)
class Scale:
    """Maps values of a measure to shades; better values have higher shades.

    Attributes:
        best, worst: the finite values at the ends; NaN if there are none. Between them shades are spaced
            logarithmically, except for shares.
        of_tasks: whether losses of several tasks are shown. They have no common scale: `Cell.way` has the shades.
    """

    measure: Measure
    best: float = 1.0
    worst: float = 0.0
    of_tasks: bool = False

    @classmethod
    def of(cls, points: Sequence[GridPoint], measure: Measure) -> Scale:
        """The scale for the values of these points."""
        of_tasks = measure is Measure.LOSS and len({point.task for point in points if point.results}) > 1
        if measure is Measure.SUCCESS or of_tasks:
            return cls(measure, of_tasks=of_tasks)
        least = 1.0 if measure is Measure.WINDOWS else LEAST_LOSS
        values = (value_of(Cell((), (point,)), measure) for point in points)
        floored = [max(least, value) for value in values if math.isfinite(value)] or [math.nan]
        return cls(measure, min(floored), max(floored))

    @property
    def is_share(self) -> bool:
        """Whether the values are shares, whose shades are spaced evenly."""
        return self.measure is Measure.SUCCESS or self.of_tasks

    def value(self, cell: Cell) -> float:
        """The value that the shade of a cell shows."""
        return cell.way if self.of_tasks else value_of(cell, self.measure)

    def share(self, value: float) -> float:
        """The position of a value between worst (0) and best (1); -1 for an infinite value; NaN stays NaN."""
        if math.isinf(value):
            return -1.0
        if self.is_share or math.isnan(value):
            return value
        if self.best == self.worst:
            return 1.0
        share = math.log(self.worst / max(value, self.best)) / math.log(self.worst / self.best)
        return min(1.0, max(0.0, share))

    def level(self, value: float) -> int:
        """The shade, from 0 (worst) to 4 (best). For success 0 means none and 4 means all; for losses of several tasks
        0 means chance, or not known; for the others 0 means an infinite value.
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
        never = "diverged" if self.measure is Measure.LOSS else "not half solved"
        if self.of_tasks:
            texts = ["3/4 of the way to the last level, or more", "1/2", "1/4", "less", "chance"]
        elif self.measure is Measure.SUCCESS:
            texts = ["all", "2/3 or more", "1/3 or more", "fewer", "none solved"]
        elif math.isnan(self.best):
            return ((0, never),)
        elif self.best == self.worst:
            return (4, short_text(self.best, self.measure)), (0, never)
        else:
            ratio = self.worst / self.best
            edges = [short_text(self.best * ratio ** (step / 4), self.measure) for step in range(5)]
            texts = [*(f"{better} to {worse}" for better, worse in itertools.pairwise(edges)), never]
        return tuple(zip((4, 3, 2, 1, 0), texts, strict=True))


def short_text(value: float, measure: Measure) -> str:
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is NaN."""
    if not math.isfinite(value):
        return "" if math.isnan(value) else "-"
    match measure:
        case Measure.SUCCESS:  # 0 and 100 % only for exactly none and all
            return f"{round(100 * value) if value in (0, 1) else min(99, max(1, round(100 * value)))}"
        case Measure.WINDOWS:
            for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
                if value >= 0.9995 * size:
                    return f"{value / size:.1f}{letter}" if value < 99.95 * size else f"{value / size:.0f}{letter}"
            return str(round(value))
        case Measure.LOSS:
            if value < 0.0095:
                return "0" if value < LEAST_SHOWN else f"{value:.0e}".replace("e-0", "e-")
            if value < 999.5:
                return f"{value:.2f}" if value < 0.995 else f"{value:.1f}"
            return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
