"""A sweep as a table of two fields; the other fields are joined, or have one value each."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.sweeps import axis
from echornn.sweeps.ranking import Place, Ranking, ranking_of
from echornn.sweeps.tally import Tally
from echornn.sweeps.theory import LIMITS, Limit
from echornn.sweeps.trained_by import Versions

Value = axis.Value | None
"""A value of a field; None is a stride that is not set."""

Values = tuple[Value, ...]
"""A value for each axis, in the order of the axes: the name of a point."""


BUDGET = "num_epochs"
"""No field to average over: the same networks, trained for less and for more, are no more networks."""


class SweepCounts(NamedTuple):
    """Trainings of many points: done, of these solved, of these lost again; given up; yet to come. And points that
    cannot be trained."""

    trained: int
    solved: int
    lost: int
    failed: int
    missing: int
    left_out: int

    @classmethod
    def of(cls, tallies: Collection[Tally]) -> SweepCounts:
        """Of all of them."""
        names = ("count", "solved", "lost", "failed", "missing", "left_out")
        return cls(*(sum(getattr(one, name) for one in tallies) for name in names))


@dataclass(frozen=True)
class Surveyed:
    """The results of a sweep at one time.

    Attributes:
        axes: the swept fields, with their values in order.
        tallies: of each point, by its values.
        configs: of each point that can be trained, with the first of its seeds.
        reasons: why a point was given up, or cannot be.
        seeds: of all points, ascending.
        until_solved: whether a network trains until it has solved the echo, or all of its epochs.
        elsewhere: results of these points by versions before, which are in no tally.
        versions: of the program, by `Tally.version`.
    """

    axes: Mapping[str, Values]
    tallies: Mapping[Values, Tally]
    configs: Mapping[Values, EchoConfig]
    reasons: Mapping[Values, str] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    until_solved: bool = True
    elsewhere: int = 0
    versions: tuple[Versions, ...] = ()

    @cached_property
    def counts(self) -> SweepCounts:
        """Of all points."""
        return SweepCounts.of(self.tallies.values())

    @cached_property
    def shown_versions(self) -> list[int]:
        """Those that have trained a point, or are to, the oldest first."""
        return sorted({tally.version for tally in self.tallies.values() if tally.asked})


def windows_of(config: EchoConfig) -> int:
    """How many windows a network trains at most."""
    return config.num_epochs * config.windows_per_epoch


@dataclass(frozen=True)
class Choice:
    """What of a sweep the table shows.

    Attributes:
        across, down: fields of columns and of rows; None where there is but one.
        held: fields held at one value; all others are averaged over, but for `BUDGET`, of which it is the largest.
        kept: of each field that is filtered, the values that stay.
    """

    across: str | None
    down: str | None
    held: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, frozenset[Value]] = field(default_factory=dict)

    def left(self, name: str, values: Values) -> Values:
        """The values of a field that are shown or joined."""
        if name in self.held and name not in (self.across, self.down):
            values = (self.held[name],)
        kept = self.kept.get(name)
        left = values if kept is None else tuple(value for value in values if value in kept)
        return left[-1:] if name == BUDGET and name not in (self.across, self.down) else left


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell of the table.

    Attributes:
        points: the values of its points.
        tallies: of those that are points of the sweep.
        configs: those of its points that can be trained, each with the first of its seeds.
    """

    points: tuple[Values, ...]
    tallies: Mapping[Values, Tally]
    configs: Mapping[Values, EchoConfig]

    @cached_property
    def tally(self) -> Tally:
        """Of all of them."""
        return Tally.together(self.tallies.values())

    @property
    def best(self) -> EchoConfig | None:
        """The configuration, with its seed, that solved it first, or else had the least loss; the first where nothing
        is known of any, None where none can be trained."""
        best, point = self.tally.best, self.best_point
        if best is None or point is None:
            return next(iter(self.configs.values()), None)
        return replace(self.configs[point], seed=best.seed)

    @property
    def best_point(self) -> Values | None:
        """The point of the best of its seeds; None where nothing is known of any."""
        version = self.tally.version
        tallies = {point: tally for point, tally in self.tallies.items() if tally.version == version}
        known = [(one, point) for point, tally in tallies.items() if (one := tally.best) is not None]
        return min(known, key=lambda pair: pair[0].rank)[1] if known else None


