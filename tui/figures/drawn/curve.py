"""Draws the losses of a run: mean and range of one network, or the quantiles of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui.figures.drawn.paper import (
    BEYOND,
    COLOURS,
    GREY,
    Table,
    chosen,
    legend_above,
    level_lines,
    losses_axis,
    middles,
    not_finite,
    numbers,
    windows_axis,
)

MOST = 4
"""Extremes of more than so many times the highest point of the lines are cut off: a few would flatten all else."""


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw the curve with its band, the levels, the marks of commands, and where the task was solved."""
    axes = figure.add_subplot()
    lines = np.concatenate([numbers(table, name) for name in ("mean", "q10", "median", "q90")])
    extremes = np.concatenate([numbers(table, name) for name in ("low", "high")])
    top = MOST * np.max(lines[np.isfinite(lines)], initial=0.0)
    inside = facts["log"] or extremes <= (top or np.inf)
    losses_axis(axes, facts, np.concatenate([lines, np.where(inside, extremes, np.nan)]))
    for line in dict.fromkeys(table["line"]):
        rows = chosen(table, "line", line)
        windows = middles(rows)
        if line == "all networks":
            low, high = (np.nan_to_num(numbers(rows, name), nan=np.nan, posinf=BEYOND) for name in ("q10", "q90"))
            axes.fill_between(windows, low, high, color=COLOURS[0], alpha=0.3, linewidth=0, label="10 to 90 %")
            for name in ("low", "high"):
                label = "smallest, largest" if name == "low" else None
                extreme = numbers(rows, name)
                axes.plot(windows, extreme, color=GREY, linewidth=0.5, linestyle=(0, (1, 1.5)), label=label)
            axes.plot(windows, numbers(rows, "median"), color=COLOURS[0], linewidth=1.4, label="median")
            not_finite(axes, windows, numbers(rows, "median"))
        else:
            low, high, mean = (numbers(rows, name) for name in ("low", "high", "mean"))
            several = line != "network"
            colour = COLOURS[1] if several else COLOURS[0]
            if not several and (low != high).any():
                axes.fill_between(windows, low, high, color=colour, alpha=0.3, linewidth=0, label="smallest to largest")
            one = {"marker": ".", "markersize": 4} if len(windows) == 1 else {}
            label = line if several else "mean"
            axes.plot(windows, mean, color=colour, linestyle="--" if several else "-", label=label, **one)
            not_finite(axes, windows, mean)
    windows_axis(axes, table)
    highest = numbers(table, "high")
    beyond = np.isfinite(highest) & (highest > axes.get_ylim()[1])
    if beyond.any():
        top = np.full(int(beyond.sum()), 1.0)
        style = {"color": GREY, "markersize": 3, "transform": axes.get_xaxis_transform(), "clip_on": False}
        label = f"beyond, to {highest[beyond].max():.3g}"
        axes.plot(middles(table)[beyond], top, "^", label=label, **style)
    levels = [(name.removeprefix("level "), float(table[name][0])) for name in table if name.startswith("level ")]
    for window, word in facts["marks"]:
        axes.axvline(window, color="black", linewidth=0.6, linestyle=(0, (4, 2)), zorder=0)
        axes.annotate(
            word,
            (window, 1),
            (2, -6),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            va="top",
            fontsize=6,
        )
    for name, marker in (("solved", "^"), ("lost", "v")):
        if window := facts[name]:
            foot = {"transform": axes.get_xaxis_transform(), "clip_on": False}
            axes.plot([window], [0.02], marker, color="black", markersize=4, label=f"{name} at {window:,}", **foot)
    legend_above(figure, axes)
    level_lines(axes, levels)
