"""The figures that count networks: the seeds of a run, and the map of a sweep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import read
from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import NOTHING_COUNTS, wilson
from echornn.levels import can_be_solved, chance_level, solved_level
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.results import MapCell
from echornn.sweeps.table import Choice, Table, cell_numbers
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.fates import LOOKS, fates_of, numbers_by_fate
from tui.figures.paper import (
    draw_legend,
    draw_levels,
    letters,
    mark_not_finite,
    name_axis,
    number_axis,
    scale_losses,
    title_case,
)
from tui.figures.style import BLUE, GREY, INK, PAPER, SMALL, points, shade_map
from tui.text.measures import Measure, Scale, meaning, short_text, value_of, value_text

# Chosen by eye
LARGEST, SMALLEST, TOGETHER = 3.5, 1.5, 150  # points of markers: of one, and of all side by side
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # the shades beside which the colour bar has a value
TEXT_SIZE = 0.25  # of a value, as a share of the width of a square
LEAST_TEXT, MOST_TEXT = 5, 6  # points of a value on a journal's page; journals print none below 5
NAMED = 0.8  # the share of a figure's width that names of columns have
DARK = 0.55  # a shade on which texts have the colour of the background


# ---- seeds


def seeds(request: FigureRequest) -> FigureData:
    """For each network, when it had solved the task and its final loss, as ``export --summary``
    prints them."""
    opened = read(request.run)
    position = opened.run.position_at(request.at, request.branch)
    config = opened.run.config_at(position)
    networks = opened.networks(request.at, request.branch)
    names = ("replica", "seed", "solved_at", "lost_at", "final_loss")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for network in networks:
        columns["replica"].append(network.replica)
        columns["seed"].append(network.seed)
        columns["solved_at"].append(network.solved_at or None)
        columns["lost_at"].append(network.lost_at or None)
        columns["final_loss"].append(f"{network.final_loss:.9g}")
    solved_at = np.array(columns["solved_at"], float)
    losses = np.array([network.final_loss for network in networks])
    fates = fates_of(config, networks)

    def draw(figure: Any) -> None:
        width, height = figure.get_size_inches()
        if width > 2 * height:
            upper, lower = figure.subplots(1, 2)
        else:
            upper, lower = figure.subplots(2, 1)
        _draw_solved(upper, config, solved_at, position.window)
        _draw_final_losses(lower, config, losses, fates, request.log)
        draw_legend(figure, lower, "lower")
        levels = [("chance", chance_level(config)), ("solved", solved_level(config))]
        draw_levels(lower, levels)

    return FigureData(columns, draw, 3.2, opened.notes)


def _draw_solved(axes: Any, config: EchoConfig, solved_at: Any, windows: int) -> None:
    """Draw the share of networks that had solved the task by each window."""
    replicas = len(solved_at)
    solved = np.sort(solved_at[np.isfinite(solved_at)])
    count = len(solved)
    title = NOTHING_COUNTS
    if can_be_solved(config):
        shares = np.array([*range(count + 1), count]) / replicas
        axes.step([0, *solved, windows], shares, where="post", color=BLUE, clip_on=False)
        low, high = wilson(count, replicas)
        last = shares[-1:]
        look = {"color": INK, "capsize": points(2), "linewidth": points(0.8), "clip_on": False}
        axes.errorbar([windows], last, [last - low, high - last], **look)
        interval = f"95 % interval (Wilson) {100 * low:.0f} to {100 * high:.0f} %"
        title = f"{count:,} of {replicas:,} solved it; {interval}"
    axes.set_title(title, loc="left", fontsize=SMALL)
    number_axis(axes.xaxis, "window")
    axes.set(xlim=(0, max(1, windows)), ylim=(0, 1), ylabel="Share that solved it")


def _draw_final_losses(
    axes: Any, config: EchoConfig, losses: Any, fates: Sequence[str], is_log: bool
) -> None:
    """Draw the final losses in order."""
    order = np.argsort(losses, kind="stable")
    ranks = 1 + np.argsort(order)
    size = min(LARGEST, max(SMALLEST, TOGETHER / len(losses)))
    scale_losses(axes, config.loss_name, is_log, [losses])
    for fate, numbers in numbers_by_fate(fates).items():
        colour, _, marker = LOOKS[fate]
        look = {"color": colour, "markersize": points(size), "fillstyle": "none"}
        if marker == "o":
            look["fillstyle"] = "full"
        label = f"{len(numbers):,} {fate}"
        axes.plot(ranks[numbers], losses[numbers], marker, label=label, **look)
    mark_not_finite(axes, ranks, losses)
    number_axis(axes.xaxis, "network, by its final loss")


# ---- the map of a sweep


def sweep_map(request: FigureRequest) -> FigureData:
    """For each square of a sweep's map, its counts and the value that is shown, as ``map`` shows
    them."""
    results = SweepResults.read(Path(request.run))
    if not results.axes:
        raise FigureError(f"{request.run} has no field that varies: nothing to draw")
    table = Table.of(results, request.choice or Choice.first(results.axes))
    scale = Scale.of(results.points, request.show)
    columns = _map_columns(table, scale)
    label = _map_label(results, request.show, columns["trained"])
    return FigureData(
        columns,
        partial(_draw_map, table, scale, columns, label),
        min(8.0, 1.5 + 0.2 * len(table.rows)),
        alt=f"Values: {label}.",
    )


def _map_columns(table: Table, scale: Scale) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for fields, cell in table.squares:
        value = value_of(cell, scale.measure)
        numbers: dict[str, Any] = {
            **{name: value_text(field) for name, field in fields.items() if name},
            **cell_numbers(cell),
            "value": value,
            "shade": scale.share(value),
            "text": short_text(value, scale.measure),
        }
        for name, number in numbers.items():
            if isinstance(number, float) and math.isnan(number):
                number = None  # not known
            columns.setdefault(name, []).append(number)
    return columns


def _map_label(results: SweepResults, measure: Measure, trained: Sequence[int]) -> str:
    """The meaning of the shades, and how many networks a square has."""
    label = title_case(meaning(measure, results.points))
    if measure is not Measure.LOSS and not MapCell((), results.points).can_be_solved:
        label = NOTHING_COUNTS
    counts = [count for count in trained if count]
    if not counts:
        return label
    least, most = min(counts), max(counts)
    if least == most:
        return f"{label}, n = {least:,}"
    return f"{label}, n = {least:,} to {most:,}"


def _draw_map(
    table: Table, scale: Scale, columns: dict[str, list[Any]], label: str, figure: Any
) -> None:
    """Draw the squares; one without a result is hatched, and an infinite value is white."""

    axes = figure.add_subplot()
    across = [value_text(value) for value in table.columns]
    down = [value_text(value) for value in table.rows]
    shades = np.array(columns["shade"], float).reshape(len(down), len(across))
    if np.isnan(shades).any():
        axes.patch.set(hatch="////", edgecolor=GREY, linewidth=0)
    axes.spines[:].set_visible(False)
    look = {"aspect": "auto", "interpolation": "nearest"}
    shades_and_white = shade_map().with_extremes(under=PAPER)
    image = axes.imshow(shades, cmap=shades_and_white, vmin=0, vmax=1, **look)
    _write_values(axes, shades, columns["text"])
    name_axis(axes.xaxis, across, 16, letters(NAMED * figure.get_figwidth()))
    name_axis(axes.yaxis, down if table.choice.down else [""], 30)
    axes.tick_params(length=0)
    axes.set(xlabel=_field_name(table.choice.across), ylabel=_field_name(table.choice.down))
    bar = figure.colorbar(image, ax=axes, location="top", aspect=40, pad=0.02)
    bar.set_ticks(TICKS, labels=[_tick(scale, share) for share in TICKS])
    bar.outline.set_visible(False)
    bar.set_label(label)


def _field_name(field: str | None) -> str:
    return title_case((field or "").replace("_", " "))


def _write_values(axes: Any, shades: Any, texts: Sequence[str]) -> None:
    """Write the value of each square on it, if there is room."""
    room = 72 * axes.figure.get_figwidth() / shades.shape[1]
    size = min(points(MOST_TEXT), TEXT_SIZE * room)
    if size < points(LEAST_TEXT):
        return
    for (row, column), text in zip(np.ndindex(shades.shape), texts, strict=True):
        colour = PAPER if shades[row, column] > DARK else INK
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)


def _tick(scale: Scale, share: float) -> str:
    if scale.measure is Measure.SUCCESS or not math.isfinite(scale.best):
        return f"{100 * share:.0f}"
    return short_text(scale.value(share), scale.measure)
