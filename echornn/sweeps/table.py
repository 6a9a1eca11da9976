"""The results of a sweep as a table over two fields; other fields are averaged over, or held at one value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from echornn.config import EchoConfig
from echornn.data.levels import MOST_AT_CHANCE, chance_width, ladder_of, solved_level
from echornn.diagnosis.cases import loss_of
from echornn.diagnosis.loss_stats import ladder_position
from echornn.diagnosis.phrases import shortened
from echornn.sweeps import grid
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell, Values

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

    def name_of(self, row: int, column: int) -> str:
        """The name of a cell: its fields with their values, without those that its task lacks."""
        choice, names = self.choice, EchoConfig.names()
        values = {choice.down: self.rows[row], choice.across: self.columns[column]}
        for name, some in self.results.axes.items():
            if name not in values and len(left := choice.left(name, some)) == 1 < len(some):
                values[name] = left[0]
        fields = ((name, value) for name, value in values.items() if name in names or (name and value is not None))
        return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"

    def words_of(self, row: int, column: int) -> tuple[str, str]:
        """Two lines about a cell: how many seeds solved it; and when, with the best seed."""
        cell, name = self.cells[row][column], self.name_of(row, column)
        lacking = {"failed": cell.failed, "to come": cell.missing, "of other versions, not counted": cell.of_others}
        lacks = ", ".join(f"{number:,} {words}" for words, number in lacking.items() if number)
        if not cell.finished:
            nothing = "impossible, so it was left out" if cell.impossible else "not part of this sweep"
            reasons = [*(point.failed for point in cell.points if point.failed is not None), *cell.impossible, ""]
            return f"{name}: {lacks or nothing}", reasons[0]
        versions, several = self.results.versions, len({point.version for point in self.results.points}) > 1
        parts = (
            f"{cell.lost:,} lost it again" if cell.lost else "",
            "" if cell.half_solved is None else f"half by window {cell.half_solved:,}",
            self._best_words(cell),
            "" if cell.is_pooled else _loss_words(cell),
            lacks,
            f"version {cell.points[0].version + 1} of {len(versions)}" if several else "",
        )
        return f"{name}: {solved_text(cell)}", "; ".join(filter(None, parts))

    def _best_words(self, cell: Cell) -> str:
        """The seed that `enter` trains, and of several points its point."""
        point, config = cell.best_point, cell.best
        if point is None or config is None:
            return ""
        seed, result = config.seed, point.results[config.seed]
        words = f"seed {seed} first, at {result.solved_at or 0:,}"
        if result.solved_at is None:
            words = f"least {_loss_name(config)} {loss_of(config, result.final_loss)} of seed {seed}"
        shown = (self.choice.across, self.choice.down, *self.choice.held)
        others = [name for name in self.results.axes if name not in shown and cell.is_pooled]
        values = config.fields()
        return ", ".join([words, *(f"{name} {value_text(values.get(name))}" for name in others)])


def solved_text(cell: Cell) -> str:
    """How many seeds solved the task, with the interval of their share; several points have none."""
    text = f"{cell.solved:,} of {cell.asked:,} solved"
    if cell.is_pooled:
        return f"{text} over {len(cell.points)} points"
    low, high = (round(100 * share) for share in cell.interval)
    return f"{text} ({low} to {high} %)"


def _loss_words(cell: Cell) -> str:
    config = cell.best
    if config is None or not math.isfinite(cell.loss):
        return "most diverged"
    rung = "" if cell.half_solved is not None else rung_text(config, cell.loss)
    return f"median {_loss_name(config)} {loss_of(config, cell.loss)}{f', {rung}' if rung else ''}"


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
