"""The numbers of the figures that count networks: the seeds of a run, and the map of a sweep."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from echornn.arrays.run_arrays import read
from echornn.data.levels import chance_level, solved_level
from echornn.diagnosis.seed_stats import wilson
from echornn.sweeps.folder import SweepResults
from tui.figures.data import Column, FigureData, FigureError, FigureRequest
from tui.figures.losses import loss_label
from tui.figures.sweep_table import Scale, Table, first_choice, meaning, numbers_of, short_text, value_of, value_text

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The shades beside which the colour bar has a value."""

WAY = "way of the median final loss to the last level, %"
"""What the shades show if losses of several tasks are compared."""


def seeds_numbers(request: FigureRequest) -> FigureData:
    """For each network, when it had solved the task and its final loss, as ``export --summary`` prints them."""
    opened = read(request.run)
    position = opened.run.position_at(request.at, request.branch)
    config = opened.run.config_at(position)
    networks = opened.networks(request.at, request.branch)
    solved = sum(bool(one.solved_at) for one in networks)
    columns: dict[str, Column] = {
        "replica": [one.replica for one in networks],
        "seed": [one.seed for one in networks],
        "solved_at": [one.solved_at or None for one in networks],
        "lost_at": [one.lost_at or None for one in networks],
        "final_loss": [f"{one.final_loss:.9g}" for one in networks],
    }
    level = solved_level(config)
    facts = {
        "windows": position.window,
        "interval": list(wilson(solved, len(networks))),
        "y": loss_label(config),
        "levels": [["chance", chance_level(config)], *([["solved", level]] if math.isfinite(level) else [])],
        "log": request.log,
    }
    return FigureData(columns, facts, 3.2, opened.notes)


def map_numbers(request: FigureRequest) -> FigureData:
    """For each square of a sweep's map, its counts and the value that is shown, as ``map`` shows them."""
    results = SweepResults.read(Path(request.run))
    if not results.axes:
        raise FigureError(f"{request.run} has no field that varies: nothing to draw")
    choice = request.choice or first_choice(results.axes)
    table = Table.of(results, choice)
    scale = Scale.of(results.points, request.show)
    across, down = choice.across or "all", choice.down or "all"
    columns: dict[str, list[Any]] = {}
    for row, left in zip(table.cells, table.rows, strict=True):
        for cell, top in zip(row, table.columns, strict=True):
            value, shade = value_of(cell, request.show), scale.share(scale.value(cell))
            shown = {"value": _known(value), "shade": _known(shade), "text": short_text(value, request.show)}
            fields = {across: value_text(top), **({down: value_text(left)} if choice.down else {})}
            for name, number in {**fields, **numbers_of(cell), **shown}.items():
                columns.setdefault(name, []).append(number)
    losses = {point.config.loss_name for point in results.points}
    facts = {
        "across": across,
        "down": choice.down,
        "columns": _texts(table.columns),
        "rows": _texts(table.rows),
        "shows": f"{WAY if scale.of_tasks else meaning(request.show, losses)}{_seeds(columns['trained'])}",
        "ticks": [[share, _tick(scale, share)] for share in TICKS],
    }
    return FigureData(columns, facts, min(8.0, 1.5 + 0.2 * len(table.rows)))


def _seeds(trained: list[int]) -> str:
    """How many networks a square has, of those that have any; empty if there is none."""
    least, most = min(filter(None, trained), default=0), max(trained, default=0)
    return "" if not most else f" (n = {most:,})" if least == most else f" (n = {least:,} to {most:,})"


def _known(value: float) -> float | None:
    """The number; None if it is NaN."""
    return None if math.isnan(value) else value


def _texts(values: tuple[Any, ...]) -> list[str]:
    return [value_text(value) for value in values]


def _tick(scale: Scale, share: float) -> str:
    """The value that has this shade."""
    if scale.is_share or not math.isfinite(scale.best):
        return f"{100 * share:.0f}"
    return short_text(scale.worst * (scale.best / scale.worst) ** share, scale.measure)
