"""The map of a sweep as one value, what each key makes of it, and what it says in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

from echornn.config import EchoConfig
from echornn.diagnosis.cases import loss_of
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import MapCell, Values
from tui.figures.sweep_table import (
    Axes,
    Choice,
    Measure,
    Scale,
    Table,
    Value,
    first_choice,
    meaning,
    rung_text,
    value_text,
)

ALWAYS_NAMED = ("state_size", "truncated_backprop_length", "init")  # also if they are the defaults
# Other words say them, or they decide nothing
NEVER_NAMED = ("seed", "replicas", "device", "num_epochs")

SHADES = "·░▒▓█"  # of the levels 0 to 4


class Sign(NamedTuple):
    character: str
    words: str
    ink: str


SIGNS = {
    "failed": Sign("!", "failed", "lacking"),
    "missing": Sign("?", "to come", "muted"),
    "lost": Sign("↓", "lost again", "lacking"),
    "impossible": Sign("×", "cannot be", "muted"),
    "uncounted": Sign("~", NOTHING_COUNTS, "muted"),
}
"""The signs of what a cell may have, by the name of its count, those that matter most first."""


def signs_of(cell: MapCell) -> list[Sign]:
    return [sign for name, sign in SIGNS.items() if getattr(cell, name)]


One = TypeVar("One")


def after(value: One, values: Sequence[One], by: int = 1) -> One:
    return values[(values.index(value) + by) % len(values)]


def counts_of(cell: MapCell, *names: str) -> list[str]:
    return [f"{getattr(cell, name):,} {SIGNS[name].words}" for name in names if getattr(cell, name)]


@dataclass(frozen=True, eq=False)
class MapState:
    """A sweep, and what of it is shown; the methods that keys call return it as it is after the
    key."""

    table: Table
    measure: Measure = Measure.SUCCESS
    filter: str = ""
    refusal: str = ""  # why the filter is not obeyed
    # The values of the cell under the cursor; of the first if there is no such cell
    row: Value = None
    column: Value = None

    @classmethod
    def first(cls, results: SweepResults) -> MapState:
        return cls(Table.of(results, first_choice(results.axes)))

    def read_again(self, results: SweepResults) -> MapState:
        if [*results.axes] != [*self.axes]:
            return MapState.first(results)
        return replace(self, table=replace(self.table, results=results)).filtered(self.filter)

    # ---- the keys

    def seeing(self, choice: Choice) -> MapState:
        if choice.down == choice.across:
            choice = replace(choice, down=None)
        return replace(self, table=Table.of(self.table.results, choice))

    def next_across(self) -> MapState:
        """The next field is across; if that is the field down, the two change places."""
        name = after(self.choice.across, [*self.axes] or [None])
        return (
            self.turned()
            if name == self.choice.down
            else self.seeing(replace(self.choice, across=name))
        )

    def next_down(self) -> MapState:
        """The next field is down; after the last none: a single row has all values."""
        across, down = self.choice.across, self.choice.down
        down = after(down, [*(name for name in self.axes if name != across), None])
        return self.seeing(replace(self.choice, down=down))

    def turned(self) -> MapState:
        """Rows as columns; as it is if there is no field down."""
        if self.choice.down is None:
            return self
        turned = replace(self, row=self.column, column=self.row)
        return turned.seeing(replace(self.choice, across=self.choice.down, down=self.choice.across))

    def held(self, by: int) -> MapState:
        """The next (or an earlier) value of a field is held; between the last and the first, cells
        have all values."""
        if self.stepped is None:
            return self
        ways: list[dict[str, Value]] = [
            {},
            *({self.stepped: value} for value in self.axes[self.stepped]),
        ]
        others = dict(self.choice.held)
        now = {self.stepped: others.pop(self.stepped)} if self.stepped in others else {}
        return self.seeing(replace(self.choice, held={**others, **after(now, ways, by)}))

    def next_measure(self) -> MapState:
        return replace(self, measure=after(self.measure, [*Measure]))

    def moved(self, rows: int, columns: int) -> MapState:
        return self.at(self.cursor[0] + rows, self.cursor[1] + columns)

    def at(self, row: int, column: int) -> MapState:
        """With the cursor on this cell, or the nearest."""
        rows, columns = self.table.rows, self.table.columns
        row, column = min(len(rows) - 1, max(0, row)), min(len(columns) - 1, max(0, column))
        return replace(self, row=rows[row], column=columns[column])

    def filtered(self, text: str) -> MapState:
        """With this filter; if it is invalid, all is shown, and the refusal says why."""
        try:
            kept, refusal = kept_values(text, self.axes), ""
        except ValueError as error:
            kept, refusal = {}, f"filter = {error}"
        return replace(self.seeing(replace(self.choice, kept=kept)), filter=text, refusal=refusal)

    # ---- what is seen

    @property
    def choice(self) -> Choice:
        return self.table.choice

    @property
    def axes(self) -> Axes:
        return self.table.results.axes

    @property
    def others(self) -> list[str]:
        """The fields that are neither across nor down."""
        return [name for name in self.axes if name not in (self.choice.across, self.choice.down)]

    @property
    def stepped(self) -> str | None:
        """The field whose values the stepping keys hold."""
        return next(iter(self.others), None)

    @cached_property
    def scale(self) -> Scale:
        """That of all points: a filter does not change the meaning of a shade."""
        return Scale.of(self.table.results.points, self.measure)

    @cached_property
    def cursor(self) -> tuple[int, int]:
        rows, columns = self.table.rows, self.table.columns
        row = rows.index(self.row) if self.row in rows else 0
        return row, columns.index(self.column) if self.column in columns else 0

    @property
    def cell(self) -> MapCell:
        return self.table.cells[self.cursor[0]][self.cursor[1]]

    # ---- what is said

    def progress(self, says: str, is_computed: bool) -> str:
        """How many networks are trained, failed and solved, and what the program says that computes
        the sweep."""
        every = MapCell((), self.table.results.points)
        state = (
            "■ done"
            if not every.missing
            else "▶ computing"
            if says or is_computed
            else "… unfinished"
        )
        solved = f"{every.solved:,} solved" if every.can_be_solved else NOTHING_COUNTS
        counts = [f"{every.finished:,} of {every.asked:,} trained", solved]
        return "   ".join(filter(None, [state, *counts, *counts_of(every, "lost", "failed"), says]))

    @property
    def heading(self) -> str:
        choice, losses = (
            self.choice,
            {point.config.loss_name for point in self.table.results.points},
        )
        fields = [
            f"{word} {name}"
            for word, name in (("across", choice.across), ("down", choice.down))
            if name
        ]
        others = []  # each cell has their one value, or all of several
        for name in self.others:
            left = choice.left(name, self.axes[name])
            others.append(f"{name} {value_text(left[0])}" if len(left) == 1 else f"over {name}")
        parts = (", ".join([meaning(self.measure, losses), *fields]), ", ".join(others))
        return "; ".join(filter(None, (*parts, self.filter and f"filter {self.filter}")))

    @property
    def legend(self) -> list[str]:
        signs = {sign: None for row in self.table.cells for cell in row for sign in signs_of(cell)}
        shades = [(SHADES[level], text) for level, text in self.scale.legend]
        lines = [shades, [(sign.character, sign.words) for sign in SIGNS.values() if sign in signs]]
        return ["  ".join(" ".join(one) for one in line) for line in lines if line]

    def name_of(self, cell: MapCell) -> str:
        """The fields that have one value in a cell, without those that their task lacks."""
        values = dict(zip(self.axes, map(set, zip(*cell.places, strict=True)), strict=False))
        known, fields = EchoConfig.names(), []
        for name in filter(None, (self.choice.down, self.choice.across, *self.others)):
            match [*values.get(name, ())]:
                case [value] if name in known or value is not None:
                    fields.append(f"{name} {value_text(value)}")
        return ", ".join(fields) or "the point"

    @property
    def reading(self) -> tuple[str, str]:
        cell = self.cell
        impossible = (
            "impossible, so it was left out" if cell.impossible else "not part of this sweep"
        )
        lacks = ", ".join(counts_of(cell, "failed", "missing")) or impossible
        words = solved_text(cell) if cell.finished else lacks
        return f"{self.name_of(cell)}: {words}", "; ".join(self._details(cell))

    def _details(self, cell: MapCell) -> Iterator[str]:
        if not cell.finished:
            yield from [*(point.failed for point in cell.points if point.failed), *cell.impossible][
                :1
            ]
            return
        if cell.half_solved is not None:
            yield f"half by window {cell.half_solved:,}"
        if cell.best_point is not None and (config := cell.best) is not None:
            result = cell.best_point.results[config.seed]
            loss = f"least loss {loss_of(config, result.final_loss)} of seed {config.seed}"
            best = (
                f"seed {config.seed} first, at {result.solved_at:,}"
                if result.solved_at is not None
                else loss
            )
            over = [name for name in self.others if cell.is_pooled and name not in self.choice.held]
            yield ", ".join(
                [best, *(f"{name} {value_text(config.fields().get(name))}" for name in over)]
            )
            if math.isfinite(cell.loss) and not cell.is_pooled:
                rung = rung_text(config, cell.loss) if cell.half_solved is None else ""
                yield ", ".join(filter(None, [f"median loss {loss_of(config, cell.loss)}", rung]))
        if math.isinf(cell.loss):
            yield "most diverged"
        yield from counts_of(cell, "lost", "failed", "missing")
        if cell.of_others:
            yield f"{cell.of_others:,} of other versions, not counted"


@lru_cache(maxsize=1)
def common_to_all(results: SweepResults) -> str:
    configs = [point.config for point in results.points]
    if not configs:
        return ""
    values, others = configs[0].fields(), [config.fields() for config in configs]
    fields = [
        f"{'T' if name == 'truncated_backprop_length' else name} {value_text(values[name])}"
        for name in dict.fromkeys((*ALWAYS_NAMED, *EchoConfig().changes_to(configs[0])))
        if name not in (*NEVER_NAMED, *results.axes)
        and all(one.get(name, "") == values[name] for one in others)
    ]
    until = "until solved or " if results.until == "solved" else ""
    epochs = _span({config.num_epochs for config in configs}, "epoch")
    windows = _span({config.num_epochs * config.windows_per_epoch for config in configs}, "window")
    seeds = {seed for point in results.points for seed in point.keys}
    in_words = f"seeds {min(seeds)} to {max(seeds)}" if len(seeds) > 1 else f"seed {min(seeds)}"
    return "; ".join(filter(None, (", ".join(fields), f"{until}{epochs}, {windows}, {in_words}")))


def _span(numbers: set[int], unit: str) -> str:
    least, most = min(numbers), max(numbers)
    return f"{f'{least:,} to ' if least < most else ''}{most:,} {unit}{'s' if most > 1 else ''}"


def solved_text(cell: MapCell) -> str:
    """How many seeds solved the task, with the interval of their share; several points have none.
    Or that nothing counts as solved."""
    if not cell.can_be_solved:
        return NOTHING_COUNTS
    text = f"{cell.solved:,} of {cell.asked:,} solved"
    if cell.is_pooled:
        return f"{text} over {len(cell.points)} points"
    low, high = (round(100 * share) for share in cell.interval)
    return f"{text} ({low} to {high} %)"


def kept_values(text: str, axes: Axes) -> dict[str, frozenset[Value]]:
    """The values that a filter leaves of each field: ``FIELD=a,b``, ``FIELD=lo..hi``, or a value;
    else a ValueError."""
    kept: dict[str, frozenset[Value]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        names = named_by(name, axes) if equals else [*axes]
        left = {
            one: _matching(wanted if equals else word, axes[one]) & kept.get(one, {*axes[one]})
            for one in names
        }
        left = {one: values for one, values in left.items() if values}
        if not left or (equals and len(names) > 1):
            fields = (
                f"{one}={','.join(map(value_text, values[:8]))}" for one, values in axes.items()
            )
            raise ValueError(f"{word!r} cannot be used: it leaves nothing of {' '.join(fields)}")
        kept |= left
    return kept


def named_by(name: str, axes: Axes) -> list[str]:
    """The fields that a user may mean by a name: the one with this name, or else those that begin
    with it."""
    name = name.replace("-", "_")
    return [name] if name in axes else [one for one in axes if name and one.startswith(name)]


def _matching(wanted: str, values: Values) -> frozenset[Value]:
    """The values that a word selects; empty if a part of the word selects none."""
    named = [
        frozenset(value for value in values if _is(part, value))
        for part in wanted.split(",")
        if part
    ]
    return frozenset().union(*named) if all(named) else frozenset()


def _is(part: str, value: Value) -> bool:
    low, dots, high = part.partition("..")
    with suppress(ValueError):
        if isinstance(value, int | float):
            return (
                float(low or -math.inf) <= value <= float(high or math.inf)
                if dots
                else float(part) == value
            )
    return part == value_text(value)
