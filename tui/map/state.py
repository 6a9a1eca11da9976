"""The user's choices on the map of a sweep, and how each key changes them: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell, Measure, Values
from echornn.sweeps.table import Axes, Choice, Table, Value, first_choice, kept_values


@dataclass(frozen=True)
class MarkedCell:
    """A cell with which others are compared; it stays marked while the map shows other fields.

    Attributes:
        points: the points of the cell.
        name: the name that the cell had when it was marked.
    """

    points: tuple[Values, ...]
    name: str

    def cell(self, results: SweepResults) -> Cell:
        """The current results of the marked cell."""
        return Cell.together(self.points, results.cells)


@dataclass(frozen=True)
class MapState:
    """The user's choices on the map.

    Attributes:
        across, down: the fields of columns and of rows; None if there is only one column or row.
        held: the values of fields that are held. A cell combines all values of a field that is neither across, down nor
            held.
        turned: the field that the stepping keys change.
        filter: the filter as typed; see `echornn.sweeps.table`.
        measure: the number that cells show.
        row, column: the values of the cell under the cursor; if there is no such cell, the first counts.
        mark: the marked cell, which others are compared with; None if there is none.
    """

    across: str | None = None
    down: str | None = None
    held: Mapping[str, Value] = field(default_factory=dict)
    turned: str | None = None
    filter: str = ""
    measure: Measure = Measure.SUCCESS
    row: Value = None
    column: Value = None
    mark: MarkedCell | None = None

    @classmethod
    def first(cls, axes: Axes) -> MapState:
        """The state at the start, for a sweep over these fields."""
        choice = first_choice(axes)
        return cls(choice.across, choice.down).settled(axes)

    def choice(self, axes: Axes) -> Choice:
        """The part of the sweep that is shown, and the order in which it is shown.

        Raises:
            FilterError: the filter is invalid.
        """
        return Choice(self.across, self.down, self.held, kept_values(self.filter, axes))

    def settled(self, axes: Axes) -> MapState:
        """The state adapted to these fields: fields that do not exist are replaced."""
        across = self.across if self.across in axes else next((name for name in axes if name != self.down), None)
        down = self.down if self.down in axes and self.down != across else None
        held = {name: value for name, value in self.held.items() if value in axes.get(name, ())}
        others = [name for name in axes if name not in (across, down)]
        turned = self.turned if self.turned in others else next(iter(others), None)
        mark = self.mark if self.mark is not None and all(len(one) == len(axes) for one in self.mark.points) else None
        return replace(self, across=across, down=down, held=held, turned=turned, mark=mark)


def others(state: MapState, axes: Axes) -> list[str]:
    """The names of the fields that are neither across nor down."""
    return [name for name in axes if name not in (state.across, state.down)]


def next_across(state: MapState, axes: Axes) -> MapState:
    """The state in which the next field runs across. If that is the field down, the two change places."""
    names = list(axes)
    if len(names) < 2 or state.across is None:
        return state
    name = names[(names.index(state.across) + 1) % len(names)]
    if name == state.down:
        return swapped(state).settled(axes)
    return replace(state, across=name, column=None).settled(axes)


def next_down(state: MapState, axes: Axes) -> MapState:
    """The state in which the next field runs down. After the last field comes none: a single row combines all
    values.
    """
    left: list[str | None] = [name for name in axes if name != state.across]
    order = [*left, None]
    name = order[(order.index(state.down) + 1) % len(order)]
    return replace(state, down=name, row=None).settled(axes)


def swapped(state: MapState) -> MapState:
    """The state with rows and columns exchanged."""
    if state.down is None:
        return state
    return replace(state, across=state.down, down=state.across, row=state.column, column=state.row)


def next_other(state: MapState, axes: Axes) -> MapState:
    """The state in which the keys [ and ] change the next field. Only fields that are neither across nor down count."""
    names = others(state, axes)
    if not names:
        return state
    at = names.index(state.turned) + 1 if state.turned in names else 0
    return replace(state, turned=names[at % len(names)])


def stepped(state: MapState, axes: Axes, by: int) -> MapState:
    """The state with the next (or an earlier) value of the stepped field. Between the last and the first value, cells
    combine all values.
    """
    if state.turned is None or state.turned not in others(state, axes):
        return state
    name = state.turned
    places: list[Value] = list(axes[name])
    at = places.index(state.held[name]) if name in state.held else len(places) if by < 0 else -1
    at += by
    held = {one: value for one, value in state.held.items() if one != name}
    if 0 <= at < len(places):
        held[name] = places[at]
    return replace(state, held=held)


def measured(state: MapState) -> MapState:
    """The state in which the cells show the next measure."""
    measures = list(Measure)
    return replace(state, measure=measures[(measures.index(state.measure) + 1) % len(measures)])


def cursor_of(state: MapState, table: Table) -> tuple[int, int]:
    """Row and column of the cell under the cursor."""
    return _place(table.rows, state.row), _place(table.columns, state.column)


def _place(values: Values, value: Value) -> int:
    return values.index(value) if value in values else 0


def moved(state: MapState, table: Table, rows: int, columns: int) -> MapState:
    """The state with the cursor moved by ``rows`` and ``columns``, at most to the edge of the table."""
    row, column = cursor_of(state, table)
    row = min(len(table.rows) - 1, max(0, row + rows))
    column = min(len(table.columns) - 1, max(0, column + columns))
    return replace(state, row=table.rows[row], column=table.columns[column])


def mark_of(state: MapState, table: Table) -> tuple[int, int] | None:
    """Row and column of the marked cell; None if it is not on the map."""
    if state.mark is None:
        return None
    for row, cells in enumerate(table.cells):
        for column, cell in enumerate(cells):
            if cell.places == state.mark.points:
                return row, column
    return None
