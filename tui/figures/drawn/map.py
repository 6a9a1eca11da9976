"""Draws the map of a sweep: a shaded square for each cell, with its value."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from tui.figures.drawn.paper import SHADES, Table, numbers

MOST_TEXTS = 14
"""The most columns of squares that have their values written on them."""

LETTER = 4.4
"""The width of a letter in points."""


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw the squares; one without a result is hatched, and an infinite value is white."""
    axes = figure.add_subplot()
    rows, columns = facts["rows"], facts["columns"]
    shades = numbers(table, "shade").reshape(len(rows), len(columns))
    drawn = np.where(shades < 0, np.nan, shades)
    image = axes.imshow(drawn, cmap=SHADES, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for row, column in np.argwhere(np.isnan(shades)).tolist():
        square = (column - 0.5, row - 0.5), 1, 1
        axes.add_patch(Rectangle(*square, fill=False, hatch="////", edgecolor="#BBBBBB", linewidth=0))
    size = min(7.0, 60 * figure.get_figwidth() / 3.3 / max(1, len(columns)))
    if len(columns) <= MOST_TEXTS * figure.get_figwidth() / 3.3:
        for number, text in enumerate(table["text"]):
            row, column = divmod(number, len(columns))
            colour = "white" if shades[row, column] > 0.55 else "black"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    every = [max(1, -(-len(texts) // most)) for texts, most in ((columns, 16), (rows, 30))]
    shown = columns[:: every[0]]
    is_tight = LETTER * (longest(shown) + 1) * len(shown) > 60 * figure.get_figwidth()
    axes.set_xticks(range(0, len(columns), every[0]), shown, rotation=90 if is_tight else 0)
    axes.set_yticks(range(0, len(rows), every[1]), rows[:: every[1]])
    axes.tick_params(length=0, labelsize=7)
    axes.set_xlabel(facts["across"])
    if facts["down"]:
        axes.set_ylabel(facts["down"])
    else:
        axes.set_yticks([])
    bar = figure.colorbar(image, ax=axes, location="top", aspect=40, pad=0.02)
    bar.set_ticks([share for share, _ in facts["ticks"]], labels=[text for _, text in facts["ticks"]])
    bar.set_label(facts["shows"])


def longest(texts: list[str]) -> int:
    """The most characters of a text."""
    return max(map(len, texts), default=0)
