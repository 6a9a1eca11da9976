"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import TASK, EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_width, ladder_of, lost_level, solved_level, way_from_chance
from echornn.diagnosis.loss_stats import ladder_position
from echornn.diagnosis.phrases import shortened
from echornn.maps.seed_counts import SeedCounts, SeedResult
from echornn.own import OwnFile
from echornn.sweeps import axis
from echornn.sweeps.results import GridPoint, SweepResults
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


def rung_text(config: EchoConfig, loss: float) -> str:
    """The position of a mean loss of the last windows on the ladder: "at chance", "at knows t-3", "below knows t-3";
    empty if the task has no ladder, or the loss is not known.

    It says how much a learner with such a loss knows, not what the networks know.
    """
    place = ladder_position(ladder_of(config), loss, solved=solved_level(config))
    if place is None:
        return ""
    chance = ladder_of(config)[0]
    far = math.inf if math.isinf(loss) else (loss - chance.loss) / (MOST_AT_CHANCE * chance_width(config) * chance.loss)
    if far >= -1:
        return f"{'above' if far > 1 else 'at'} {shortened(chance.name)}"
    return f"at {shortened(place.at.name)}" if place.at else f"below {shortened(place.above.name)}"


class FilterError(ValueError):
    """The filter is invalid for this sweep; the message names the invalid word, and what is allowed."""


def kept_values(text: str, axes: Mapping[str, Values]) -> dict[str, frozenset[Value]]:
    """The values to show for each field that the filter names; fields that it does not name show all values.

    Words are separated by spaces: ``FIELD=a,b``, ``FIELD=lo..hi`` (either end may be missing), or only a value that
    some field has. Listed values must occur in the sweep; a range may extend beyond its values. A field's name may be
    abbreviated if the beginning is unique.

    Raises:
        FilterError: a word names no field or no value of the sweep.
    """
    kept: dict[str, frozenset[Value]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        names = [_field(name, word, axes)] if equals else [one for one in axes if _matching(word, axes[one])]
        if not equals:
            wanted = word
        values = {one: _matching(wanted, axes[one]) for one in names}
        if not any(values.values()):
            raise FilterError(_no_value(word, names, axes))
        for one, found in values.items():
            kept[one] = kept.get(one, frozenset(axes[one])) & found
            if not kept[one]:
                raise FilterError(f"filter = {word!r} cannot be used: no value of {one} would be left")
    return kept


def _field(name: str, word: str, axes: Mapping[str, Values]) -> str:
    name = name.replace("-", "_")
    found = [name] if name in axes else [one for one in axes if one.startswith(name)]
    if len(found) != 1 or not name:
        raise FilterError(
            f"filter = {word!r} cannot be used: it must be FIELD=VALUES, with a field of {', '.join(axes) or 'none'}"
        )
    return found[0]


def _no_value(word: str, names: list[str], axes: Mapping[str, Values]) -> str:
    if not names:
        return f"filter = {word!r} cannot be used: no field has this value; FIELD=VALUES, as {example_of(axes)}"
    shown = ", ".join(value_text(value) for value in axes[names[0]][:8])
    more = ", ..." if len(axes[names[0]]) > 8 else ""
    return f"filter = {word!r} cannot be used: {names[0]} has {shown}{more}"


def example_of(axes: Mapping[str, Values]) -> str:
    """An example of a filter for these fields, with some values of the first field."""
    name, values = next(iter(axes.items()), ("echo_step", (3, 4, 5)))
    some = values[: max(1, len(values) - 1)]
    if len(some) > 2 and all(isinstance(value, int | float) for value in some):
        return f"{name}={value_text(some[0])}..{value_text(some[-1])}"
    return f"{name}={','.join(map(value_text, some[:2]))}"


def _matching(wanted: str, values: Values) -> frozenset[Value]:
    """The values that a word selects; empty if a part of the word selects none."""
    named = [frozenset(value for value in values if _is(part, value)) for part in wanted.split(",") if part]
    return frozenset().union(*named) if all(named) else frozenset()


def _is(part: str, value: Value) -> bool:
    low, dots, high = part.partition("..")
    if dots and isinstance(value, int | float):
        least, most = _number(low, -math.inf), _number(high, math.inf)
        return least is not None and most is not None and least <= value <= most
    number = _number(part, None)
    return part == value_text(value) or (number is not None and isinstance(value, int | float) and number == value)


def _number(text: str, missing: float | None) -> float | None:
    try:
        return float(text) if text else missing
    except ValueError:
        return None


def value_text(value: Value) -> str:
    """A value as the user types it."""
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def overview_of(results: SweepResults, before: Overview | None = None) -> Overview:
    """The results of a sweep, ordered by the values of its axes.

    Args:
        before: an earlier overview, from which unchanged points are reused.
    """
    axes = results.axes
    is_alike = before is not None and (list(before.axes), before.versions) == (list(axes), results.versions)
    known = before.all_counts if before is not None and is_alike else {}
    all_counts: dict[Values, SeedCounts] = {}
    configs: dict[Values, EchoConfig] = {}
    reasons: dict[Values, str] = {}
    for point in results.points:
        values = tuple(map(point.config.fields().get, axes))
        version = results.versions.index(point.versions)
        all_counts[values] = counts_of(point, known.get(values), version)
        configs[values] = point.config
        if point.failed is not None:
            reasons[values] = point.failed
    for impossible in results.impossible:
        given = impossible.values
        for values in itertools.product(*((given[name],) if name in given else axes[name] for name in axes)):
            if values not in configs:
                all_counts[values] = SeedCounts(left_out=1)
                reasons[values] = impossible.reason
    return Overview(axes, all_counts, configs, reasons, results.seeds, results.until == "solved", results.versions)


def counts_of(point: GridPoint, before: SeedCounts | None = None, version: int = 0) -> SeedCounts:
    """The counts of a point.

    Args:
        before: earlier counts of the point; they are returned if nothing is new.
        version: as in `SeedCounts`.
    """
    missing = len(point.missing)
    failed = missing if point.failed is not None else 0
    counts = (len(point.results), failed, missing - failed, version)
    if before is not None and (before.finished, before.failed, before.missing, before.version) == counts:
        return before
    config, level = point.config, lost_level(point.config)
    trained = tuple(
        SeedResult(
            seed,
            one.solved_at,
            one.final_loss,
            one.solved_at is not None and not one.final_loss <= level,
            way_from_chance(config, one.final_loss),
        )
        for seed, one in sorted(point.results.items())
    )
    return SeedCounts(
        trained,
        failed,
        missing - failed,
        version=version,
        task=task_of(config),
    )


def task_of(config: EchoConfig) -> str:
    """The task as text, without its settings; different for each file of a user's own task."""
    task = config.value(TASK)
    return f"{task} {task.digest}" if isinstance(task, OwnFile) else str(task)
