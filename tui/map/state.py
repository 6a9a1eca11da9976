"""What the user has chosen to see of a sweep, and how each key changes that: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from echornn.maps.kept_values import kept_values
from echornn.maps.measures import Measure
from echornn.maps.table import Choice, Surveyed, Table, Value, Values, first_choice
from echornn.maps.tally import Tally

Axes = Mapping[str, Values]


@dataclass(frozen=True)
class MarkedCell:
    """A cell that others are compared with, wherever the map has gone since.

    Attributes:
        points: of the cell.
        name: what it was called.
    """

    points: tuple[Values, ...]
    name: str

    def tally(self, surveyed: Surveyed) -> Tally:
        """What has come of it by now."""
        return Tally.together(surveyed.tallies[point] for point in self.points if point in surveyed.tallies)


@dataclass(frozen=True)
class MapState:
    """What is seen.

    Attributes:
        across, down: fields of columns and rows; None where there is but one.
        held: values of fields that are held; of the others a cell has all values.
        turned: the field that the stepping keys step.
        filter: words; see `echornn.maps.kept_values`.
        measure: what is shown of a cell.
        row, column: values of the cell under the cursor; the first where there is no such value.
        mark: what it is compared with.
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
        """What is seen first."""
        choice = first_choice(axes)
        return cls(choice.across, choice.down).settled(axes)

    def choice(self, axes: Axes) -> Choice:
        """What of the sweep is laid out.

        Raises:
            FilterError: the filter's words are none.
        """
        return Choice(self.across, self.down, self.held, kept_values(self.filter, axes))

    def settled(self, axes: Axes) -> MapState:
        """The same for these axes, where some are gone, or others there."""
        across = self.across if self.across in axes else next((name for name in axes if name != self.down), None)
        down = self.down if self.down in axes and self.down != across else None
        held = {name: value for name, value in self.held.items() if value in axes.get(name, ())}
        others = [name for name in axes if name not in (across, down)]
        turned = self.turned if self.turned in others else next(iter(others), None)
        mark = self.mark if self.mark is not None and all(len(one) == len(axes) for one in self.mark.points) else None
        return replace(self, across=across, down=down, held=held, turned=turned, mark=mark)


def others(state: MapState, axes: Axes) -> list[str]:
    """The fields that are neither across nor down."""
    return [name for name in axes if name not in (state.across, state.down)]


def next_across(state: MapState, axes: Axes) -> MapState:
    """The next field across; where that is the one down, they change places."""
    names = list(axes)
    if len(names) < 2 or state.across is None:
        return state
    name = names[(names.index(state.across) + 1) % len(names)]
    if name == state.down:
        return swapped(state).settled(axes)
    return replace(state, across=name, column=None).settled(axes)


def next_down(state: MapState, axes: Axes) -> MapState:
    """The next field down, or none after the last: then there is one row, of all its values together."""
    left: list[str | None] = [name for name in axes if name != state.across]
    order = [*left, None]
    name = order[(order.index(state.down) + 1) % len(order)]
    return replace(state, down=name, row=None).settled(axes)


def swapped(state: MapState) -> MapState:
    """Rows as columns, columns as rows."""
    if state.down is None:
        return state
    return replace(state, across=state.down, down=state.across, row=state.column, column=state.row)


def next_other(state: MapState, axes: Axes) -> MapState:
    """Another of the fields that are neither across nor down is the one that is stepped."""
    names = others(state, axes)
    if not names:
        return state
    at = names.index(state.turned) + 1 if state.turned in names else 0
    return replace(state, turned=names[at % len(names)])


def stepped(state: MapState, axes: Axes, by: int) -> MapState:
    """The field that is stepped, at its next value, or the one before; around its ends lies the average over all."""
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
    """The next measure."""
    measures = list(Measure)
    return replace(state, measure=measures[(measures.index(state.measure) + 1) % len(measures)])


def cursor_of(state: MapState, table: Table) -> tuple[int, int]:
    """Row and column of the cell under the cursor."""
    return _place(table.rows, state.row), _place(table.columns, state.column)


def _place(values: Values, value: Value) -> int:
    return values.index(value) if value in values else 0


def moved(state: MapState, table: Table, rows: int, columns: int) -> MapState:
    """The cursor so many rows and columns on, as far as there are any."""
    row, column = cursor_of(state, table)
    row = min(len(table.rows) - 1, max(0, row + rows))
    column = min(len(table.columns) - 1, max(0, column + columns))
    return replace(state, row=table.rows[row], column=table.columns[column])


def mark_of(state: MapState, table: Table) -> tuple[int, int] | None:
    """Row and column of the marked cell, if it is on this map."""
    if state.mark is None:
        return None
    for row, cells in enumerate(table.cells):
        for column, cell in enumerate(cells):
            if cell.points == state.mark.points:
                return row, column
    return None
