"""What all figures share: fonts, colours and lines that also differ in grey, and saving."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

Table = dict[str, list[str]]
"""The columns by name, their cells as texts."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F")
"""Colours that colour-blind people tell apart (Okabe and Ito 2008)."""

DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
"""Kinds of lines, which differ without colours too."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")

SHADES = "cividis_r"
"""Shades that grow darker, also in grey, from yellow to blue."""

GREY = "#666666"

LINE = 7.5
"""The height of a line of small print in points."""

SETTINGS = {
    "font.size": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # fonts are embedded as TrueType, as journals ask
    "svg.fonttype": "path",  # looks the same where the font is missing
    "svg.hashsalt": "echornn-tui",  # the same names of parts each time
}


def numbers(table: Table, name: str) -> Any:
    """A column as float64; NaN for an empty cell, and for a column that the table lacks."""
    rows = len(next(iter(table.values())))
    return np.array([float(cell or "nan") for cell in table.get(name, [""] * rows)], np.float64)


def chosen(table: Table, name: str, value: str) -> Table:
    """The rows that have this value in a column."""
    rows = [row for row, cell in enumerate(table[name]) if cell == value]
    return {column: [cells[row] for row in rows] for column, cells in table.items()}


def middles(table: Table) -> Any:
    """The middle of each bucket of windows."""
    return (numbers(table, "first_window") + numbers(table, "last_window")) / 2


BEYOND = 1e30
"""A height beyond every axis: the band of a tenth that has diverged reaches the top."""


def styles(count: int) -> Iterator[dict[str, Any]]:
    """A style for each of several lines: colour, dashes and a few markers; the first 280 all differ."""
    for number in range(count):
        every = (0.05 + 0.9 * (number % 5) / 5, 0.3)
        yield {
            "color": COLOURS[number % len(COLOURS)],
            "linestyle": DASHES[number % len(DASHES)],
            "marker": MARKERS[number % len(MARKERS)],
            "markersize": 3,
            "markevery": every,
        }


def plain(value: Any) -> Any:
    """Texts in JSON values so that Matplotlib draws a dollar as a dollar, and not as the beginning of a formula."""
    match value:
        case str():
            return value.replace("$", r"\$")
        case list() | tuple():
            return [plain(one) for one in value]
        case dict():
            return {plain(name): plain(one) for name, one in value.items()}
        case _:
            return value


def shortened(text: str, most: int) -> str:
    """The text, cut off if it has more characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def losses_axis(axes: Any, facts: dict[str, Any], values: Any) -> None:
    """Scale and label the axis of losses so that all these are inside, and a line at zero is seen; where a loss is not
    finite, a cross is drawn at the top by `not_finite`.
    """
    finite = values[np.isfinite(values)]
    axes.set_ylabel(facts["y"])
    if facts["log"] and (finite > 0).any():
        above = finite[finite > 0]
        axes.set_yscale("log")
        axes.set_ylim(float(above.min()) / 1.2, float(above.max()) * 1.2)
    elif finite.size:
        low, high = min(0.0, float(finite.min())), float(finite.max())
        margin = 0.03 * (high - low) or 0.03
        axes.set_ylim(low - margin, high + margin)


def whole_numbers(axis: Any) -> None:
    """Label only whole numbers on an axis."""
    axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def windows_axis(axes: Any, table: Table) -> None:
    """Scale and label the axis of windows so that a single window is in the middle."""
    first, last = numbers(table, "first_window").min(), numbers(table, "last_window").max()
    margin = 0.5 + 0.02 * (last - first)
    axes.set_xlim(first - 0.5, last + margin)
    axes.set_xlabel("window")
    whole_numbers(axes.xaxis)


def not_finite(axes: Any, windows: Any, losses: Any) -> None:
    """Draw a cross at the top for each loss that is NaN or infinite."""
    bad = windows[~np.isfinite(losses)]
    if len(bad):
        top = np.full(len(bad), 0.98)
        axes.plot(bad, top, "x", color="black", markersize=4, transform=axes.get_xaxis_transform(), label="not finite")


def level_lines(axes: Any, levels: list[tuple[str, float]]) -> None:
    """Draw a dotted line at each level that lies on the axis. Its name stands beside the axis, if there is room.

    Call it last, when the height of the axes is known.
    """
    axes.figure.draw_without_rendering()
    low, high = axes.get_ylim()
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    letters = max(13, int(4.5 * axes.figure.get_figwidth()))
    labels: list[tuple[float, float, str]] = []
    for name, loss in levels:
        if not low <= loss <= high:
            continue
        axes.axhline(loss, color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
        place = axes.transAxes.inverted().transform(axes.transData.transform((0, loss)))[1] * height
        text = fill(f"{shortened(name, 34)} {loss:.3g}", letters)
        if sum(LINE * len(one.splitlines()) for *_, one in labels) + LINE * len(text.splitlines()) <= height:
            labels.append((place, loss, text))
    labels.sort()
    spots = apart([place for place, *_ in labels], [LINE * len(text.splitlines()) for *_, text in labels], height)
    for (place, loss, text), at in zip(labels, spots, strict=True):
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate(
            text,
            (1, loss),
            (5, at - place),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=6,
            color=GREY,
            arrowprops={**line, "relpos": (0, 0.5)},
            annotation_clip=False,
        )


def apart(places: list[float], sizes: list[float], height: float) -> list[float]:
    """The places in order, moved apart as little as texts of these heights need, and none of them above the axes."""
    spots, foot, top = list(places), float("-inf"), height + LINE / 2
    for number, size in enumerate(sizes):
        spots[number] = max(spots[number], foot + size / 2)
        foot = spots[number] + size / 2
    for number in reversed(range(len(spots))):
        spots[number] = min(spots[number], top - sizes[number] / 2)
        top = spots[number] - sizes[number] / 2
    return spots


def legend_above(figure: Any, axes: Any) -> None:
    """Put the legend above the axes, where it covers nothing, if there is more than one entry."""
    handles, labels = axes.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    if len(entries) > 1:
        room = int(figure.get_figwidth() * 22)
        letters = np.array([len(label) + 5 for label in entries])
        splits = ((count, np.array_split(letters, count)) for count in range(len(entries), 1, -1))
        columns = next((count for count, parts in splits if sum(part.max() for part in parts) < room), 1)
        figure.legend(
            entries.values(), entries, loc="outside upper center", ncols=columns, fontsize=6, columnspacing=1.2
        )


def save(
    file: Path,
    draw: Callable[[Any, Table, dict[str, Any]], None],
    table: Table,
    facts: dict[str, Any],
    size: tuple[float, float],
    font: str,
    about: dict[str, str],
) -> None:
    """Draw a figure and save it, in the format that the name's end says. The same call writes the same bytes.

    Args:
        draw: draws the table and the facts on an empty figure.
        size: width and height in inches.
        about: title, command and program, for the file's metadata.
    """
    kind = file.suffix.lstrip(".").lower()
    command = {"svg": "Description", "pdf": "Subject", "png": "Description"}[kind]
    program = {"svg": "Creator", "pdf": "Creator", "png": "Software"}[kind]
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    metadata = {"Title": about["title"], command: about["command"], program: about["program"], **dates}
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**SETTINGS, "font.family": [font, "DejaVu Sans"]})
        figure = Figure(figsize=size, layout="constrained")
        draw(figure, plain(table), plain(facts))
        figure.savefig(file, format=kind, metadata=metadata)
