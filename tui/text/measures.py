"""What a map shows of each cell of a sweep's table: a measure, its shades, and its values as
texts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from echornn.sweeps.grid import Value
from echornn.sweeps.results import GridPoint, MapCell
from echornn.tasks.task import Numbers, Symbols


class Measure(StrEnum):
    SUCCESS = "success"  # the share of seeds that solved the task
    WINDOWS = "windows"  # by which half of the seeds had solved the task
    LOSS = "loss"  # the median of the final losses, each in the unit of its task


# Chosen by eye
LEAST = {Measure.WINDOWS: 1.0, Measure.LOSS: 1e-6}  # smaller values have the same shade
LEAST_SHOWN = 1e-9  # smaller losses are shown as 0


def value_of(cell: MapCell, measure: Measure) -> float:
    """The value of a measure; NaN without results, or if nothing counts as solved; infinite if too
    few networks solved the task for a value."""
    if not cell.finished:
        return math.nan
    if measure is Measure.LOSS:
        return cell.loss
    if not cell.can_be_solved:
        return math.nan
    if measure is Measure.SUCCESS:
        return cell.solved / cell.asked
    if cell.half_solved is None:
        return math.inf
    return cell.half_solved


def meaning(measure: Measure, points: Sequence[GridPoint]) -> str:
    """The meaning of a measure, with the unit of losses if these points have one."""
    if measure is Measure.SUCCESS:
        return "seeds that solved it, %"
    if measure is Measure.WINDOWS:
        return "window by which half had solved it"
    losses = {point.config.loss_name for point in points}
    if len(losses) > 1:
        return "median final loss, in the unit of each task"
    if Numbers.loss in losses:
        return f"median final {Numbers.loss}"
    return f"median final loss, {Symbols.unit}"


@dataclass(frozen=True)
class Scale:
    """Maps values of a measure to shades; better ones have higher shades; logarithmically, except
    for shares."""

    measure: Measure
    best: float = 1.0  # of the finite values; NaN if there are none
    worst: float = 0.0

    @classmethod
    def of(cls, points: Sequence[GridPoint], measure: Measure) -> Scale:
        if measure is Measure.SUCCESS:
            return cls(measure)
        values = []
        for point in points:
            value = value_of(MapCell((), (point,)), measure)
            if math.isfinite(value):
                values.append(max(LEAST[measure], value))
        if not values:
            values.append(math.nan)
        return cls(measure, min(values), max(values))

    def share(self, value: float) -> float:
        """The position of a value between worst (0) and best (1); -1 for an infinite value; NaN
        stays NaN."""
        if math.isinf(value):
            return -1.0
        if self.measure is Measure.SUCCESS or math.isnan(value):
            return value
        if self.best == self.worst:
            return 1.0
        share = math.log(self.worst / max(value, self.best)) / math.log(self.worst / self.best)
        return min(1.0, max(0.0, share))

    def value(self, share: float) -> float:
        """The value at a position between worst and best, which are not NaN."""
        return float(self.worst * (self.best / self.worst) ** share)

    def level(self, value: float) -> int:
        """The shade, from 1 (worst) to 4 (best); 0 for none solved, not known, or an infinite
        value."""
        share = self.share(value)
        if self.measure is not Measure.SUCCESS:
            return 1 + min(3, int(share * 4)) if share >= 0 else 0
        if share >= 1:  # only if all have solved it
            return 4
        return 1 + int(share * 3) if share > 0 else 0

    @property
    def legend(self) -> list[tuple[int, str]]:
        """The shades, the best first, each with its meaning."""
        if self.measure is Measure.SUCCESS:
            texts = ["all", "2/3 or more", "1/3 or more", "fewer", "none solved"]
            return list(zip((4, 3, 2, 1, 0), texts, strict=True))
        legend = []
        if self.best < self.worst:
            edges = [self.best * (self.worst / self.best) ** (step / 4) for step in range(5)]
            texts = [short_text(edge, self.measure) for edge in edges]
            for level, (better, worse) in zip((4, 3, 2, 1), itertools.pairwise(texts), strict=True):
                legend.append((level, f"{better} to {worse}"))
        elif not math.isnan(self.best):
            legend.append((4, short_text(self.best, self.measure)))
        never = "diverged" if self.measure is Measure.LOSS else "not half solved"
        return [*legend, (0, never)]


def value_text(value: Value | None) -> str:
    """A value of a field as the user types it."""
    if value is None:
        return "unset"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def short_text(value: float, measure: Measure) -> str:
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is
    NaN."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "-"
    if measure is Measure.SUCCESS:
        return _short_percent(value)
    if measure is Measure.LOSS:
        return _short_loss(value)
    return _short_count(value)


def _short_percent(share: float) -> str:
    percent = round(100 * share)
    if 0 < share < 1:  # 0 and 100 % are only for exactly none and all
        percent = min(99, max(1, percent))
    return str(percent)


def _short_loss(loss: float) -> str:
    if loss < LEAST_SHOWN:
        return "0"
    if 0.0095 <= loss < 999.5:
        decimals = 2 if loss < 0.995 else 1
        return f"{loss:.{decimals}f}"
    digit, exponent = f"{loss:.0e}".split("e")
    return f"{digit}e{int(exponent)}"


def _short_count(count: float) -> str:
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            decimals = 1 if count < 99.95 * size else 0
            return f"{count / size:.{decimals}f}{letter}"
    return str(round(count))
