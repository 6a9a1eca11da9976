"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.maps.seed_counts import SeedCounts
from echornn.sweeps import axis
from echornn.sweeps.trained_by import Versions

Value = axis.Value | None
"""A value of a field; None is an unset stride."""

Values = tuple[Value, ...]
"""The values of a point, in the order of the axes."""


BUDGET = "num_epochs"
"""The field that is never averaged over: the same networks with more epochs are not additional networks."""


class SweepCounts(NamedTuple):
    """Counts over many points. The numbers of trainings that are finished, solved, lost again, given up and not
    finished; and of points that cannot be trained.
    """

    trained: int
    solved: int
    lost: int
    failed: int
    missing: int
    left_out: int

    @classmethod
    def of(cls, all_counts: Collection[SeedCounts]) -> SweepCounts:
        """The sum of these counts."""
        names = ("finished", *cls._fields[1:])
        return cls(*(sum(getattr(one, name) for one in all_counts) for name in names))


@dataclass(frozen=True, eq=False)
class Overview:
    """The results of a sweep at one time, from which tables are made.

    Attributes:
        axes: the swept fields, each with its values in order.
        all_counts: the counts of each point, by the point's values.
        configs: the configuration of each trainable point, with its first seed.
        reasons: for points that were given up or are impossible, the reason.
        seeds: the seeds of all points, ascending.
        until_solved: whether networks stop once they have solved the echo, rather than train all epochs.
        versions: the program versions, by `SeedCounts.version`.
    """

    axes: Mapping[str, Values]
    all_counts: Mapping[Values, SeedCounts]
    configs: Mapping[Values, EchoConfig]
    reasons: Mapping[Values, str] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    until_solved: bool = True
    versions: tuple[Versions, ...] = ()

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over all points."""
        return SweepCounts.of(self.all_counts.values())

    @cached_property
    def losses(self) -> set[str]:
        """The kind of the networks' losses, with the unit."""
        return {config.loss_name for config in self.configs.values()}

    @cached_property
    def shown_versions(self) -> list[int]:
        """The versions with points on the map, the oldest first."""
        return sorted({counts.version for counts in self.all_counts.values() if counts.asked})


def windows_of(config: EchoConfig) -> int:
    """The most windows that a network with this configuration trains."""
    return config.num_epochs * config.windows_per_epoch


@dataclass(frozen=True)
class Choice:
    """The choice of what a table shows.

    Attributes:
        across, down: the fields of columns and of rows; None if there is only one column or row.
        held: fields held at one value. Other fields are averaged over, except `BUDGET`, for which the largest value is
            used.
        kept: the values that the filter keeps, by field.
    """

    across: str | None
    down: str | None
    held: Mapping[str, Value] = field(default_factory=dict)
    kept: Mapping[str, frozenset[Value]] = field(default_factory=dict)

    def left(self, name: str, values: Values) -> Values:
        """The values of a field that are shown or combined."""
        if name in self.held and name not in (self.across, self.down):
            values = (self.held[name],)
        kept = self.kept.get(name)
        left = values if kept is None else tuple(value for value in values if value in kept)
        return left[-1:] if name == BUDGET and name not in (self.across, self.down) else left


@dataclass(frozen=True, eq=False)
class MapCell:
    """A cell of the table: one point, or several that are combined.

    Attributes:
        points: the values of its points.
        all_counts: the counts of the points that belong to the sweep.
        configs: the configurations of trainable points, each with its first seed.
    """

    points: tuple[Values, ...]
    all_counts: Mapping[Values, SeedCounts]
    configs: Mapping[Values, EchoConfig]

    @cached_property
    def counts(self) -> SeedCounts:
        """The counts over all points of the cell."""
        return SeedCounts.together(self.all_counts.values())

    @property
    def numbers(self) -> dict[str, int | float | None]:
        """The counts as CSV has them; None is not known. Several points have no interval."""
        counts = self.counts
        low, high = (None, None) if counts.is_pooled or not counts.finished else counts.interval
        return {
            "points": len(self.configs),
            "trained": counts.finished,
            "solved": counts.solved,
            "success": counts.success if counts.finished else None,
            "low": low,
            "high": high,
            "half_solved": counts.half_solved,
            "median_loss": None if math.isnan(counts.loss) else counts.loss,
            "failed": counts.failed,
            "missing": counts.missing,
        }

    @property
    def best(self) -> EchoConfig | None:
        """The configuration, with its seed, that solved the echo first or else had the lowest loss; the first
        configuration if there are no results, None if no point can be trained.
        """
        best, point = self.counts.best, self.best_point
        if best is None or point is None:
            return next(iter(self.configs.values()), None)
        return replace(self.configs[point], seed=best.seed)

    @property
    def best_point(self) -> Values | None:
        """The point of the cell's best seed; None without results."""
        version = self.counts.version
        all_counts = {point: counts for point, counts in self.all_counts.items() if counts.version == version}
        known = [(one, point) for point, counts in all_counts.items() if (one := counts.best) is not None]
        return min(known, key=lambda pair: pair[0].rank)[1] if known else None


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a map, in rows and columns.

    Attributes:
        overview, choice: the results and the choice from which it is made.
        columns, rows: the values of the fields across and down; a single None if there is no such field.
        cells: the cells, [rows][columns].
    """

    overview: Overview
    choice: Choice
    columns: Values
    rows: Values
    cells: tuple[tuple[MapCell, ...], ...]

    @property
    def budget(self) -> dict[str, Value]:
        """The number of epochs, as a field, if the sweep has several; otherwise empty."""
        values = self.overview.axes.get(BUDGET, ())
        left = self.choice.left(BUDGET, values)
        return {BUDGET: left[0]} if len(left) == 1 and len(values) > 1 else {}

    @property
    def all_counts(self) -> list[SeedCounts]:
        """The counts of all cells."""
        return [cell.counts for row in self.cells for cell in row]

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over the whole table."""
        return SweepCounts.of(self.all_counts)


def first_choice(axes: Mapping[str, Values]) -> Choice:
    """The choice at the start: the first two fields, the one with more values across."""
    first, second, *_ = (*axes, None, None)
    if first is not None and second is not None and len(axes[second]) > len(axes[first]):
        first, second = second, first
    return Choice(first, second)


def table_of(overview: Overview, choice: Choice) -> Table:
    """The table of these results for this choice."""
    axes = overview.axes
    left = {name: choice.left(name, values) for name, values in axes.items()}
    across, down = choice.across, choice.down
    columns = (None,) if across is None else left[across]
    rows = (None,) if down is None else left[down]

    def cell(row: Value, column: Value) -> MapCell:
        chosen = {across: (column,), down: (row,)}
        points = tuple(itertools.product(*(chosen.get(name, left[name]) for name in axes)))
        all_counts = {point: overview.all_counts[point] for point in points if point in overview.all_counts}
        return MapCell(
            points, all_counts, {point: overview.configs[point] for point in all_counts if point in overview.configs}
        )

    return Table(overview, choice, columns, rows, tuple(tuple(cell(row, column) for column in columns) for row in rows))