@dataclass(frozen=True, eq=False)
class Table:
    """Cells in rows and columns.

    Attributes:
        surveyed, choice: what it is made of.
        columns, rows: values of the field across and of the field down; one None where there is no such field.
        cells: [rows][columns].
    """

    surveyed: Surveyed
    choice: Choice
    columns: Values
    rows: Values
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def budget(self) -> dict[str, Value]:
        """For how many epochs its networks are trained, where those of the sweep differ in it; else empty."""
        values = self.surveyed.axes.get(BUDGET, ())
        left = self.choice.left(BUDGET, values)
        return {BUDGET: left[0]} if len(left) == 1 and len(values) > 1 else {}

    @cached_property
    def windows_differ(self) -> bool:
        """Whether the points of its cells train different numbers of windows at the most."""
        configs = (config for row in self.cells for cell in row for config in cell.configs.values())
        return len(set(map(windows_of, configs))) > 1

    @property
    def tallies(self) -> list[Tally]:
        """Of all cells."""
        return [cell.tally for row in self.cells for cell in row]

    @cached_property
    def counts(self) -> SweepCounts:
        """Of all that is laid out."""
        return SweepCounts.of(self.tallies)

    @cached_property
    def ranking(self) -> Ranking | None:
        """Which cell is solved most often; None where fewer than two can be ranked."""
        return ranking_of({place: self.cell(place).tally for place in self.places})

    @property
    def places(self) -> list[Place]:
        """The places of all cells, row by row."""
        return list(itertools.product(range(len(self.rows)), range(len(self.columns))))

    def cell(self, place: Place) -> Cell:
        """The cell in this row and column."""
        row, column = place
        return self.cells[row][column]

    def beyond(self, limit: Limit) -> tuple[tuple[bool | None, ...], ...]:
        """Which cells lie beyond a limit, [rows][columns]; None where its points disagree, or none can be trained."""
        return tuple(tuple(_common(cell, limit) for cell in row) for row in self.cells)

    @property
    def limits(self) -> list[Limit]:
        """Those that part the table's cells."""
        return [limit for limit in LIMITS if {True, False} <= {one for row in self.beyond(limit) for one in row}]


def _common(cell: Cell, limit: Limit) -> bool | None:
    found = {limit.is_beyond(config) for config in cell.configs.values()}
    return found.pop() if len(found) == 1 else None


def first_choice(axes: Mapping[str, Values]) -> Choice:
    """The choice if the user asked for none: the first two fields, the one with more values across."""
    first, second, *_ = (*axes, None, None)
    if first is not None and second is not None and len(axes[second]) > len(axes[first]):
        first, second = second, first
    return Choice(first, second)


def table_of(surveyed: Surveyed, choice: Choice) -> Table:
    """The table of a sweep for this choice."""
    axes = surveyed.axes
    left = {name: choice.left(name, values) for name, values in axes.items()}
    across, down = choice.across, choice.down
    columns = (None,) if across is None else left[across]
    rows = (None,) if down is None else left[down]

    def cell(row: Value, column: Value) -> Cell:
        chosen = {across: (column,), down: (row,)}
        points = tuple(itertools.product(*(chosen.get(name, left[name]) for name in axes)))
        tallies = {point: surveyed.tallies[point] for point in points if point in surveyed.tallies}
        return Cell(points, tallies, {point: surveyed.configs[point] for point in tallies if point in surveyed.configs})

    return Table(surveyed, choice, columns, rows, tuple(tuple(cell(row, column) for column in columns) for row in rows))
