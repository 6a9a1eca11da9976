"""The figures that count networks: the seeds of a run, and the map of a sweep."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.diagnosis.seed_stats import NOTHING_COUNTS, wilson
from echornn.levels import can_be_solved, chance_level, solved_level
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import MapCell
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import (
    COLOURS,
    SHADES,
    legend,
    level_lines,
    losses_axis,
    names_along,
    not_finite,
    whole_numbers,
)
from tui.text.sweep_table import (
    Measure,
    Scale,
    Table,
    first_choice,
    meaning,
    numbers_of,
    short_text,
    value_of,
    value_text,
)

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # the shades beside which the colour bar has a value
# Columns of squares that have their values written on them, at a width of one column
MOST_TEXTS = 14
LETTERS = 13.6  # letters of columns that have room in an inch


def seeds(request: FigureRequest) -> FigureData:
    """For each network, when it had solved the task and its final loss, as ``export --summary``
    prints them."""
    opened = read(request.run)
    position = opened.run.position_at(request.at, request.branch)
    config = opened.run.config_at(position)
    networks = opened.networks(request.at, request.branch)
    columns: dict[str, list[Any]] = {
        "replica": [one.replica for one in networks],
        "seed": [one.seed for one in networks],
        "solved_at": [one.solved_at or None for one in networks],
        "lost_at": [one.lost_at or None for one in networks],
        "final_loss": [f"{one.final_loss:.9g}" for one in networks],
    }

    def draw(figure: Any) -> None:
        """The share of networks that had solved the task, and below it the final losses in
        order."""
        upper, lower = figure.subplots(2, 1)
        solved_at, losses = (
            np.array(columns["solved_at"], float),
            np.array([one.final_loss for one in networks]),
        )
        solved, replicas, windows = (
            np.sort(solved_at[np.isfinite(solved_at)]),
            len(losses),
            position.window,
        )
        count = len(solved)
        title = NOTHING_COUNTS
        if can_be_solved(config):
            shares = np.array([*range(count + 1), count]) / replicas
            upper.step([0, *solved, windows], shares, where="post", color=COLOURS[0])
            low, high = wilson(count, replicas)
            ends = {"color": "black", "capsize": 2, "linewidth": 0.8, "clip_on": False}
            upper.errorbar([windows], shares[-1:], [shares[-1:] - low, high - shares[-1:]], **ends)
            interval = f"95 % interval (Wilson) {100 * low:.0f} to {100 * high:.0f} %"
            title = f"{count:,} of {replicas:,} solved it; {interval}"
        upper.set_title(title, fontsize=6)
        whole_numbers(upper.xaxis, "window")
        label = "share of networks\nthat solved the task"
        upper.set(xlim=(0, 1.03 * max(1, windows)), ylim=(-0.03, 1.03), ylabel=label)
        order = np.argsort(losses, kind="stable")
        ranks = 1 + np.argsort(order)
        done = np.isfinite(solved_at)
        size = 4 if replicas <= 100 else 1.5
        losses_axis(lower, config.loss_name, request.log, [losses])
        for marker, colour, which, name in (
            ("o", COLOURS[0], done, "solved"),
            ("x", COLOURS[1], ~done, "not solved" if can_be_solved(config) else "loss"),
        ):
            if which.any():
                lower.plot(
                    ranks[which], losses[which], marker, color=colour, markersize=size, label=name
                )
        not_finite(lower, ranks, losses)
        whole_numbers(lower.xaxis, "network, by its final loss")
        legend(figure, lower, "lower")
        level_lines(lower, [("chance", chance_level(config)), ("solved", solved_level(config))])

    return FigureData(columns, draw, 3.2, opened.notes)


def sweep_map(request: FigureRequest) -> FigureData:
    """For each square of a sweep's map, its counts and the value that is shown, as ``map`` shows
    them."""
    results = SweepResults.read(Path(request.run))
    if not results.axes:
        raise FigureError(f"{request.run} has no field that varies: nothing to draw")
    table = Table.of(results, request.choice or first_choice(results.axes))
    scale = Scale.of(results.points, request.show)
    across, down = table.choice.across or "all", table.choice.down
    columns: dict[str, list[Any]] = {}
    for row, left in zip(table.cells, table.rows, strict=True):
        for cell, top in zip(row, table.columns, strict=True):
            value = value_of(cell, request.show)
            fields = {across: value_text(top), **({down: value_text(left)} if down else {})}
            shown = {
                "value": value,
                "shade": scale.share(value),
                "text": short_text(value, request.show),
            }
            for name, number in {**fields, **numbers_of(cell), **shown}.items():
                # NaN is a number that is not known.
                columns.setdefault(name, []).append(None if number != number else number)
    least, most = min(filter(None, columns["trained"]), default=0), max(columns["trained"])
    label = meaning(request.show, {point.config.loss_name for point in results.points})
    if request.show is not Measure.LOSS and not MapCell((), results.points).can_be_solved:
        label = NOTHING_COUNTS
    label += f" (n = {least:,}{f' to {most:,}' if most > least else ''})" if most else ""

    def draw(figure: Any) -> None:
        _draw_map(figure, table, np.array(columns["shade"], float), columns["text"])
        axes = figure.axes[0]
        axes.set(xlabel=across, ylabel=down or "")
        bar = figure.colorbar(axes.images[0], ax=axes, location="top", aspect=40, pad=0.02)
        bar.set_ticks(TICKS, labels=[_tick(scale, share) for share in TICKS])
        bar.set_label(label)

    return FigureData(columns, draw, min(8.0, 1.5 + 0.2 * len(table.rows)))


def _draw_map(figure: Any, table: Table, shades: Any, texts: list[str]) -> None:
    """Draw the squares; one without a result is hatched, and an infinite value is white."""
    from matplotlib import colormaps

    axes, width = figure.add_subplot(), figure.get_figwidth()
    rows, columns = (
        [value_text(value) for value in values] for values in (table.rows, table.columns)
    )
    squares = shades.reshape(len(rows), len(columns))
    axes.patch.set(hatch="////", edgecolor="#BBBBBB", linewidth=0)
    shades_and_white = colormaps[SHADES].with_extremes(under="white")
    axes.imshow(
        squares, cmap=shades_and_white, vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    if len(columns) <= MOST_TEXTS * width / 3.3:
        size = min(7.0, 60 * width / 3.3 / max(1, len(columns)))
        for (row, column), text in zip(np.ndindex(squares.shape), texts, strict=True):
            colour = "white" if squares[row, column] > 0.55 else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    names_along(axes.xaxis, columns, 16, LETTERS * width)
    names_along(axes.yaxis, rows if table.choice.down else [""], 30)
    axes.tick_params(length=0, labelsize=7)


def _tick(scale: Scale, share: float) -> str:
    if scale.measure is Measure.SUCCESS or not math.isfinite(scale.best):
        return f"{100 * share:.0f}"
    return short_text(scale.worst * (scale.best / scale.worst) ** share, scale.measure)
