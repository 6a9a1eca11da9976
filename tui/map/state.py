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
from echornn.sweeps.grid import Value
from echornn.sweeps.results import MapCell, Result, Values
from echornn.sweeps.table import Axes, Choice, Table
from tui.text.lines import rung_text
from tui.text.measures import Measure, Scale, meaning, value_text

ALWAYS_NAMED = ("state_size", "truncated_backprop_length", "init")  # also if they are the defaults
# Other words say them, or they decide nothing of what is learned
NEVER_NAMED = ("seed", "replicas", "device", "num_epochs")
SHORT_NAMES = {"truncated_backprop_length": "T"}
MOST_NAMED = 8  # values of a field in a refusal; chosen by eye

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


Item = TypeVar("Item")


def after(value: Item, values: Sequence[Item]) -> Item:
    """The next of the values; after the last the first."""
    return values[(values.index(value) + 1) % len(values)]


def counts_of(cell: MapCell, *names: str) -> list[str]:
    counts = [(getattr(cell, name), SIGNS[name].words) for name in names]
    return [f"{count:,} {words}" for count, words in counts if count]


@dataclass(frozen=True, eq=False)
class MapState:
    """A sweep, and what of it is shown; the methods that keys call return it as it is after the
    key."""

    table: Table
    measure: Measure = Measure.SUCCESS
    filter: str = ""
    refusal: str = ""  # why the filter is not obeyed
    # The values of the cell under the cursor; of the first if there is no such cell
    row: Value | None = None
    column: Value | None = None

    @classmethod
    def first(cls, results: SweepResults) -> MapState:
        return cls(Table.of(results, Choice.first(results.axes)))

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
        if not self.axes:
            return self
        name = after(self.choice.across, [*self.axes])
        if name == self.choice.down:
            return self.turned()
        return self.seeing(replace(self.choice, across=name))

    def next_down(self) -> MapState:
        """The next field is down; after the last none: a single row has all values."""
        others = [name for name in self.axes if name != self.choice.across]
        down = after(self.choice.down, [*others, None])
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
        field = self.stepped
        if field is None:
            return self
        values, held = self.axes[field], dict(self.choice.held)
        place = 0  # all values; then each
        if field in held:
            place = 1 + values.index(held.pop(field))
        place = (place + by) % (1 + len(values))
        if place:
            held[field] = values[place - 1]
        return self.seeing(replace(self.choice, held=held))

    def next_measure(self) -> MapState:
        return replace(self, measure=after(self.measure, [*Measure]))

    def moved(self, rows: int, columns: int) -> MapState:
        return self.at(self.cursor[0] + rows, self.cursor[1] + columns)

    def at(self, row: int, column: int) -> MapState:
        """With the cursor on this cell, or the nearest."""
        rows, columns = self.table.rows, self.table.columns
        row = min(len(rows) - 1, max(0, row))
        column = min(len(columns) - 1, max(0, column))
        return replace(self, row=rows[row], column=columns[column])

    def filtered(self, text: str) -> MapState:
        """With this filter; if it is invalid, all is shown, and the refusal says why."""
        kept, refusal = {}, ""
        try:
            kept = kept_values(text, self.axes)
        except ValueError as error:
            refusal = f"filter = {error}"
        shown = self.seeing(replace(self.choice, kept=kept))
        return replace(shown, filter=text, refusal=refusal)

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
        others = self.others
        return others[0] if others else None

    @cached_property
    def scale(self) -> Scale:
        """That of all points: a filter does not change the meaning of a shade."""
        return Scale.of(self.table.results.points, self.measure)

    @cached_property
    def cursor(self) -> tuple[int, int]:
        rows, columns = self.table.rows, self.table.columns
        row = rows.index(self.row) if self.row in rows else 0
        column = columns.index(self.column) if self.column in columns else 0
        return row, column

    @property
    def cell(self) -> MapCell:
        return self.table.cells[self.cursor[0]][self.cursor[1]]

    # ---- what is said

    def progress(self, says: str, is_computed: bool) -> str:
        """How many networks are trained, failed and solved, and what the program says that computes
        the sweep."""
        whole = MapCell((), self.table.results.points)
        state = "■ done"
        if whole.missing:
            state = "▶ computing" if says or is_computed else "… unfinished"
        solved = f"{whole.solved:,} solved" if whole.can_be_solved else NOTHING_COUNTS
        parts = [state, f"{whole.finished:,} of {whole.asked:,} trained", solved]
        parts += counts_of(whole, "lost", "failed")
        if says:
            parts.append(says)
        return "   ".join(parts)

    @property
    def heading(self) -> str:
        choice = self.choice
        shown = [meaning(self.measure, self.table.results.points)]
        if choice.across:
            shown.append(f"across {choice.across}")
        if choice.down:
            shown.append(f"down {choice.down}")
        others = []
        for name in self.others:
            left = choice.left(name, self.axes[name])
            # Each cell has their one value, or all of several
            others.append(f"{name} {value_text(left[0])}" if len(left) == 1 else f"over {name}")
        parts = [", ".join(shown)]
        if others:
            parts.append(", ".join(others))
        if self.filter:
            parts.append(f"filter {self.filter}")
        return "; ".join(parts)

    @property
    def signs(self) -> list[Sign]:
        """Those that cells have, those that matter most first."""
        seen: set[Sign] = set()
        for row in self.table.cells:
            for cell in row:
                seen.update(signs_of(cell))
        return [sign for sign in SIGNS.values() if sign in seen]

    def name_of(self, cell: MapCell) -> str:
        """The fields that have one value in a cell, without those that their task lacks."""
        values = dict(zip(self.axes, zip(*cell.places, strict=True), strict=False))
        fields = []
        for name in (self.choice.down, self.choice.across, *self.others):
            if name is None or len(set(values.get(name, ()))) != 1:
                continue
            value = values[name][0]
            if value is not None or name in EchoConfig.names():
                fields.append(f"{name} {value_text(value)}")
        return ", ".join(fields) or "the point"

    @property
    def reading(self) -> tuple[str, str]:
        """What is known of the cell under the cursor: in short, and in detail."""
        cell = self.cell
        if cell.finished:
            words = solved_text(cell)
        elif cell.failed or cell.missing:
            words = ", ".join(counts_of(cell, "failed", "missing"))
        elif cell.impossible:
            words = "impossible, so it was left out"
        else:
            words = "not part of this sweep"
        return f"{self.name_of(cell)}: {words}", "; ".join(self._details(cell))

    def _details(self, cell: MapCell) -> Iterator[str]:
        if not cell.finished:
            reasons = [point.failed for point in cell.points if point.failed]
            yield from [*reasons, *cell.impossible][:1]
            return
        if cell.half_solved is not None:
            yield f"half by window {cell.half_solved:,}"
        best = cell.best
        if cell.best_point is not None and best is not None:
            yield self._best_text(cell, best, cell.best_point.results[best.seed])
            if math.isfinite(cell.loss) and not cell.is_pooled:
                yield _median_text(cell, best)
        if math.isinf(cell.loss):
            yield "most diverged"
        if cell.right:
            yield f"{cell.right:,} became the machine"
        yield from counts_of(cell, "lost", "failed", "missing")
        if cell.of_others:
            yield f"{cell.of_others:,} of other versions, not counted"

    def _best_text(self, cell: MapCell, best: EchoConfig, result: Result) -> str:
        """How good the best seed is, and in a cell of several points, of which it is."""
        text = f"least loss {loss_of(best, result.final_loss)} of seed {best.seed}"
        if result.solved_at is not None:
            text = f"seed {best.seed} first, at {result.solved_at:,}"
        if cell.is_pooled:
            for name in self.others:
                if name not in self.choice.held:
                    text += f", {name} {value_text(best.fields().get(name))}"
        return text


