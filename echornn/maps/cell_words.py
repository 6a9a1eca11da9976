"""Sentences about a cell of a map, or about two compared cells; each at most two lines of 78 characters."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.diagnosis.cases import loss_of
from echornn.diagnosis.difference import ERROR, LEAST_SEEDS, difference
from echornn.maps.kept_values import value_text
from echornn.maps.rungs import rung_text
from echornn.maps.seed_counts import SeedCounts
from echornn.maps.table import MapCell, Table, Values, windows_of

MOST_NAMED = 3
"""The most cells that a sentence names; if there are more, the sentence has only their number."""

OF_ANOTHER_VERSION = "trained by another version of the program: not compared"

NOT_OF_SEVERAL = "several points in a square are not compared; ] holds a field at one value"


def name_of(table: Table, row: int, column: int) -> str:
    """The name of a cell: its fields with their values, without those that its task lacks."""
    choice = table.choice
    shown = ((choice.down, table.rows[row]), (choice.across, table.columns[column]))
    others = {**table.budget, **choice.held}
    held = [(name, value) for name, value in others.items() if name not in (choice.down, choice.across)]
    names = EchoConfig.names()
    fields = [(name, value) for name, value in (*shown, *held) if name in names or (name and value is not None)]
    return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"


def told_apart(name: str, other: str) -> str:
    """The fields of a cell's name whose values differ from those in another name; the whole name if none differ."""
    fields = other.split(", ")
    return ", ".join(field for field in name.split(", ") if field not in fields) or name


def cell_text(table: Table, row: int, column: int) -> tuple[str, str]:
    """Two lines about a cell: how many seeds solved it, with the interval; and when, with the best seed.

    If a cell has several points, their shares differ by more than chance, so the text has their range rather than an
    interval.
    """
    cell = table.cells[row][column]
    counts, name = cell.counts, name_of(table, row, column)
    points = len(cell.configs)
    if points == 1 and counts.left_out:
        name = ", ".join([name, *_others(table, next(iter(cell.configs)))])
    if not counts.finished:
        return f"{name}: {_why_nothing(counts)}", _reason(table, cell)
    by_now = " by now" if counts.missing else ""
    solved = f"{name}: {counts.solved:,} of {counts.asked:,} solved{by_now}"
    if counts.is_pooled:
        first = f"{solved} over {points} points{_by_point(counts) if counts.is_whole else ''}"
        return first, "; ".join(
            part
            for part in (_lost(counts), _best_point(table, cell), _lacking(counts), _version(table, counts))
            if part
        )
    low, high = (round(100 * share) for share in counts.interval)
    parts = (
        _lost(counts),
        _when(counts, _most(table, cell)),
        _best(cell),
        _loss(cell),
        _lacking(counts),
        _version(table, counts),
    )
    return f"{solved} ({low} to {high} %){_rung(cell)}", "; ".join(part for part in parts if part)


def _rung(cell: MapCell) -> str:
    """The rung of the median loss, as text, if all seeds are known, and fewer than half have solved the task."""
    counts, configs = cell.counts, list(cell.configs.values())
    if not counts.is_whole or counts.half_solved is not None or len(configs) != 1:
        return ""
    rung = rung_text(configs[0], counts.loss)
    return f", median {rung}" if rung else ""


def _version(table: Table, counts: SeedCounts) -> str:
    """The program version that trained the cell, as text, if the map shows several versions."""
    overview = table.overview
    return f"version {counts.version + 1} of {len(overview.versions)}" if len(overview.shown_versions) > 1 else ""


def _most(table: Table, cell: MapCell) -> int | None:
    """The most windows that each network trains, if cells differ in this; otherwise None."""
    most = {windows_of(config) for config in cell.configs.values()}
    return most.pop() if table.windows_differ and len(most) == 1 else None


def _by_point(counts: SeedCounts) -> str:
    """The range of the shares of a cell's points, as text."""
    shares = [round(100 * point.success) for point in counts.points]
    least, most = min(shares), max(shares)
    return f", {least} % of each" if least == most else f", {least} to {most} % by point"


def _best_point(table: Table, cell: MapCell) -> str:
    """The configuration that ``enter`` trains, as text, for a cell of several points."""
    best, point = cell.counts.best, cell.best_point
    if best is None or point is None:
        return ""
    return ", ".join([_best(cell), *_others(table, point)])


def _others(table: Table, point: Values) -> list[str]:
    """Texts for the values of a point that distinguish it from other points of its cell."""
    shown = (table.choice.across, table.choice.down, *table.choice.held)
    fields = zip(table.overview.axes, point, strict=True)
    return [f"{name} {value_text(value)}" for name, value in fields if name not in shown]


def _why_nothing(counts: SeedCounts) -> str:
    if counts.missing or counts.failed:
        return _lacking(counts) if counts.failed else f"not trained yet, {counts.missing:,} to come"
    return "impossible, so it was left out" if counts.left_out else "not part of this sweep"


