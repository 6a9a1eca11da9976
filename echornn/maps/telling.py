"""Sentences about a cell of a map, and about two cells compared, each at most two lines of 78 characters."""

from __future__ import annotations

import math

from echornn.diagnosis.difference import ERROR, LEAST_SEEDS, difference
from echornn.diagnosis.loss_text import loss_text
from echornn.maps.kept_values import value_text
from echornn.maps.table import Cell, Table, Values, windows_of
from echornn.maps.tally import Tally

MOST_NAMED = 3
"""The most cells that are named; if there are more, only their number is given."""

OF_ANOTHER_VERSION = "trained by another version of the program: not compared"

NOT_OF_SEVERAL = "several points in a square are not compared; ] holds a field at one value"


def name_of(table: Table, row: int, column: int) -> str:
    """The fields of a cell with their values, as its name."""
    choice = table.choice
    shown = ((choice.down, table.rows[row]), (choice.across, table.columns[column]))
    others = {**table.budget, **choice.held}
    held = [(name, value) for name, value in others.items() if name not in (choice.down, choice.across)]
    fields = [(name, value) for name, value in (*shown, *held) if name is not None]
    return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"


def told_apart(name: str, other: str) -> str:
    """The fields in a cell's name whose values differ from another cell's; the whole name if none differ."""
    fields = other.split(", ")
    return ", ".join(field for field in name.split(", ") if field not in fields) or name


def told(table: Table, row: int, column: int) -> tuple[str, str]:
    """A cell in words, and its results: how many solved it, with its interval; then when, and the best seed.

    Several points of a cell differ by more than the luck of seeds: for them the sentence gives the range of their
        shares,
    and no interval.
    """
    cell = table.cells[row][column]
    tally, name = cell.tally, name_of(table, row, column)
    points = len(cell.configs)
    if points == 1 and tally.left_out:
        name = ", ".join([name, *_others(table, next(iter(cell.configs)))])
    if not tally.count:
        return f"{name}: {_why_nothing(tally)}", _reason(table, cell)
    by_now = " by now" if tally.missing else ""
    solved = f"{name}: {tally.solved:,} of {tally.asked:,} solved{by_now}"
    if tally.is_pooled:
        first = f"{solved} over {points} points{_by_point(tally) if tally.is_whole else ''}"
        return first, "; ".join(
            part for part in (_lost(tally), _best_point(table, cell), _lacking(tally), _version(table, tally)) if part
        )
    low, high = (round(100 * share) for share in tally.interval)
    parts = (
        _lost(tally),
        _when(tally, _most(table, cell)),
        _best(tally),
        _loss(tally),
        _lacking(tally),
        _version(table, tally),
    )
    return f"{solved} ({low} to {high} %)", "; ".join(part for part in parts if part)


def _version(table: Table, tally: Tally) -> str:
    """Which version of the program trained it, if the map shows several."""
    surveyed = table.surveyed
    return f"version {tally.version + 1} of {len(surveyed.versions)}" if len(surveyed.shown_versions) > 1 else ""


def _most(table: Table, cell: Cell) -> int | None:
    """The most windows that each network trains, if cells differ in it."""
    most = {windows_of(config) for config in cell.configs.values()}
    return most.pop() if table.windows_differ and len(most) == 1 else None


def _by_point(tally: Tally) -> str:
    """The range of the shares of its points, as text."""
    shares = [round(100 * point.success) for point in tally.points]
    least, most = min(shares), max(shares)
    return f", {least} % of each" if least == most else f", {least} to {most} % by point"


def _best_point(table: Table, cell: Cell) -> str:
    """The configuration that ``enter`` trains, for a cell of several points."""
    best, point = cell.tally.best, cell.best_point
    if best is None or point is None:
        return ""
    return ", ".join([_best(cell.tally), *_others(table, point)])


def _others(table: Table, point: Values) -> list[str]:
    """The point's values of the fields that distinguish it from other points of its cell."""
    shown = (table.choice.across, table.choice.down, *table.choice.held)
    fields = zip(table.surveyed.axes, point, strict=True)
    return [f"{name} {value_text(value)}" for name, value in fields if name not in shown]


def _why_nothing(tally: Tally) -> str:
    if tally.missing or tally.failed:
        return _lacking(tally) if tally.failed else f"not trained yet, {tally.missing:,} to come"
    return "impossible, so it was left out" if tally.left_out else "not part of this sweep"


def _reason(table: Table, cell: Cell) -> str:
    return next((table.surveyed.reasons[point] for point in cell.points if point in table.surveyed.reasons), "")


