"""The map of a sweep as values: what the user chooses, how each key changes it, and the frame that is drawn from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.diagnosis.cases import loss_of
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import Cell, Values
from tui.figures.sweep_table import (
    BUDGET,
    Axes,
    Choice,
    Measure,
    Scale,
    Table,
    Value,
    first_choice,
    meaning,
    rung_text,
    short_text,
    value_of,
    value_text,
)
from tui.term.exit_code import UsageError


class FilterError(UsageError):
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


def name_of(table: Table, row: int, column: int) -> str:
    """The name of a cell: its fields with their values, without those that its task lacks."""
    choice, names = table.choice, EchoConfig.names()
    values = {choice.down: table.rows[row], choice.across: table.columns[column]}
    for name, some in table.results.axes.items():
        if name not in values and len(left := choice.left(name, some)) == 1 < len(some):
            values[name] = left[0]
    fields = ((name, value) for name, value in values.items() if name in names or (name and value is not None))
    return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"


def words_of(table: Table, row: int, column: int) -> tuple[str, str]:
    """Two lines about a cell: how many seeds solved it; and when, with the best seed."""
    cell, name = table.cells[row][column], name_of(table, row, column)
    lacking = {"failed": cell.failed, "to come": cell.missing, "of other versions, not counted": cell.of_others}
    lacks = ", ".join(f"{number:,} {words}" for words, number in lacking.items() if number)
    if not cell.finished:
        nothing = "impossible, so it was left out" if cell.impossible else "not part of this sweep"
        reasons = [*(point.failed for point in cell.points if point.failed is not None), *cell.impossible, ""]
        return f"{name}: {lacks or nothing}", reasons[0]
    versions, several = table.results.versions, len({point.version for point in table.results.points}) > 1
    parts = (
        f"{cell.lost:,} lost it again" if cell.lost else "",
        "" if cell.half_solved is None else f"half by window {cell.half_solved:,}",
        _best_words(table, cell),
        "" if cell.is_pooled else _loss_words(cell),
        lacks,
        f"version {cell.points[0].version + 1} of {len(versions)}" if several else "",
    )
    return f"{name}: {solved_text(cell)}", "; ".join(filter(None, parts))


def _best_words(table: Table, cell: Cell) -> str:
    """The seed that `enter` trains, and of several points its point."""
    point, config = cell.best_point, cell.best
    if point is None or config is None:
        return ""
    seed, result = config.seed, point.results[config.seed]
    words = f"seed {seed} first, at {result.solved_at or 0:,}"
    if result.solved_at is None:
        words = f"least {_loss_name(config)} {loss_of(config, result.final_loss)} of seed {seed}"
    shown = (table.choice.across, table.choice.down, *table.choice.held)
    others = [name for name in table.results.axes if name not in shown and cell.is_pooled]
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


SHADES = "·░▒▓█"
"""The characters for levels 0 to 4."""

MISSING, FAILED, LEFT_OUT, LOST = "?", "!", "×", "↓"
"""The signs of points without results; also at the edge of a cell that lacks some results, or in which some networks
lost the task again.
"""

ALWAYS_NAMED = ("state_size", "truncated_backprop_length", "init")
"""The common settings that are named even if they are the defaults."""

NEVER_NAMED = ("seed", "replicas", "device", "num_epochs")
"""The settings that other words say, or that do not affect what is trained."""


class MarkedCell(NamedTuple):
    """A cell with which others are compared, with the name that it had when it was marked."""

    places: tuple[Values, ...]
    name: str


@dataclass(frozen=True)
class MapState:
    """The user's choices on the map.

    Attributes:
        across, down: the fields of columns and of rows; None if there is only one column or row.
        held: the values of fields that are held; a cell combines all values of other fields.
        turned: the field that the stepping keys hold.
        filter: the filter as typed; see `kept_values`.
        row, column: the values of the cell under the cursor; if there is no such cell, the first counts.
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
        """The part of the sweep that is shown; a `FilterError` if the filter is invalid."""
        return Choice(self.across, self.down, self.held, kept_values(self.filter, axes))

    def others(self, axes: Axes) -> list[str]:
        """The fields that are neither across nor down."""
        return [name for name in axes if name not in (self.across, self.down)]

    def settled(self, axes: Axes) -> MapState:
        """The state adapted to these fields: those that do not exist are replaced."""
        across = self.across if self.across in axes else next((name for name in axes if name != self.down), None)
        down = self.down if self.down in axes and self.down != across else None
        held = {name: value for name, value in self.held.items() if value in axes.get(name, ())}
        mark = self.mark if self.mark and all(len(place) == len(axes) for place in self.mark.places) else None
        now = replace(self, across=across, down=down, held=held, mark=mark)
        others = now.others(axes)
        return now if self.turned in others else replace(now, turned=next(iter(others), None))

    def next_across(self, axes: Axes) -> MapState:
        """The next field runs across. If that is the field down, the two change places."""
        names = list(axes)
        if len(names) < 2 or self.across is None:
            return self
        name = names[(names.index(self.across) + 1) % len(names)]
        return self.swapped(axes) if name == self.down else replace(self, across=name, column=None).settled(axes)

    def next_down(self, axes: Axes) -> MapState:
        """The next field runs down. After the last comes none: a single row combines all values."""
        order = [*(name for name in axes if name != self.across), None]
        return replace(self, down=order[(order.index(self.down) + 1) % len(order)], row=None).settled(axes)

    def swapped(self, axes: Axes) -> MapState:
        """Rows are exchanged with columns."""
        if self.down is None:
            return self
        return replace(self, across=self.down, down=self.across, row=self.column, column=self.row).settled(axes)

    def next_other(self, axes: Axes) -> MapState:
        """The stepping keys hold the next field."""
        names = self.others(axes)
        return replace(self, turned=names[(names.index(self.turned) + 1) % len(names)]) if self.turned else self

    def stepped(self, axes: Axes, by: int) -> MapState:
        """The next (or an earlier) value is held; between the last and the first, cells combine all values."""
        if self.turned is None:
            return self
        held, values = dict(self.held), axes[self.turned]
        at = values.index(held.pop(self.turned)) + 1 if self.turned in held else 0
        at = (at + by) % (len(values) + 1)
        return replace(self, held={**held, self.turned: values[at - 1]} if at else held)

    def measured(self) -> MapState:
        """The cells show the next measure."""
        measures = list(Measure)
        return replace(self, measure=measures[(measures.index(self.measure) + 1) % len(measures)])


