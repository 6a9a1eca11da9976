"""Sentences about a cell of a map."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.diagnosis.cases import loss_of
from echornn.maps.seed_counts import SeedCounts
from echornn.maps.table import MapCell, Table, rung_text, value_text


def name_of(table: Table, row: int, column: int) -> str:
    """The name of a cell: its fields with their values, without those that its task lacks."""
    choice = table.choice
    shown = ((choice.down, table.rows[row]), (choice.across, table.columns[column]))
    others = {**table.budget, **choice.held}
    held = [(name, value) for name, value in others.items() if name not in (choice.down, choice.across)]
    names = EchoConfig.names()
    fields = [(name, value) for name, value in (*shown, *held) if name in names or (name and value is not None)]
    return ", ".join(f"{name} {value_text(value)}" for name, value in fields) or "the point"


def solved_text(counts: SeedCounts) -> str:
    """How many seeds solved the task, with the interval of their share; several points have none."""
    text = f"{counts.solved:,} of {counts.asked:,} solved"
    if counts.is_pooled:
        return f"{text} over {len(counts.points)} points"
    low, high = (round(100 * share) for share in counts.interval)
    return f"{text} ({low} to {high} %)"


def cell_text(table: Table, row: int, column: int) -> tuple[str, str]:
    """Two lines about a cell: how many seeds solved it; and when, with the best seed."""
    cell, name = table.cells[row][column], name_of(table, row, column)
    counts = cell.counts
    if not counts.finished:
        nothing = "impossible, so it was left out" if counts.left_out else "not part of this sweep"
        return f"{name}: {_lacking(counts) or nothing}", _reason(table, cell)
    half = "" if counts.half_solved is None else f"half by window {counts.half_solved:,}"
    lost = f"{counts.lost:,} lost it again" if counts.lost else ""
    versions = len(table.overview.shown_versions)
    version = f"version {counts.version + 1} of {len(table.overview.versions)}" if versions > 1 else ""
    parts = (lost, half, _best(table, cell), _loss(cell), _lacking(counts), version)
    return f"{name}: {solved_text(counts)}", "; ".join(part for part in parts if part)


def _reason(table: Table, cell: MapCell) -> str:
    return next((table.overview.reasons[point] for point in cell.points if point in table.overview.reasons), "")


def _best(table: Table, cell: MapCell) -> str:
    """The seed that `enter` trains, and of several points its point."""
    best, config, point = cell.counts.best, cell.best, cell.best_point
    if best is None or config is None or point is None:
        return ""
    first = f"seed {best.seed} first, at {best.solved_at or 0:,}"
    least = f"least {_loss_name(config)} {loss_of(config, best.final_loss)} of seed {best.seed}"
    shown = (table.choice.across, table.choice.down, *table.choice.held)
    fields = zip(table.overview.axes, point, strict=True)
    others = [f"{name} {value_text(value)}" for name, value in fields if name not in shown]
    return ", ".join([least if best.solved_at is None else first, *(others if cell.counts.is_pooled else ())])


def _loss(cell: MapCell) -> str:
    counts, config = cell.counts, cell.best
    if counts.is_pooled:
        return ""
    if config is None or not math.isfinite(counts.loss):
        return "most diverged"
    rung = "" if counts.half_solved is not None else rung_text(config, counts.loss)
    return f"median {_loss_name(config)} {loss_of(config, counts.loss)}{f', {rung}' if rung else ''}"


def _loss_name(config: EchoConfig) -> str:
    return "loss" if config.has_classes else config.loss_name


def _lacking(counts: SeedCounts) -> str:
    failed = f"{counts.failed:,} failed" if counts.failed else ""
    missing = f"{counts.missing:,} to come" if counts.missing else ""
    others = f"{counts.of_others:,} of other versions, not counted" if counts.of_others else ""
    return ", ".join(part for part in (failed, missing, others) if part)