def _reason(table: Table, cell: MapCell) -> str:
    return next((table.overview.reasons[point] for point in cell.points if point in table.overview.reasons), "")


def _lost(counts: SeedCounts) -> str:
    return f"{counts.lost:,} of these lost it again" if counts.lost else ""


def _when(counts: SeedCounts, most: int | None) -> str:
    """The text on the window by which half of the seeds had solved it, and the most windows if cells differ."""
    if counts.half_solved is not None:
        of_those = "" if most is None else f" of {most:,}"
        return f"half by window {counts.half_solved:,}{'' if counts.is_whole else ' or before'}{of_those}"
    within = "" if most is None else f" in {most:,} windows"
    if not counts.is_whole:
        return ""
    return f"fewer than half{within}" if counts.solved else f"none{within}" if within else ""


def _best(cell: MapCell) -> str:
    best, config = cell.counts.best, cell.best
    if best is None or config is None:
        return ""
    if best.solved_at is not None:
        return f"seed {best.seed} first, at {best.solved_at:,}"
    return f"least {_loss_name(config)} {loss_of(config, best.final_loss)} of seed {best.seed}"


def _loss(cell: MapCell) -> str:
    counts, config = cell.counts, cell.best
    of_those = "" if counts.is_whole else " of those known"
    if config is None or not math.isfinite(counts.loss):
        return f"most diverged{of_those}"
    return f"median {_loss_name(config)} {loss_of(config, counts.loss)}{of_those}"


def _loss_name(config: EchoConfig) -> str:
    return "loss" if config.has_classes else config.loss_name


def _lacking(counts: SeedCounts) -> str:
    failed = f"{counts.failed:,} failed" if counts.failed else ""
    missing = f"{counts.missing:,} to come" if counts.missing else ""
    cannot = (
        f"{counts.left_out:,} other impossible point{'s' if counts.left_out > 1 else ''}" if counts.left_out else ""
    )
    others = f"{counts.of_others:,} of other versions, not counted" if counts.of_others else ""
    return ", ".join(part for part in (failed, missing, cannot, others) if part)


def compared(counts: SeedCounts, other: SeedCounts, other_name: str) -> str:
    """The difference between the success rates of two cells, with its interval, and whether it may be chance.

    Cells are compared only when all seeds of both are finished, since seeds that solve the echo finish first.
    """
    if counts.is_pooled or other.is_pooled:
        return NOT_OF_SEVERAL
    if counts.version != other.version and counts.finished and other.finished:
        return f"beside {other_name}: {OF_ANOTHER_VERSION}"
    lacking = next((_lacking(one) for one in (counts, other) if not one.is_whole), "")
    if lacking:
        return f"beside {other_name}: {lacking}; squares are compared once all their seeds are known"
    if min(counts.finished, other.finished) < LEAST_SEEDS:
        few = "fewer would be luck" if min(counts.finished, other.finished) else "nothing is trained"
        return f"beside {other_name}: {few}; {LEAST_SEEDS} seeds or more of both are needed"
    found = difference(counts.solved, counts.finished, other.solved, other.finished)
    low, high = (found.low, found.high) if found.value >= 0 else (-found.high, -found.low)
    more = "fewer" if found.value < 0 else "more"
    luck = "more than luck" if found.is_told else "may be luck"
    if counts.solved * other.finished == other.solved * counts.finished:
        return f"equal: 0 ({_of_100(low)} to {_of_100(high)}) of 100 more than {other_name}"
    of_100 = f"{_of_100(abs(found.value))} {more} ({_of_100(low)} to {_of_100(high)}) of 100"
    # on a narrow screen, only the name is cut
    return f"{luck}, {chance_text(found.chance)}: {of_100} than {other_name}"


def lost_told(table: Table) -> str:
    """A text on how many networks have lost the echo after solving it; empty if training stops at the solution."""
    total = table.counts
    if table.overview.until_solved or not total.solved:
        return ""
    solved = f"of the {total.solved:,} networks that solved it"
    if not total.lost:
        return f"{solved} none lost it again by the end"
    lost = {place: table.cell(place).counts.lost for place in table.places}
    losing = sorted((place for place in lost if lost[place]), key=lambda place: -lost[place])
    named = [f"{lost[place]:,} in {name_of(table, *place)}" for place in losing[:MOST_NAMED]]
    more = [f"the others in {len(losing) - len(named):,} more squares"] if len(losing) > len(named) else []
    return f"{solved} {total.lost:,} lost it again by the end: {'; '.join(named + more)}"


def _of_100(share: float) -> str:
    """A share in percent as a whole number; a share above zero is never shown as zero."""
    whole = round(100 * share)
    return f"{whole}" if whole or abs(share) < 1e-6 else f"{100 * share:.1g}"


def chance_text(chance: float) -> str:
    """The p-value of an exact test as text, never rounded across the limit of significance."""
    if chance < 0.001:
        return "p < 0.001"
    text = f"{chance:.2g}"
    return f"p < {ERROR}" if chance < ERROR <= float(text) else f"p {text}"