@dataclass(frozen=True, eq=False)
class MapFrame:
    """All that is drawn at one time; the refusal says why the filter is invalid, if it is."""

    state: MapState
    table: Table
    scale: Scale
    refusal: str = ""

    @classmethod
    def of(cls, state: MapState, results: SweepResults) -> MapFrame:
        refusal = ""
        try:
            choice = state.choice(results.axes)
        except FilterError as error:
            refusal, choice = str(error), Choice(state.across, state.down, state.held)
        # the scale is that of all points, so that a filter does not change the meaning of a shade
        return cls(state, Table.of(results, choice), Scale.of(results.points, state.measure), refusal)

    def with_state(self, state: MapState) -> MapFrame:
        """The frame after a change; the table is only made again if the change affects it."""
        before = self.state
        if replace(state, row=before.row, column=before.column, mark=before.mark) != before:
            return MapFrame.of(state, self.table.results)
        return replace(self, state=state)

    def at(self, row: int, column: int) -> MapFrame:
        """The frame with its cursor on this cell, or on the nearest."""
        rows, columns = self.table.rows, self.table.columns
        row, column = min(len(rows) - 1, max(0, row)), min(len(columns) - 1, max(0, column))
        return replace(self, state=replace(self.state, row=rows[row], column=columns[column]))

    @cached_property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cell under the cursor."""
        rows, columns = self.table.rows, self.table.columns
        row = rows.index(self.state.row) if self.state.row in rows else 0
        return row, columns.index(self.state.column) if self.state.column in columns else 0

    @property
    def cell(self) -> Cell:
        """The cell under the cursor."""
        row, column = self.cursor
        return self.table.cells[row][column]

    @cached_property
    def mark(self) -> tuple[int, int] | None:
        """Row and column of the marked cell; None if it is not on the map."""
        marked = self.state.mark and self.state.mark.places
        cells = ((row, column, cell) for row, line in enumerate(self.table.cells) for column, cell in enumerate(line))
        return next(((row, column) for row, column, cell in cells if cell.places == marked), None)

    @cached_property
    def numbers(self) -> list[list[str]]:
        """The text in each cell, [rows][columns], at most five characters; empty if there is no result."""
        measure = self.scale.measure
        return [[short_text(value_of(cell, measure), measure) for cell in row] for row in self.table.cells]

    @property
    def labels(self) -> tuple[list[str], list[str]]:
        """The labels of the rows and of the columns; a single one if there is no field."""
        choice = self.table.choice
        return _labels(self.table.rows, choice.down), _labels(self.table.columns, choice.across)

    @property
    def reading(self) -> tuple[str, str, str]:
        """Three lines: how many seeds solved the cell at the cursor, when, and the counts of the marked cell."""
        mark, beside = self.state.mark, ""
        if mark is not None:
            beside = f"marked: {mark.name}: {solved_text(Cell.together(mark.places, self.table.results.cells))}"
        return *words_of(self.table, *self.cursor), beside

    @property
    def heading(self) -> str:
        """Which measure is shown, over which fields, and of which values."""
        choice, axes = self.table.choice, self.table.results.axes
        losses = {point.config.loss_name for point in self.table.results.points}
        shown = {"across": choice.across, "down": choice.down}
        fields = [f"{word} {name}" for word, name in shown.items() if name]
        names = self.state.others(axes)
        others = [
            f"{'>' if name == self.state.turned and len(names) > 1 else ''}"
            f"{_held_text(name, choice.left(name, axes[name]), axes[name])}"
            for name in names
        ]
        kept = f"filter {self.state.filter}" if self.state.filter else ""
        parts = (", ".join([meaning(self.scale.measure, losses), *fields]), ", ".join(others), kept)
        return "; ".join(filter(None, parts))

    @property
    def legend(self) -> list[str]:
        """Two lines: the shades, then the other signs that occur on the map."""
        cells = [cell for row in self.table.cells for cell in row]
        signs = {
            f"{MISSING} to come": any(cell.missing for cell in cells),
            f"{FAILED} failed": any(cell.failed for cell in cells),
            f"{LOST} some lost again": any(cell.lost for cell in cells),
            f"{LEFT_OUT} cannot be": any(cell.impossible for cell in cells),
        }
        shades = "  ".join(f"{SHADES[level]} {text}" for level, text in self.scale.legend)
        return [shades, "  ".join(text for text, is_there in signs.items() if is_there)]


def _labels(values: Values, name: str | None) -> list[str]:
    return ["all"] if name is None else [value_text(value) for value in values]


def _held_text(name: str, left: Values, values: Values) -> str:
    """A field that is neither across nor down: its value, or "over" if each cell combines several values."""
    if len(left) == 1:
        largest = " (largest)" if name == BUDGET and len(values) > 1 and left == values[-1:] else ""
        return f"{name} {value_text(left[0])}{largest}"
    return f"over {name}" if left == values else f"over {len(left)} of {name}"


def sign_of(cell: Cell, scale: Scale) -> str:
    """The character that fills a cell."""
    if cell.finished:
        return SHADES[scale.level(scale.value(cell))]
    return MISSING if cell.missing else FAILED if cell.failed else LEFT_OUT if cell.impossible else " "


def edge_sign(cell: Cell) -> str:
    """The sign at the edge of a cell with results, of which some lack, or were lost again."""
    signs = {FAILED: cell.failed, MISSING: cell.missing, LOST: cell.lost, LEFT_OUT: cell.impossible}
    return next((sign for sign, is_so in signs.items() if is_so), "") if cell.finished else ""


@lru_cache(maxsize=1)
def common_to_all(results: SweepResults) -> str:
    """The settings that all networks of a sweep have in common; empty if there is nothing to train."""
    configs = [point.config for point in results.points]
    if not configs:
        return ""
    all_fields = [config.fields() for config in configs]
    names = dict.fromkeys((*ALWAYS_NAMED, *EchoConfig().changes_to(configs[0])))
    fields = [
        f"{'T' if name == 'truncated_backprop_length' else name} {value_text(all_fields[0][name])}"
        for name in names
        if name not in (*NEVER_NAMED, *results.axes) and len({fields.get(name, "") for fields in all_fields}) == 1
    ]
    number = configs[0].num_epochs
    epochs = "" if BUDGET in results.axes else f"{number:,} epoch{'s' if number != 1 else ''}"
    until = " or ".join(filter(None, ("until solved", epochs))) if results.until == "solved" else epochs
    most = sorted({config.num_epochs * config.windows_per_epoch for config in configs})
    windows = f"{most[0]:,} windows" if len(most) == 1 else f"{most[0]:,} to {most[-1]:,} windows"
    seeds = sorted({seed for point in results.points for seed in point.keys})
    first, last, count = seeds[0], seeds[-1], len(seeds)
    in_order = f"seeds {first} to {last}" if last - first + 1 == count else f"{count:,} seeds from {first} to {last}"
    amount = filter(None, (until, windows, f"seed {first}" if count == 1 else in_order))
    versions = len({point.version for point in results.points})
    several = f"squares by {versions} versions of the program" if versions > 1 else ""
    return "; ".join(filter(None, (", ".join(fields), ", ".join(amount), several)))