def _lost(tally: Tally) -> str:
    return f"{tally.lost:,} of these lost it again" if tally.lost else ""


def _when(tally: Tally, most: int | None) -> str:
    """By when half of its seeds had solved it, and out of how many windows, if that differs between cells."""
    if tally.half_solved is not None:
        of_those = "" if most is None else f" of {most:,}"
        return f"half by window {tally.half_solved:,}{'' if tally.is_whole else ' or before'}{of_those}"
    within = "" if most is None else f" in {most:,} windows"
    if not tally.is_whole:
        return ""
    return f"fewer than half of its seeds{within}" if tally.solved else f"none{within}" if within else ""


def _best(tally: Tally) -> str:
    best = tally.best
    if best is None:
        return ""
    if best.solved_at is not None:
        return f"first seed {best.seed} at {best.solved_at:,}"
    return f"least loss {loss_text(best.final_loss, 3)} of seed {best.seed}"


def _loss(tally: Tally) -> str:
    of_those = "" if tally.is_whole else " of those known"
    return (f"median loss {loss_text(tally.loss, 3)}" if math.isfinite(tally.loss) else "most diverged") + of_those


def _lacking(tally: Tally) -> str:
    failed = f"{tally.failed:,} failed" if tally.failed else ""
    missing = f"{tally.missing:,} to come" if tally.missing else ""
    cannot = f"{tally.left_out:,} other impossible point{'s' if tally.left_out > 1 else ''}" if tally.left_out else ""
    others = f"{tally.of_others:,} of other versions, not counted" if tally.of_others else ""
    return ", ".join(part for part in (failed, missing, cannot, others) if part)


def compared(tally: Tally, other: Tally, other_name: str) -> str:
    """How many more seeds of the one solve it than of the other, with its interval, and whether that may be chance.

    They are compared only after all seeds of both are known, since those that solve the echo are known first.
    """
    if tally.is_pooled or other.is_pooled:
        return NOT_OF_SEVERAL
    if tally.version != other.version and tally.count and other.count:
        return f"beside {other_name}: {OF_ANOTHER_VERSION}"
    lacking = next((_lacking(one) for one in (tally, other) if not one.is_whole), "")
    if lacking:
        return f"beside {other_name}: {lacking}; squares are compared once all their seeds are known"
    if min(tally.count, other.count) < LEAST_SEEDS:
        few = "fewer would be luck" if min(tally.count, other.count) else "nothing is trained"
        return f"beside {other_name}: {few}; {LEAST_SEEDS} seeds or more of both are needed"
    found = difference(tally.solved, tally.count, other.solved, other.count)
    low, high = (found.low, found.high) if found.value >= 0 else (-found.high, -found.low)
    more = "fewer" if found.value < 0 else "more"
    luck = "more than luck" if found.is_told else "may be luck"
    if tally.solved * other.count == other.solved * tally.count:
        return f"equal: 0 ({_of_100(low)} to {_of_100(high)}) of 100 more than {other_name}"
    of_100 = f"{_of_100(abs(found.value))} {more} ({_of_100(low)} to {_of_100(high)}) of 100"
    return f"{luck}, {chance_text(found.chance)}: {of_100} than {other_name}"  # a narrow screen cuts only the name


def lost_told(table: Table) -> str:
    """How many networks that had solved the echo lost it again by the end; empty if networks stop when they have solved
    it.
    """
    counts = table.counts
    if table.surveyed.until_solved or not counts.solved:
        return ""
    solved = f"of the {counts.solved:,} networks that solved it"
    if not counts.lost:
        return f"{solved} none lost it again by the end"
    lost = {place: table.cell(place).tally.lost for place in table.places}
    losing = sorted((place for place in lost if lost[place]), key=lambda place: -lost[place])
    named = [f"{lost[place]:,} in {name_of(table, *place)}" for place in losing[:MOST_NAMED]]
    more = [f"the others in {len(losing) - len(named):,} more squares"] if len(losing) > len(named) else []
    return f"{solved} {counts.lost:,} lost it again by the end: {'; '.join(named + more)}"


def _of_100(share: float) -> str:
    """A share in percent as a whole number, but a number other than zero is never shown as zero."""
    whole = round(100 * share)
    return f"{whole}" if whole or abs(share) < 1e-6 else f"{100 * share:.1g}"


def chance_text(chance: float) -> str:
    """The p of an exact test as text; it is never rounded across the limit that decides."""
    if chance < 0.001:
        return "p < 0.001"
    text = f"{chance:.2g}"
    return f"p < {ERROR}" if chance < ERROR <= float(text) else f"p {text}"
