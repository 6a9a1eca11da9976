"""A sweep as a table of two fields; the other fields are averaged over, or have one value each."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.maps.ranking import Place, Ranking, ranking_of
from echornn.maps.seed_counts import SeedCounts
from echornn.maps.theory import LIMITS, Limit
from echornn.sweeps import axis
from echornn.sweeps.trained_by import Versions

Value = axis.Value | None
"""A value of a field; None is a stride that is not set."""

Values = tuple[Value, ...]
"""A value for each axis, in the order of the axes: the name of a point."""


BUDGET = "num_epochs"
"""The field that is never averaged over: the same networks trained for less and for more are not more networks."""


class SweepCounts(NamedTuple):
    """Counts over many points: trainings that are done, those of them that solved the echo, those that lost it again,
    those given up, and those to come; and points that cannot be trained.
    """

    trained: int
    solved: int
    lost: int
    failed: int
    missing: int
    left_out: int

    @classmethod
    def of(cls, all_counts: Collection[SeedCounts]) -> SweepCounts:
        """The counts over all of these."""
        names = ("finished", "solved", "lost", "failed", "missing", "left_out")
        return cls(*(sum(getattr(one, name) for one in all_counts) for name in names))


@dataclass(frozen=True)
class Overview:
    """The results of a sweep at one time, ready for tables.

    Attributes:
        axes: the swept fields, with their values in order.
        all_counts: the counts of each point, by its values.
        configs: the configuration of each point that can be trained, with the first of its seeds.
        reasons: why a point was given up, or is impossible.
        seeds: the seeds of all points, ascending.
        until_solved: whether a network trains until it has solved the echo, or all of its epochs.
        elsewhere: the number of results of these points by earlier versions, which are not counted.
        versions: the versions of the program, by `SeedCounts.version`.
    """

    axes: Mapping[str, Values]
    all_counts: Mapping[Values, SeedCounts]
    configs: Mapping[Values, EchoConfig]
    reasons: Mapping[Values, str] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    until_solved: bool = True
    elsewhere: int = 0
    versions: tuple[Versions, ...] = ()

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over all points."""
        return SweepCounts.of(self.all_counts.values())

    @cached_property
    def shown_versions(self) -> list[int]:
        """The versions that have trained a point, or will, the oldest first."""
        return sorted({counts.version for counts in self.all_counts.values() if counts.asked})


def windows_of(config: EchoConfig) -> int:
    """The most windows that a network trains."""
    return config.num_epochs * config.windows_per_epoch


@dataclass(frozen=True)
class Choice:
    """The part of a sweep that the table shows.

    Attributes:
        across, down: the fields of columns and of rows; None if there is only one column or row.
        held: fields held at one value; all others are averaged over, except `BUDGET`, of which the largest value is
            taken.
        kept: for each field that is filtered, the values that stay.
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
        all_counts: the counts of those that are points of the sweep.
        configs: the configurations of points that can be trained, each with the first of its seeds.
    """

    points: tuple[Values, ...]
    all_counts: Mapping[Values, SeedCounts]
    configs: Mapping[Values, EchoConfig]

    @cached_property
    def counts(self) -> SeedCounts:
        """The counts over all of its points."""
        return SeedCounts.together(self.all_counts.values())

    @property
    def best(self) -> EchoConfig | None:
        """The configuration, with its seed, that solved the echo first, or else had the lowest loss; the first
        configuration if there are no results, None if none can be trained.
        """
        best, point = self.counts.best, self.best_point
        if best is None or point is None:
            return next(iter(self.configs.values()), None)
        return replace(self.configs[point], seed=best.seed)

    @property
    def best_point(self) -> Values | None:
        """The point of its best seed; None if there are no results."""
        version = self.counts.version
        all_counts = {point: counts for point, counts in self.all_counts.items() if counts.version == version}
        known = [(one, point) for point, counts in all_counts.items() if (one := counts.best) is not None]
        return min(known, key=lambda pair: pair[0].rank)[1] if known else None


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a map in rows and columns.

    Attributes:
        overview, choice: the results and the choice from which it is made.
        columns, rows: values of the field across and of the field down; a single None if there is no such field.
        cells: [rows][columns].
    """

    overview: Overview
    choice: Choice
    columns: Values
    rows: Values
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def budget(self) -> dict[str, Value]:
        """The number of epochs of its networks, if the sweep has several numbers; else empty."""
        values = self.overview.axes.get(BUDGET, ())
        left = self.choice.left(BUDGET, values)
        return {BUDGET: left[0]} if len(left) == 1 and len(values) > 1 else {}

    @cached_property
    def windows_differ(self) -> bool:
        """Whether the points of its cells have different largest numbers of windows."""
        configs = (config for row in self.cells for cell in row for config in cell.configs.values())
        return len(set(map(windows_of, configs))) > 1

    @property
    def all_counts(self) -> list[SeedCounts]:
        """The counts of all cells."""
        return [cell.counts for row in self.cells for cell in row]

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over everything that is shown."""
        return SweepCounts.of(self.all_counts)

    @cached_property
    def ranking(self) -> Ranking | None:
        """The ranking of the cells by how often they are solved; None if fewer than two can be ranked."""
        return ranking_of({place: self.cell(place).counts for place in self.places})

    @property
    def places(self) -> list[Place]:
        """The places of all cells, row by row."""
        return list(itertools.product(range(len(self.rows)), range(len(self.columns))))

    def cell(self, place: Place) -> Cell:
        """The cell in this row and column."""
        row, column = place
        return self.cells[row][column]

    def beyond(self, limit: Limit) -> tuple[tuple[bool | None, ...], ...]:
        """Which cells lie beyond a limit, [rows][columns]; None if their points disagree, or none can be trained."""
        return tuple(tuple(_common(cell, limit) for cell in row) for row in self.cells)

    @property
    def limits(self) -> list[Limit]:
        """The limits that divide the table's cells."""
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


def table_of(overview: Overview, choice: Choice) -> Table:
    """The table of a sweep for this choice."""
    axes = overview.axes
    left = {name: choice.left(name, values) for name, values in axes.items()}
    across, down = choice.across, choice.down
    columns = (None,) if across is None else left[across]
    rows = (None,) if down is None else left[down]

    def cell(row: Value, column: Value) -> Cell:
        chosen = {across: (column,), down: (row,)}
        points = tuple(itertools.product(*(chosen.get(name, left[name]) for name in axes)))
        all_counts = {point: overview.all_counts[point] for point in points if point in overview.all_counts}
        return Cell(
            points, all_counts, {point: overview.configs[point] for point in all_counts if point in overview.configs}
        )

    return Table(overview, choice, columns, rows, tuple(tuple(cell(row, column) for column in columns) for row in rows))
