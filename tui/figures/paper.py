"""What all figures share: colours and lines that also differ in grey, axes, and saving.

Matplotlib is imported late.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

# colours that colour-blind people tell apart (Okabe and Ito 2008), and lines that differ without
# colours too
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F")
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#666666"
SHADES = "cividis_r"  # grow darker, also in grey, from yellow to blue
LINE = 7.5  # the height of a line of small print in points

SETTINGS = {
    "font.size": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "legend.frameon": False,
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
    **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), 0.6),
    "lines.linewidth": 1.0,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # fonts are embedded as TrueType, as journals ask
    "svg.fonttype": "path",  # looks the same where the font is missing
    "svg.hashsalt": "echornn-tui",  # the same names of parts each time
}


def plain(text: str, most: int = 60) -> str:
    """A user's text, cut if it is long; a dollar is a dollar, and not the beginning of a
    formula."""
    return (text if len(text) <= most else f"{text[: most - 1]}…").replace("$", r"\$")


def style(number: int) -> dict[str, Any]:
    """The style of one of several lines: colour, dashes and a few markers; the first 280 all
    differ."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number % len(DASHES)],
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 3,
        "markevery": (0.05 + 0.9 * (number % 5) / 5, 0.3),
    }


def whole_numbers(axis: Any, label: str) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_label_text(label)
    axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def names_along(axis: Any, names: Sequence[str], most: int, room: float = math.inf) -> None:
    """Label an axis by names, of many by some; upright if they have more letters than there is room
    for."""
    every = -(-len(names) // most)
    shown = [plain(name) for name in names[::every]]
    is_tight = (max(map(len, shown)) + 1) * len(shown) > room
    axis.set_ticks(range(0, len(names), every), shown, rotation=90 if is_tight else 0)


def losses_axis(axes: Any, label: str, log: bool, values: Sequence[Any]) -> None:
    """Scale and label the axis of losses so that all these are inside, and a line at zero is
    seen."""
    axes.set_ylabel(plain(label))
    losses = np.concatenate(values).astype(np.float64)
    losses = losses[np.isfinite(losses) & ((losses > 0) | (not log))]
    if log and losses.size:
        axes.set_yscale("log")
        axes.set_ylim(losses.min() / 1.2, losses.max() * 1.2)
    elif losses.size:
        low, high = min(0.0, losses.min()), losses.max()
        margin = 0.03 * (high - low) or 0.03
        axes.set_ylim(low - margin, high + margin)


def not_finite(axes: Any, places: Any, losses: Any) -> None:
    bad = places[~np.isfinite(losses)]
    if len(bad):
        top = np.full(len(bad), 0.98)
        axes.plot(
            bad,
            top,
            "x",
            color="black",
            markersize=4,
            transform=axes.get_xaxis_transform(),
            label="not finite",
        )


def mark(axes: Any, place: float, text: str, **line: Any) -> None:
    axes.axvline(place, color="black", linestyle=(0, (4, 2)), **line)
    where = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
    axes.annotate(text, (place, 1), (2, -4), va="top", fontsize=6, **where)


def level_lines(axes: Any, levels: Sequence[tuple[str, float]]) -> None:
    """Draw a dotted line at each level on the axis, with its name beside it if there is room.

    Call it last.
    """
    axes.figure.draw_without_rendering()
    low, high = axes.get_ylim()
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    letters = max(13, int(4.5 * axes.figure.get_figwidth()))
    where = {
        "xycoords": axes.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
    }
    arrow = {
        "arrowstyle": "-",
        "color": GREY,
        "linewidth": 0.4,
        "shrinkA": 0,
        "shrinkB": 0,
        "relpos": (0, 0.5),
    }
    small = {"fontsize": 6, "color": GREY}
    top = -LINE / 2  # of the name below
    for name, loss in sorted(levels, key=lambda level: level[1]):
        if not low <= loss <= high:
            continue
        axes.axhline(loss, color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
        place = axes.transAxes.inverted().transform(axes.transData.transform((0, loss)))[1] * height
        text = fill(f"{plain(name, 34)} {loss:.3g}", letters)
        half = LINE * len(text.splitlines()) / 2
        at = max(place, top + half)
        if at <= height + 2 * LINE:
            top = at + half
            axes.annotate(
                text, (1, loss), (5, at - place), va="center", arrowprops=arrow, **small, **where
            )


def legend(figure: Any, axes: Any, side: str) -> None:
    """Put the legend above or below the axes ("upper", "lower"), where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    if len(entries) > (side == "upper"):
        letters, room = [len(label) + 5 for label in entries], int(figure.get_figwidth() * 22)
        columns = len(entries) if sum(letters) < room else max(1, room // max(letters))
        look = {"ncols": columns, "fontsize": 6 if len(entries) < 13 else 5, "columnspacing": 1.2}
        figure.legend(entries.values(), entries, loc=f"outside {side} center", **look)


def save(
    file: Path,
    draw: Callable[[Any], object],
    size: tuple[float, float],
    font: str,
    about: Sequence[str],
) -> None:
    """Draw a figure and save it with its title, command and program; the same call writes the same
    bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    kind = file.suffix.lstrip(".").lower()
    names = {
        "svg": ("Description", "Creator"),
        "pdf": ("Subject", "Creator"),
        "png": ("Description", "Software"),
    }
    metadata: dict[str, str | None] = dict(zip(("Title", *names[kind]), about, strict=True))
    metadata |= {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**SETTINGS, "font.family": [font, "DejaVu Sans"]})
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format=kind, metadata=metadata)
