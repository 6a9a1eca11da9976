"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from echornn.config import EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_width, ladder_of, solved_level
from echornn.diagnosis.loss_stats import ladder_position
from echornn.sweeps import grid
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell, Values
from tui.kit.phrases import shortened

Value = grid.Value | None

Axes = Mapping[str, Values]

BUDGET = "num_epochs"
"""The field that is never averaged over: the same networks with more epochs are not additional networks."""


@dataclass(frozen=True)
class Choice:
    """What a table shows: the fields of columns and of rows, and those that are held at one value.

    Other fields are averaged over, except `BUDGET`, for which the largest value is used. ``kept`` are the values that
    the filter keeps.
    """

    across: str | None
    down: str | None
    held: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, frozenset[Value]] = field(default_factory=dict)

    def left(self, name: str, values: Values) -> Values:
        """The values of a field that are shown or combined."""
        is_shown = name in (self.across, self.down)
        if name in self.held and not is_shown:
            values = (self.held[name],)
        kept = self.kept.get(name)
        left = values if kept is None else tuple(value for value in values if value in kept)
        return left[-1:] if name == BUDGET and not is_shown else left


def first_choice(axes: Axes) -> Choice:
    """The choice at the start: the first two fields, the one with more values across."""
    across, down, *_ = (*sorted([*axes][:2], key=lambda name: -len(axes[name])), None, None)
    return Choice(across, down)


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a map, [rows][columns]; the values across or down are a single None if there is no such field."""

    results: SweepResults
    choice: Choice
    columns: Values
    rows: Values
    cells: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, results: SweepResults, choice: Choice) -> Table:
        """The table of these results for this choice."""
        left = {name: choice.left(name, values) for name, values in results.axes.items()}
        columns = (None,) if choice.across is None else left[choice.across]
        rows = (None,) if choice.down is None else left[choice.down]

        def cell(row: Value, column: Value) -> Cell:
            chosen = {choice.across: (column,), choice.down: (row,)}
            places = tuple(itertools.product(*(chosen.get(name, left[name]) for name in left)))
            return Cell.together(places, results.cells)

        cells = tuple(tuple(cell(row, column) for column in columns) for row in rows)
        return cls(results, choice, columns, rows, cells)


def numbers_of(cell: Cell) -> dict[str, int | float | None]:
    """The counts of a cell as CSV has them; None is not known."""
    low, high = cell.interval if cell.finished and not cell.is_pooled else (None, None)
    return {
        "points": len(cell.points),
        "trained": cell.finished,
        "solved": cell.solved,
        "success": cell.solved / cell.asked if cell.finished else None,
        "low": low,
        "high": high,
        "half_solved": cell.half_solved,
        "median_loss": None if math.isnan(cell.loss) else cell.loss,
        "failed": cell.failed,
        "missing": cell.missing,
    }


def rung_text(config: EchoConfig, loss: float) -> str:
    """The position of a mean loss of the last windows on the ladder: "at chance", "at knows t-3", "below knows t-3";
    empty if the task has no ladder, or the loss is not known.

    It says how much a learner with such a loss knows, not what the networks know.
    """
    ladder = ladder_of(config)
    place = ladder_position(ladder, loss, solved=solved_level(config))
    if place is None:
        return ""
    chance = ladder[0]
    far = math.inf if math.isinf(loss) else (loss - chance.loss) / (MOST_AT_CHANCE * chance_width(config) * chance.loss)
    if far >= -1:
        return f"{'above' if far > 1 else 'at'} {shortened(chance.name)}"
    return f"at {shortened(place.at.name)}" if place.at else f"below {shortened(place.above.name)}"


def value_text(value: Value) -> str:
    """A value as the user types it."""
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