def _median_text(cell: MapCell, config: EchoConfig) -> str:
    text = f"median loss {loss_of(config, cell.loss)}"
    rung = rung_text(config, cell.loss)
    if rung and cell.half_solved is None:
        text += f", {rung}"
    return text


@lru_cache(maxsize=1)
def common_to_all(results: SweepResults) -> str:
    """The fields that all points of a sweep have in common, how long they are trained, and with
    which seeds."""
    configs = [point.config for point in results.points]
    if not configs:
        return ""
    values = configs[0].fields()
    fields = []
    for name in dict.fromkeys((*ALWAYS_NAMED, *EchoConfig().changes_to(configs[0]))):
        if name in NEVER_NAMED or name in results.axes:
            continue
        if all(config.fields().get(name, "") == values[name] for config in configs):
            fields.append(f"{SHORT_NAMES.get(name, name)} {value_text(values[name])}")
    epochs = _span({config.num_epochs for config in configs}, "epoch")
    windows = _span({config.num_epochs * config.windows_per_epoch for config in configs}, "window")
    if results.until != "all":
        epochs = f"until {results.until} or {epochs}"
    seeds = {seed for point in results.points for seed in point.keys}
    trained = f"{epochs}, {windows}, seed {min(seeds)}"
    if len(seeds) > 1:
        trained = f"{epochs}, {windows}, seeds {min(seeds)} to {max(seeds)}"
    if not fields:
        return trained
    return f"{', '.join(fields)}; {trained}"


def _span(numbers: set[int], unit: str) -> str:
    least, most = min(numbers), max(numbers)
    text = f"{most:,} {unit}"
    if most > 1:
        text += "s"
    return text if least == most else f"{least:,} to {text}"


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


def kept_values(text: str, axes: Axes) -> dict[str, frozenset[Value | None]]:
    """The values that a filter leaves of each field: ``FIELD=a,b``, ``FIELD=lo..hi``, or a value;
    else a ValueError."""
    kept: dict[str, frozenset[Value | None]] = {}
    for word in text.split():
        name, equals, wanted = word.partition("=")
        if equals:
            fields = named_by(name, axes)
        else:
            fields, wanted = [*axes], word
        left = {}
        for field in fields:
            values = _matching(wanted, axes[field])
            if field in kept:
                values &= kept[field]
            if values:
                left[field] = values
        is_ambiguous = equals and len(fields) > 1
        if is_ambiguous or not left:
            allowed = []
            for field, all_values in axes.items():
                texts = map(value_text, all_values[:MOST_NAMED])
                allowed.append(f"{field}={','.join(texts)}")
            raise ValueError(f"{word!r} cannot be used: it leaves nothing of {' '.join(allowed)}")
        kept |= left
    return kept


def named_by(name: str, axes: Axes) -> list[str]:
    """The fields that a user may mean by a name: the one with this name, or else those that begin
    with it."""
    name = name.replace("-", "_")
    if name in axes:
        return [name]
    return [field for field in axes if name and field.startswith(name)]


def _matching(wanted: str, values: Values) -> frozenset[Value | None]:
    """The values that a word selects; empty if a part of the word selects none."""
    selected: set[Value | None] = set()
    for part in wanted.split(","):
        matching = {value for value in values if part and _is(part, value)}
        if part and not matching:
            return frozenset()
        selected |= matching
    return frozenset(selected)


def _is(part: str, value: Value | None) -> bool:
    """Whether a word is a value, or a range ``lo..hi`` in which it lies."""
    low, dots, high = part.partition("..")
    if isinstance(value, int | float):
        with suppress(ValueError):
            if dots:
                return float(low or -math.inf) <= value <= float(high or math.inf)
            return float(part) == value
    return part == value_text(value)
