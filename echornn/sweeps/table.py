"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.config_fields import TASK
from echornn.data.levels import MOST_AT_CHANCE, chance_width, ladder_of, lost_level, solved_level, way_from_chance
from echornn.diagnosis.cases import loss_of
from echornn.diagnosis.loss_stats import ladder_position
from echornn.diagnosis.phrases import shortened
from echornn.own.own_file import OwnFile
from echornn.sweeps import grid
from echornn.sweeps.counts import SeedCounts, SeedResult
from echornn.sweeps.folder import GridPoint, SweepResults, Versions

Value = grid.Value | None
"""A value of a field; None is an unset stride, or a setting that the task lacks."""

Values = tuple[Value, ...]
"""The values of a point, in the order of the axes."""

Axes = Mapping[str, Values]

BUDGET = "num_epochs"
"""The field that is never averaged over: the same networks with more epochs are not additional networks."""


class SweepCounts(NamedTuple):
    """How many trainings of many points are finished, solved, lost again, given up and not finished; and how many
    points cannot be trained.
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
        versions: the program versions, by `SeedCounts.version`.
    """

    axes: Axes
    all_counts: Mapping[Values, SeedCounts]
    configs: Mapping[Values, EchoConfig]
    reasons: Mapping[Values, str]
    seeds: tuple[int, ...]
    until_solved: bool
    versions: tuple[Versions, ...]

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over all points."""
        return SweepCounts.of(self.all_counts.values())

    @cached_property
    def losses(self) -> set[str]:
        """The kind of the networks' losses, with the unit."""
        return {config.loss_name for config in self.configs.values()}

    @cached_property
    def shown_versions(self) -> int:
        """The number of versions with points on the map."""
        return len({counts.version for counts in self.all_counts.values() if counts.asked})


def overview_of(results: SweepResults, before: Overview | None = None) -> Overview:
    """The results of a sweep, ordered by the values of its axes; unchanged points are those of the overview before."""
    axes, versions = results.axes, results.versions
    is_alike = before is not None and (list(before.axes), before.versions) == (list(axes), versions)
    known = before.all_counts if before is not None and is_alike else {}
    all_counts: dict[Values, SeedCounts] = {}
    configs: dict[Values, EchoConfig] = {}
    reasons: dict[Values, str] = {}
    for point in results.points:
        values = tuple(map(point.config.fields().get, axes))
        all_counts[values] = counts_of(point, known.get(values), versions.index(point.versions))
        configs[values] = point.config
        if point.failed is not None:
            reasons[values] = point.failed
    for given, reason in results.impossible:
        for values in itertools.product(*((given[name],) if name in given else axes[name] for name in axes)):
            if values not in configs:
                all_counts[values] = SeedCounts(left_out=1)
                reasons[values] = reason
    return Overview(axes, all_counts, configs, reasons, results.seeds, results.until == "solved", versions)


