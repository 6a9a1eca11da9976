"""What all figures share: lines that also differ in grey, axes, and saving.

Matplotlib is imported late: it takes seconds.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from tui.figures.style import COLOURS, GREY, INK, SMALL, SMALLEST, STYLES, points

# Lines differ without colours too; all dashes and sizes are chosen by eye
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
ARROW = {
    "arrowstyle": "-",
    "color": GREY,
    "linewidth": 0.4,
    "shrinkA": 0,
    "shrinkB": 0,
    "relpos": (0, 0.5),
}
LINE = 7.5  # the height of a line of small print in points
LONGEST_NAME = 60  # letters of a user's text
LONGEST_LEVEL = 34  # letters of a level's name

# By format: what it calls title, command and program
METADATA_NAMES = {
    "svg": ("Title", "Description", "Creator"),
    "pdf": ("Title", "Subject", "Creator"),
    "png": ("Title", "Description", "Software"),
}
# What Matplotlib adds by itself: a date would make each file another one
DATES = {"svg": ("Date",), "pdf": ("CreationDate",), "png": ()}


def plain(text: str, most: int = LONGEST_NAME) -> str:
    """A user's text, cut if it is long; a dollar is a dollar, and begins no formula."""
    if len(text) > most:
        text = f"{text[: most - 1]}…"
    return text.replace("$", r"\$")


def line_style(number: int) -> dict[str, Any]:
    """The style of one of several lines: colour, dashes and a few markers; the first 280 differ."""
    first_marker = 0.05 + 0.9 * (number % 5) / 5  # those of neighbours do not lie on each other
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number % len(DASHES)],
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": points(3),
        "markevery": (first_marker, 0.3),
    }


def guide() -> dict[str, Any]:
    """The style of a line that the eye follows, behind the data."""
    return {"color": GREY, "linewidth": points(0.6), "linestyle": (0, (2, 2)), "zorder": 0}


def number_axis(axis: Any, label: str) -> None:
    """Label an axis of whole numbers."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_label_text(label)
    axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def name_axis(axis: Any, names: Sequence[str], most: int, room: float = math.inf) -> None:
    """Label an axis by names, at most so many; upright if all their letters have no room."""
    every = -(-len(names) // most)
    shown = [plain(name) for name in names[::every]]
    letters = (max(map(len, shown)) + 1) * len(shown)
    rotation = 90 if letters > room else 0
    axis.set_ticks(range(0, len(names), every), shown, rotation=rotation)


def scale_losses(axes: Any, label: str, is_log: bool, values: Sequence[Any]) -> None:
    """Scale and label the axis of losses: all values are inside, and a line at zero is seen."""
    axes.set_ylabel(plain(label))
    losses = np.concatenate(values).astype(np.float64)
    losses = losses[np.isfinite(losses)]
    if is_log:
        losses = losses[losses > 0]
    if not losses.size:
        return
    low, high = losses.min(), losses.max()
    if is_log:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.2, high * 1.2)
        return
    low = min(0.0, low)
    margin = 0.03 * (high - low) or 0.03
    axes.set_ylim(low - margin, high + margin)


def mark_not_finite(axes: Any, places: Any, losses: Any) -> None:
    bad = places[~np.isfinite(losses)]
    if not len(bad):
        return
    at_the_top = {"transform": axes.get_xaxis_transform(), "label": "not finite"}
    axes.plot(bad, np.full(len(bad), 0.98), "x", color=INK, markersize=points(4), **at_the_top)


def mark(axes: Any, place: float, text: str, **line: Any) -> None:
    axes.axvline(place, color=INK, linestyle=(0, (4, 2)), **line)
    where = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
    axes.annotate(text, (place, 1), (2, -4), va="top", fontsize=SMALL, **where)


def draw_levels(axes: Any, levels: Sequence[tuple[str, float]]) -> None:
    """Draw a dotted line at each level on the axis, with its name beside it if there is room.

    Call it last: only a finished layout tells where names have room.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    low, high = axes.get_ylim()
    height = axes.get_window_extent().height * 72 / figure.dpi  # in points, as all below
    letters = max(13, int(4.5 * figure.get_figwidth()))
    look = {
        "xycoords": axes.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
        "fontsize": SMALL,
        "color": GREY,
    }
    top = -LINE / 2  # of the name below
    for name, loss in sorted(levels, key=lambda level: level[1]):
        if not low <= loss <= high:
            continue
        axes.axhline(loss, **guide())
        on_screen = axes.transData.transform((0, loss))
        place = axes.transAxes.inverted().transform(on_screen)[1] * height
        text = fill(f"{plain(name, LONGEST_LEVEL)} {loss:.3g}", letters)
        half = LINE * len(text.splitlines()) / 2
        middle = max(place, top + half)
        if middle <= height + 2 * LINE:
            top = middle + half
            offset = 5, middle - place
            axes.annotate(text, (1, loss), offset, va="center", arrowprops=ARROW, **look)


def draw_legend(figure: Any, axes: Any, side: str) -> None:
    """Put the legend above or below the axes ("upper", "lower"), where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    fewest = 2 if side == "upper" else 1
    if len(entries) < fewest:
        return
    letters = [len(label) + 5 for label in entries]
    room = int(figure.get_figwidth() * 22)
    columns = len(entries)
    if sum(letters) >= room:
        columns = max(1, room // max(letters))
    fontsize = SMALL if len(entries) < 13 else SMALLEST
    look = {"ncols": columns, "fontsize": fontsize, "columnspacing": 1.2}
    figure.legend(entries.values(), entries, loc=f"outside {side} center", **look)


def save(
    file: Path,
    draw: Callable[[Any], object],
    size: tuple[float, float],
    style: str,
    font: str,
    about: Sequence[str],
) -> None:
    """Draw a figure and save it with its title, command and program; the same call writes the same
    bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    kind = file.suffix.lstrip(".").lower()
    metadata: dict[str, str | None] = dict(zip(METADATA_NAMES[kind], about, strict=True))
    metadata |= dict.fromkeys(DATES[kind])
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLES[style].parameters)
        matplotlib.rcParams["font.family"] = [font, "DejaVu Sans"]
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format=kind, metadata=metadata)
