"""The frame of the map: everything that is drawn at one time, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from echornn.config import EchoConfig
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Scale, short_text, words_of
from echornn.sweeps.table import Choice, FilterError, Table, solved_text
from tui.map.labels import others_of
from tui.map.state import MapState, cursor_of, mark_of


@dataclass(frozen=True, eq=False)
class MapFrame:
    """The contents of the map at one time.

    Attributes:
        state: the user's choices, such as the fields across and down.
        table, scale: the results as a table, and the scale of shades.
        cursor: row and column of the cell under the cursor.
        mark: row and column of the marked cell; None if it is not on the map.
        refusal: why the filter is invalid; empty if it is valid.
    """

    state: MapState
    table: Table
    scale: Scale
    cursor: tuple[int, int]
    mark: tuple[int, int] | None
    refusal: str = ""

    @classmethod
    def of(cls, state: MapState, results: SweepResults) -> MapFrame:
        """The contents of the map for these results and these choices."""
        refusal = ""
        try:
            choice = state.choice(results.axes)
        except FilterError as error:
            refusal, choice = str(error), Choice(state.across, state.down, state.held)
        table = Table.of(results, choice)
        # so that a filter does not change the meaning of a shade
        scale = Scale.of(results.points, state.measure)
        return cls(state, table, scale, cursor_of(state, table), mark_of(state, table), refusal)

    @cached_property
    def numbers(self) -> list[list[str]]:
        """The text in each cell, [rows][columns], at most five characters; empty if there is no result."""
        measure = self.scale.measure
        return [[short_text(cell.value(measure), measure) for cell in row] for row in self.table.cells]

    def with_state(self, state: MapState) -> MapFrame:
        """The contents after a change of the state; the table is only made again if the change affects it."""
        before = self.state
        if replace(state, row=before.row, column=before.column, mark=before.mark) != before:
            return MapFrame.of(state, self.table.results)
        return replace(self, state=state, cursor=cursor_of(state, self.table), mark=mark_of(state, self.table))

    @property
    def reading(self) -> tuple[str, str, str]:
        """Three lines: how many seeds solved the cell at the cursor, when, and the counts of the marked cell."""
        mark, (row, column) = self.state.mark, self.cursor
        beside = "" if mark is None else f"marked: {mark.name}: {solved_text(mark.cell(self.table.results))}"
        return *self.table.words_of(row, column), beside

    @property
    def heading(self) -> str:
        """The text that says which measure is shown, over which fields, and of which values."""
        choice = self.table.choice
        axes = [f"{word} {name}" for word, name in (("across", choice.across), ("down", choice.down)) if name]
        measure = words_of(self.scale.measure, {point.config.loss_name for point in self.table.results.points})
        kept = [f"filter {self.state.filter}"] if self.state.filter else []
        others = others_of(self.table, self.state.turned)
        return "; ".join(filter(None, (", ".join([measure, *axes]), ", ".join(others), *kept)))

    @property
    def name(self) -> str:
        """The name of the cell at the cursor."""
        return self.table.name_of(*self.cursor)

    @property
    def best(self) -> EchoConfig | None:
        """The configuration to open at the cursor: the point and seed that solved it first or came closest; None if
        none of the cell's points can be trained.
        """
        row, column = self.cursor
        return self.table.cells[row][column].best
