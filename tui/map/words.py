"""What the map says about a cell."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.diagnosis.cases import loss_of
from echornn.sweeps.results import Cell
from tui.kit.sweep_table import Table, rung_text, value_text


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
