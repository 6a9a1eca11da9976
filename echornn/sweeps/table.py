"""The results of a sweep as a table over two fields; other fields are counted together, or held at
one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Value
from echornn.sweeps.results import MapCell, Values

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
    held: Mapping[str, Value | None] = field(default_factory=dict)
    kept: Mapping[str, frozenset[Value | None]] = field(default_factory=dict)

    @classmethod
    def first(cls, axes: Axes) -> Choice:
        """The first two fields; the one with more values is across."""
        names = sorted([*axes][:2], key=lambda name: -len(axes[name]))
        across, down = [*names, None, None][:2]
        return cls(across, down)

    def left(self, name: str, values: Values) -> Values:
        """The values of a field that are shown or counted together."""
        is_shown = name in (self.across, self.down)
        if name in self.held and not is_shown:
            values = (self.held[name],)
        if name in self.kept:
            values = tuple(value for value in values if value in self.kept[name])
        if name == BUDGET and not is_shown:
            return values[-1:]
        return values


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
        columns: Values = (None,)
        rows: Values = (None,)
        if choice.across is not None:
            columns = left[choice.across]
        if choice.down is not None:
            rows = left[choice.down]

        def cell(row: Value | None, column: Value | None) -> MapCell:
            chosen = {choice.across: (column,), choice.down: (row,)}
            values = [chosen.get(name, left[name]) for name in left]
            return MapCell.together(tuple(itertools.product(*values)), results.cells)

        cells = tuple(tuple(cell(row, column) for column in columns) for row in rows)
        return cls(results, choice, columns, rows, cells)

    @property
    def squares(self) -> Iterator[tuple[dict[str | None, Value | None], MapCell]]:
        """Each cell, row by row, with the values of the fields across and down."""
        for row, down in zip(self.cells, self.rows, strict=True):
            for cell, across in zip(row, self.columns, strict=True):
                yield {self.choice.across: across, self.choice.down: down}, cell


def cell_numbers(cell: MapCell) -> dict[str, int | float | None]:
    """The counts of a cell as CSV has them; None is not known."""
    success = low = high = median_loss = None
    if cell.finished and cell.can_be_solved:
        success = cell.solved / cell.asked
        if not cell.is_pooled:
            low, high = cell.interval
    if not math.isnan(cell.loss):
        median_loss = cell.loss
    return {
        "points": len(cell.points),
        "trained": cell.finished,
        "solved": cell.solved,
        "success": success,
        "low": low,
        "high": high,
        "half_solved": cell.half_solved,
        "median_loss": median_loss,
        "failed": cell.failed,
        "missing": cell.missing,
    }
