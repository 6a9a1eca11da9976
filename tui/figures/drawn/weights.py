"""Draws the weight matrices as shades, and the eigenvalues beside the unit circle."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from tui.figures.drawn.paper import COLOURS, GREY, MARKERS, SHADES, Table, chosen, numbers

ACROSS = 3
"""The most panels side by side."""

MOST_NAMES, MOST_LETTERS = 9, 15
"""The most rows of a matrix that have their names, and the most letters of all names of columns that lie flat."""

MANY = 64
"""More eigenvalues than this get small markers."""


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw a panel for each matrix, all with the same shades, and one for the eigenvalues if there are any. Biases and
    the weights of units, which may be far larger, have shades of their own.
    """
    weights, eigenvalues = chosen(table, "part", "weight"), chosen(table, "part", "eigenvalue")
    names, of_radii = list(dict.fromkeys(weights["matrix"])), list(dict.fromkeys(eigenvalues["matrix"]))
    count = len(names) + bool(of_radii)
    across = 2 if count == 4 else min(ACROSS, count)
    panels = list(figure.subplots(-(-count // across), across, squeeze=False).flat)
    parts = [chosen(weights, "matrix", name) for name in names]
    sizes = [float(np.abs(numbers(part, "value")).max(initial=0.0)) for part in parts]
    apart = [set(part["from"]) <= {"bias", name} for name, part in zip(names, parts, strict=True)]
    most = max((size for size, own in zip(sizes, apart, strict=True) if not own), default=0.0) or 1.0
    for axes, name, part, size, own in zip(panels, names, parts, sizes, apart, strict=False):
        title = f"{name}, ±{size:.2g}" if own else name
        matrix(axes, title, part, (size or 1.0) if own else most)
    if names:
        shades = ScalarMappable(Normalize(-most, most), SHADES)
        bar = figure.colorbar(
            shades, ax=panels[: len(names)], location="bottom", aspect=40, pad=0.03, ticks=MaxNLocator(6)
        )
        bar.set_label("weight; ± in a title: that panel's own ends" if any(apart) else "weight", fontsize=7)
    if of_radii:
        plane(panels[len(names)], eigenvalues, of_radii)
    for axes in panels[count:]:
        axes.remove()


def matrix(axes: Any, title: str, rows: Table, most: float) -> None:
    """Draw a matrix: rows are where a weight comes from, columns where it goes to."""
    at, to = numbers(rows, "row").astype(int), numbers(rows, "column").astype(int)
    shades = np.full((at.max() + 1, to.max() + 1), np.nan)
    shades[at, to] = numbers(rows, "value")
    axes.imshow(shades, cmap=SHADES, vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    axes.set_title(title)
    axes.tick_params(length=0, labelsize=6)
    down = dict(zip(at.tolist(), rows["from"], strict=True))
    across = dict(zip(to.tolist(), rows["to"], strict=True))
    if len(down) <= MOST_NAMES:
        axes.set_yticks(list(down), list(down.values()))
    else:
        axes.set_yticks(*grouped(axes.axhline, list(down.values())))
    if sum(map(len, across.values())) <= MOST_LETTERS:
        axes.set_xticks(list(across), list(across.values()))
    else:
        places, names = grouped(axes.axvline, list(across.values()))
        axes.set_xticks(places, names, rotation=90 if sum(map(len, names)) > MOST_LETTERS else 0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def grouped(line: Callable[..., Any], names: list[str]) -> tuple[list[float], list[str]]:
    """Draw lines between groups of rows or columns, such as the gates of a cell, whose names differ only in a number;
    returns the middle of each group and its name.
    """
    groups = [
        (name, list(found)) for name, found in groupby(names, lambda name: name.rstrip("0123456789").rstrip(" ="))
    ]
    places, words, start = [], [], 0
    for name, members in groups:
        if start:
            line(start - 0.5, color="white", linewidth=0.8)
        places.append(start + (len(members) - 1) / 2)
        several = f"{members[0]} … {members[-1].removeprefix(name).strip(' =')}"
        words.append(members[0] if len(members) == 1 else name if len(groups) > 1 else several)
        start += len(members)
    return places, words


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
