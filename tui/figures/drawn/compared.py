"""Draws the losses of several branches or runs on one axis."""

from __future__ import annotations

from typing import Any

from tui.figures.drawn.paper import (
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
    """Draw a line for each branch or run, with the legend below."""
    axes = figure.add_subplot()
    losses_axis(axes, facts, numbers(table, "loss"))
    legend = facts["legend"]
    for (name, words), style in zip(legend, styles(len(legend)), strict=True):
        rows = chosen(table, facts["of"], name)
        losses = numbers(rows, "loss")
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
