"""Draws the weight matrices as shades, and the eigenvalues beside the unit circle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tui.figures.drawn.paper import COLOURS, GREY, MARKERS, SHADES, Table, chosen, numbers

ACROSS = 3
"""The most panels side by side."""

MOST_NAMES, MOST_LETTERS = 9, 15
"""The most rows of a matrix that have their names, and the most letters of all names of columns."""

MANY = 64
"""More eigenvalues than this get small markers."""


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw a panel for each matrix, all with the same shades, and one for the eigenvalues."""
    weights, eigenvalues = chosen(table, "part", "weight"), chosen(table, "part", "eigenvalue")
    names, of_radii = list(dict.fromkeys(weights["matrix"])), list(dict.fromkeys(eigenvalues["matrix"]))
    count = len(names) + bool(of_radii)
    across = min(ACROSS, count)
    panels = list(figure.subplots(-(-count // across), across, squeeze=False).flat)
    parts = [chosen(weights, "matrix", name) for name in names]
    sizes = [float(np.abs(numbers(part, "value")).max(initial=0.0)) for part in parts]
    # one bias of 1, as in an LSTM's forget gate, would leave no shades for small weights
    most = max((size for size, part in zip(sizes, parts, strict=True) if len(set(part["row"])) > 1), default=0.0)
    most = most or max(sizes, default=0.0) or 1.0
    image = None
    for axes, name, part in zip(panels, names, parts, strict=False):
        image = matrix(axes, name, part, most)
    if image is not None:
        extend = "both" if max(sizes) > most else "neither"
        bar = figure.colorbar(image, ax=panels[: len(names)], location="bottom", aspect=40, pad=0.03, extend=extend)
        bar.set_label("weight")
    if of_radii:
        plane(panels[len(names)], eigenvalues, of_radii)
    for axes in panels[count:]:
        axes.remove()


def matrix(axes: Any, name: str, rows: Table, most: float) -> Any:
    """Draw a matrix: rows are where a weight comes from, columns where it goes to."""
    at, to = numbers(rows, "row").astype(int), numbers(rows, "column").astype(int)
    shades = np.full((at.max() + 1, to.max() + 1), np.nan)
    shades[at, to] = numbers(rows, "value")
    image = axes.imshow(shades, cmap=SHADES, vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    axes.set_title(name)
    axes.tick_params(length=0, labelsize=6)
    for set_ticks, places, column in ((axes.set_yticks, at, "from"), (axes.set_xticks, to, "to")):
        found = dict(zip(places.tolist(), rows[column], strict=True))
        fits = len(found) <= MOST_NAMES if column == "from" else sum(map(len, found.values())) <= MOST_LETTERS
        set_ticks(*zip(*found.items(), strict=True) if fits else ([], []))
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    return image


def plane(axes: Any, eigenvalues: Table, names: list[str]) -> None:
    """Draw the eigenvalues of each recurrent matrix, and the unit circle."""
    angles = np.linspace(0, 2 * math.pi, 200)
    axes.plot(np.cos(angles), np.sin(angles), color=GREY, linewidth=0.6)
    for number, name in enumerate(names):
        rows = chosen(eigenvalues, "matrix", name)
        marker, colour = MARKERS[number % len(MARKERS)], COLOURS[number % len(COLOURS)]
        real, imaginary = numbers(rows, "value"), numbers(rows, "imaginary")
        filled = "none" if number else "full"
        size = 3 if len(real) <= MANY else 1
        axes.plot(real, imaginary, marker, color=colour, markersize=size, label=name, fillstyle=filled)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title("eigenvalues")
    axes.tick_params(labelsize=6)
    axes.axhline(0, color=GREY, linewidth=0.4)
    axes.axvline(0, color=GREY, linewidth=0.4)
    if len(names) > 1:
        axes.figure.legend(fontsize=5, loc="outside lower center", ncols=min(4, len(names)), columnspacing=1)
