"""Draws the losses of several branches or runs on one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui.figures.drawn.paper import (
    BEYOND,
    Table,
    chosen,
    level_lines,
    losses_axis,
    middles,
    not_finite,
    numbers,
    shortened,
    styles,
    windows_axis,
)


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw a line for each branch or run, around that of several networks their quantiles, and the legend below."""
    axes = figure.add_subplot()
    has_bands = "q10" in table
    shown = [numbers(table, name) for name in ("loss", "q10", "q90") if name in table]
    losses_axis(axes, facts, np.concatenate(shown))
    legend = facts["legend"]
    for (name, words), style in zip(legend, styles(len(legend)), strict=True):
        rows = chosen(table, facts["of"], name)
        losses = numbers(rows, "loss")
        if has_bands:
            low, high = (np.nan_to_num(numbers(rows, one), nan=np.nan, posinf=BEYOND) for one in ("q10", "q90"))
            axes.fill_between(middles(rows), low, high, color=style["color"], alpha=0.2, linewidth=0)
        axes.plot(middles(rows), losses, label=shortened(words, 60), **style)
        not_finite(axes, middles(rows), losses)
    windows_axis(axes, table)
    handles, labels = axes.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    longest = max(map(len, by_label))
    columns = 1 if len(by_label) < 5 else max(1, min(4, int(figure.get_figwidth() * 26 / (longest + 6))))
    size = 6 if len(by_label) < 13 else 5
    where = "outside lower center"
    figure.legend(by_label.values(), by_label, loc=where, ncols=columns, fontsize=size, handlelength=3)
    level_lines(axes, facts["levels"])
