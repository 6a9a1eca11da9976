"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one
value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import ladder_position
from echornn.levels import MOST_AT_CHANCE, chance_width, ladder_of, solved_level
from echornn.sweeps import grid
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import GridPoint, MapCell, Values
from echornn.tasks.task import Numbers, Symbols
from tui.text.lines import shortened

Value = grid.Value | None

Axes = Mapping[str, Values]

BUDGET = "num_epochs"
"""The field that is never averaged over: the same networks with more epochs are not additional
networks."""


@dataclass(frozen=True)
class Choice:
    """The fields of a table's columns and rows, those that are held at one value, and the values
    that a filter keeps.

    Cells count all values of other fields together, except of `BUDGET`: of it the largest.
    """

    across: str | None
    down: str | None
    held: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, frozenset[Value]] = field(default_factory=dict)

    def left(self, name: str, values: Values) -> Values:
        """The values of a field that are shown or counted together."""
        is_shown = name in (self.across, self.down)
        if name in self.held and not is_shown:
            values = (self.held[name],)
        left = tuple(value for value in values if value in self.kept.get(name, values))
        return left[-1:] if name == BUDGET and not is_shown else left


def first_choice(axes: Axes) -> Choice:
    across, down, *_ = (*sorted([*axes][:2], key=lambda name: -len(axes[name])), None, None)
    return Choice(across, down)


@dataclass(frozen=True, eq=False)
class Table:
    results: SweepResults
    choice: Choice
    columns: Values  # of the field across; None alone if there is none
    rows: Values
    cells: tuple[tuple[MapCell, ...], ...]  # [rows][columns]

    @classmethod
    def of(cls, results: SweepResults, choice: Choice) -> Table:
        left = {name: choice.left(name, values) for name, values in results.axes.items()}
        columns = (None,) if choice.across is None else left[choice.across]
        rows = (None,) if choice.down is None else left[choice.down]

        def cell(row: Value, column: Value) -> MapCell:
            chosen = {choice.across: (column,), choice.down: (row,)}
            places = tuple(itertools.product(*(chosen.get(name, left[name]) for name in left)))
            return MapCell.together(places, results.cells)

        return cls(
            results,
            choice,
            columns,
            rows,
            tuple(tuple(cell(row, one) for one in columns) for row in rows),
        )


def numbers_of(cell: MapCell) -> dict[str, int | float | None]:
    """The counts of a cell as CSV has them; None is not known."""
    low = high = share = None
    if cell.finished and cell.can_be_solved:
        share = cell.solved / cell.asked
        if not cell.is_pooled:
            low, high = cell.interval
    return {
        "points": len(cell.points),
        "trained": cell.finished,
        "solved": cell.solved,
        "success": share,
        "low": low,
        "high": high,
        "half_solved": cell.half_solved,
        "median_loss": None if math.isnan(cell.loss) else cell.loss,
        "failed": cell.failed,
        "missing": cell.missing,
    }


def rung_text(config: EchoConfig, loss: float, unsure: float = 0.0) -> str:
    """What a learner with such a mean loss knows, as "at knows t-3" if the loss is unsure by the
    distance; otherwise below which level it is. Empty if the ladder is not known."""
    ladder = ladder_of(config)
    place = ladder_position(ladder, loss, unsure, solved_level(config))
    if place is None:
        return ""
    chance = ladder[0]
    far = (loss - chance.loss) / (MOST_AT_CHANCE * chance_width(config) * chance.loss)
    level = chance if far >= -1 else place.at or place.above
    return (
        f"{'above' if far > 1 else 'at' if far >= -1 or place.at else 'below'} "
        f"{shortened(level.name, 24)}"
    )


def value_text(value: Value) -> str:
    """A value as the user types it."""
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


class Measure(StrEnum):
    SUCCESS = "success"  # the share of seeds that solved the task
    WINDOWS = "windows"  # by which half of the seeds had solved the task
    LOSS = "loss"  # the median of the final losses, each in the unit of its task


LEAST = {Measure.WINDOWS: 1.0, Measure.LOSS: 1e-6}  # smaller values have the same shade
LEAST_SHOWN = 1e-9  # smaller losses are shown as 0


def value_of(cell: MapCell, measure: Measure) -> float:
    """The value of a measure; NaN without results, or if nothing counts as solved; infinite if too
    few networks solved the task for a value."""
    if not cell.finished:
        return math.nan
    if measure is not Measure.LOSS and not cell.can_be_solved:
        return math.nan
    if measure is Measure.SUCCESS:
        return cell.solved / cell.asked
    half = math.inf if cell.half_solved is None else cell.half_solved
    return half if measure is Measure.WINDOWS else cell.loss


def meaning(measure: Measure, losses: Collection[str]) -> str:
    """The meaning of a measure, for these kinds of losses: "cross-entropy, nats", "squared error",
    or both."""
    if measure is Measure.LOSS:
        of_numbers = (
            f"median final {Numbers.loss}"
            if Numbers.loss in losses
            else f"median final loss, {Symbols.unit}"
        )
        return "median final loss, in the unit of each task" if len(losses) > 1 else of_numbers
    return (
        "seeds that solved it, %"
        if measure is Measure.SUCCESS
        else "window by which half had solved it"
    )


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
        values = (value_of(MapCell((), (point,)), measure) for point in points)
        floored = [max(LEAST[measure], value) for value in values if math.isfinite(value)] or [
            math.nan
        ]
        return cls(measure, min(floored), max(floored))

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

    def level(self, value: float) -> int:
        """The shade, from 1 (worst) to 4 (best); 0 for none solved, not known, or an infinite
        value."""
        share = self.share(value)
        if self.measure is Measure.SUCCESS:
            return 4 if share >= 1 else 1 + int(share * 3) if share > 0 else 0
        return 1 + min(3, int(share * 4)) if share >= 0 else 0

    @property
    def legend(self) -> tuple[tuple[int, str], ...]:
        """The shades, the best first, each with its meaning."""
        never = "diverged" if self.measure is Measure.LOSS else "not half solved"
        if self.measure is Measure.SUCCESS:
            texts = ["all", "2/3 or more", "1/3 or more", "fewer", "none solved"]
        elif not self.best < self.worst:
            one = () if math.isnan(self.best) else ((4, short_text(self.best, self.measure)),)
            return (*one, (0, never))
        else:
            edges = [self.best * (self.worst / self.best) ** (step / 4) for step in range(5)]
            pairs = itertools.pairwise(short_text(edge, self.measure) for edge in edges)
            texts = [*(f"{better} to {worse}" for better, worse in pairs), never]
        return tuple(zip((4, 3, 2, 1, 0), texts, strict=True))


def short_text(value: float, measure: Measure) -> str:
    """A value in at most five characters: 94, 1.2k, 0.031; ``-`` if it is infinite, empty if it is
    NaN."""
    if not math.isfinite(value):
        return "" if math.isnan(value) else "-"
    if measure is Measure.SUCCESS:  # 0 and 100 % only for exactly none and all
        return f"{round(100 * value) if value in (0, 1) else min(99, max(1, round(100 * value)))}"
    if measure is Measure.LOSS:
        if 0.0095 <= value < 999.5:
            return f"{value:.2f}" if value < 0.995 else f"{value:.1f}"
        return (
            "0"
            if value < LEAST_SHOWN
            else f"{value:.0e}".replace("+", "").replace("e0", "e").replace("e-0", "e-")
        )
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:
            return f"{value / size:.{1 if value < 99.95 * size else 0}f}{letter}"
    return str(round(value))