def counts_of(point: GridPoint, before: SeedCounts | None = None, version: int = 0) -> SeedCounts:
    """The counts of a point; those before, if nothing is new."""
    left = len(point.missing)
    failed, missing = (left, 0) if point.failed is not None else (0, left)
    counts = (len(point.results), failed, missing, version)
    if before is not None and (before.finished, before.failed, before.missing, before.version) == counts:
        return before
    config, level, task = point.config, lost_level(point.config), point.config.value(TASK)
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
    name = f"{task} {task.digest}" if isinstance(task, OwnFile) else str(task)
    return SeedCounts(trained, failed, missing, version=version, task=name)


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
class MapCell:
    """A cell of the table: one point, or several that are combined, by their values."""

    points: tuple[Values, ...]
    overview: Overview

    @cached_property
    def counts(self) -> SeedCounts:
        """The counts over all points of the cell that belong to the sweep."""
        known = self.overview.all_counts
        return SeedCounts.together(known[point] for point in self.points if point in known)

    @cached_property
    def configs(self) -> dict[Values, EchoConfig]:
        """The configurations of trainable points, each with its first seed."""
        known = self.overview.configs
        return {point: known[point] for point in self.points if point in known}

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
    def best_point(self) -> Values | None:
        """The point of the cell's best seed; None without results."""
        known = {point: self.overview.all_counts[point] for point in self.configs}
        ranks = {
            point: counts.best.rank
            for point, counts in known.items()
            if counts.version == self.counts.version and counts.best is not None
        }
        return min(ranks, key=ranks.__getitem__, default=None)

    @property
    def best(self) -> EchoConfig | None:
        """The configuration, with its seed, that solved the task first or else had the lowest loss; the first
        configuration if there are no results, None if no point can be trained.
        """
        best, point = self.counts.best, self.best_point
        if best is None or point is None:
            return next(iter(self.configs.values()), None)
        return replace(self.configs[point], seed=best.seed)


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a map, [rows][columns]; the values across or down are a single None if there is no such field."""

    overview: Overview
    choice: Choice
    columns: Values
    rows: Values
    cells: tuple[tuple[MapCell, ...], ...]

    @cached_property
    def counts(self) -> SweepCounts:
        """The counts over the whole table."""
        return SweepCounts.of([cell.counts for row in self.cells for cell in row])

    def name_of(self, row: int, column: int) -> str:
        """The name of a cell: its fields with their values, without those that its task lacks."""
        choice, names = self.choice, EchoConfig.names()
        epochs = self.overview.axes.get(BUDGET, ())
        left = choice.left(BUDGET, epochs)
        budget = {BUDGET: left[0]} if len(left) == 1 and len(epochs) > 1 else {}
        shown = [(choice.down, self.rows[row]), (choice.across, self.columns[column])]
        held = [(name, value) for name, value in {**budget, **choice.held}.items() if name not in dict(shown)]
        fields = [(name, value) for name, value in (*shown, *held) if name in names or (name and value is not None)]
        return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"

    def words_of(self, row: int, column: int) -> tuple[str, str]:
        """Two lines about a cell: how many seeds solved it; and when, with the best seed."""
        cell, name = self.cells[row][column], self.name_of(row, column)
        counts, overview = cell.counts, self.overview
        lacking = ", ".join(
            text
            for text, number in (
                (f"{counts.failed:,} failed", counts.failed),
                (f"{counts.missing:,} to come", counts.missing),
                (f"{counts.of_others:,} of other versions, not counted", counts.of_others),
            )
            if number
        )
        if not counts.finished:
            nothing = "impossible, so it was left out" if counts.left_out else "not part of this sweep"
            reasons = (overview.reasons[point] for point in cell.points if point in overview.reasons)
            return f"{name}: {lacking or nothing}", next(reasons, "")
        several = overview.shown_versions > 1
        parts = (
            f"{counts.lost:,} lost it again" if counts.lost else "",
            "" if counts.half_solved is None else f"half by window {counts.half_solved:,}",
            self._best_words(cell),
            _loss_words(cell),
            lacking,
            f"version {counts.version + 1} of {len(overview.versions)}" if several else "",
        )
        return f"{name}: {solved_text(counts)}", "; ".join(filter(None, parts))

    def _best_words(self, cell: MapCell) -> str:
        """The seed that `enter` trains, and of several points its point."""
        best, config, point = cell.counts.best, cell.best, cell.best_point
        if best is None or config is None or point is None:
            return ""
        words = f"seed {best.seed} first, at {best.solved_at or 0:,}"
        if best.solved_at is None:
            words = f"least {_loss_name(config)} {loss_of(config, best.final_loss)} of seed {best.seed}"
        shown = (self.choice.across, self.choice.down, *self.choice.held)
        values = zip(self.overview.axes, point, strict=True) if cell.counts.is_pooled else ()
        return ", ".join([words, *(f"{name} {value_text(value)}" for name, value in values if name not in shown)])


def table_of(overview: Overview, choice: Choice) -> Table:
    """The table of these results for this choice."""
    left = {name: choice.left(name, values) for name, values in overview.axes.items()}
    across, down = choice.across, choice.down
    columns = (None,) if across is None else left[across]
    rows = (None,) if down is None else left[down]

    def cell(row: Value, column: Value) -> MapCell:
        chosen = {across: (column,), down: (row,)}
        return MapCell(tuple(itertools.product(*(chosen.get(name, left[name]) for name in left))), overview)

    return Table(overview, choice, columns, rows, tuple(tuple(cell(row, column) for column in columns) for row in rows))


def solved_text(counts: SeedCounts) -> str:
    """How many seeds solved the task, with the interval of their share; several points have none."""
    text = f"{counts.solved:,} of {counts.asked:,} solved"
    if counts.is_pooled:
        return f"{text} over {len(counts.points)} points"
    low, high = (round(100 * share) for share in counts.interval)
    return f"{text} ({low} to {high} %)"


def _loss_words(cell: MapCell) -> str:
    counts, config = cell.counts, cell.best
    if counts.is_pooled:
        return ""
    if config is None or not math.isfinite(counts.loss):
        return "most diverged"
    rung = "" if counts.half_solved is not None else rung_text(config, counts.loss)
    return f"median {_loss_name(config)} {loss_of(config, counts.loss)}{f', {rung}' if rung else ''}"


def _loss_name(config: EchoConfig) -> str:
    return "loss" if config.has_classes else config.loss_name


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


class FilterError(ValueError):
    """The filter is invalid for this sweep; the message names the invalid word, and what is allowed."""

    def __init__(self, word: str, allowed: str) -> None:
        super().__init__(f"filter = {word!r} cannot be used: {allowed}")


def kept_values(text: str, axes: Axes) -> dict[str, frozenset[Value]]:
    """The values to show for each field that the filter names; fields that it does not name show all values.

    Words are separated by spaces: ``FIELD=a,b``, ``FIELD=lo..hi`` (either end may be missing), or only a value that
    some field has. Listed values must occur in the sweep; a range may extend beyond its values. A field's name may be
    abbreviated if the beginning is unique.
    """
    kept: dict[str, frozenset[Value]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        if equals:
            names = named_by(name, axes)
            if len(names) != 1:
                raise FilterError(word, f"it must be FIELD=VALUES, with a field of {', '.join(axes) or 'none'}")
        else:
            wanted = word
            names = [one for one in axes if _matching(word, axes[one])]
            if not names:
                raise FilterError(word, f"no field has this value; FIELD=VALUES, as {example_of(axes)}")
        for one in names:
            found = _matching(wanted, axes[one])
            if not found:
                shown = ", ".join(value_text(value) for value in axes[one][:8])
                raise FilterError(word, f"{one} has {shown}{', ...' if len(axes[one]) > 8 else ''}")
            kept[one] = kept.get(one, frozenset(axes[one])) & found
            if not kept[one]:
                raise FilterError(word, f"no value of {one} would be left")
    return kept


def named_by(name: str, axes: Axes) -> list[str]:
    """The fields that a user may mean by a name: the one with this name, or else those that begin with it."""
    name = name.replace("-", "_")
    return [name] if name in axes else [one for one in axes if name and one.startswith(name)]


def example_of(axes: Axes) -> str:
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
    if part == value_text(value) or not isinstance(value, int | float):
        return part == value_text(value)
    low, dots, high = part.partition("..")
    try:
        if dots:
            return float(low or -math.inf) <= value <= float(high or math.inf)
        return float(part) == value
    except ValueError:
        return False


def value_text(value: Value) -> str:
    """A value as the user types it."""
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
