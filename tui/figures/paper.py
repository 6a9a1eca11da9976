"""What all figures share: lines that also differ in grey, axes, and saving.

Matplotlib is imported late: it takes seconds.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from tui.figures.style import COLOURS, GREY, INK, SMALL, STYLES, points

# Lines differ without colours too; chosen by eye, as all numbers here
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FEW = 30  # points of a line, of which more have no markers
# The mean width of a letter, as a share of its size: of DejaVu Sans 0.52 measured, and some more
LETTER = 0.56
ARROW = {
    "arrowstyle": "-",
    "color": GREY,
    "linewidth": 0.5,
    "shrinkA": 0,
    "shrinkB": 0,
    "relpos": (0, 0.5),
}
LINE = 1.25  # the height of a line of text, as a share of its size
MARGIN = 0.22  # the share of a figure's width for names beside the axes
SHORTEST = 13  # letters of a line there
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


def title_case(text: str) -> str:
    """A label as journals print it: of ``cross-entropy, nats`` Cross-entropy (nats)."""
    name, comma, unit = text.partition(", ")
    if comma:
        name += f" ({unit})"
    return plain(name[:1].upper() + name[1:])


def letters(inches: float) -> int:
    """How many letters of small print have room in so many inches."""
    return int(72 * inches / LETTER / _small_print())


def _small_print() -> float:
    """The size of small print in points."""
    from matplotlib.font_manager import FontProperties

    return float(FontProperties(size=SMALL).get_size_in_points())


def line_style(number: int, values: Any = ()) -> dict[str, Any]:
    """The style of one of several lines: colour, dashes, and markers if it has few values, or
    where one has no neighbours; the first 40 differ without them."""
    is_known = np.isfinite(np.array(values, float))
    marked = is_known
    if len(is_known) > FEW:
        before, after = np.append(False, is_known[:-1]), np.append(is_known[1:], False)
        marked = is_known & ~before & ~after
    look: dict[str, Any] = {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number % len(DASHES)],
    }
    if marked.any():
        look["marker"] = MARKERS[number % len(MARKERS)]
        look |= {"markersize": points(2), "markevery": np.flatnonzero(marked)}
    return look


def guide() -> dict[str, Any]:
    """The style of a line that the eye follows, behind the data."""
    return {"color": GREY, "linewidth": points(0.6), "linestyle": (0, (2, 2)), "zorder": 0}


def number_axis(axis: Any, label: str) -> None:
    """Label an axis of whole numbers."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_label_text(title_case(label))
    axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def name_axis(axis: Any, names: Sequence[str], most: int, room: float = math.inf) -> None:
    """Label an axis by names, at most so many; upright if all their letters have no room."""
    every = -(-len(names) // most)
    shown = [plain(name) for name in names[::every]]
    needed = (max(map(len, shown)) + 1) * len(shown)
    rotation = 90 if needed > room else 0
    axis.set_ticks(range(0, len(names), every), shown, rotation=rotation)


def scale_losses(axes: Any, label: str, is_log: bool, values: Sequence[Any]) -> None:
    """Scale and label the axis of losses: all values are inside, and a line at zero is seen."""
    axes.set_ylabel(title_case(label))
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
    if low < high / 2:  # else most of the axis would be empty
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
    axes.annotate(text, (place, 1), (points(2), 0), va="top", fontsize=SMALL, **where)


class Name(NamedTuple):
    """What is written beside the axes, at a height on their axis."""

    text: str
    height: float
    colour: str = GREY


def draw_levels(axes: Any, levels: Sequence[tuple[str, float]]) -> None:
    """Draw a dotted line at each level on the axis, with its name beside it; call it last."""
    low, high = axes.get_ylim()
    names = []
    for name, loss in levels:
        if low <= loss <= high:
            axes.axhline(loss, **guide())
            names.append(Name(f"{plain(name, LONGEST_LEVEL)} {loss:.3g}", loss))
    draw_names(axes, names)


def draw_names(axes: Any, names: Sequence[Name]) -> None:
    """Write names beside the axes, where they do not meet, with a line to where they belong; of
    many only some.

    Call it last: only a finished layout tells where names have room.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    height = axes.get_window_extent().height * 72 / figure.dpi  # in points, as all below
    line = LINE * _small_print()
    letters_beside = max(SHORTEST, int(MARGIN * letters(figure.get_figwidth())))
    names = sorted(names, key=lambda name: name.height)
    texts = [fill(name.text, letters_beside) for name in names]
    heights = [line * len(text.splitlines()) for text in texts]
    every = max(1, math.ceil(sum(heights) / (height + line)))
    shown = slice(None, None, every)
    places = [_share_of_height(axes, name.height) * height for name in names]
    middles = _apart(places[shown], heights[shown], height)
    look = {
        "xycoords": axes.get_yaxis_transform(),
        "textcoords": "offset points",
        "annotation_clip": False,
        "va": "center",
        "fontsize": SMALL,
        "arrowprops": ARROW,
    }
    rows = zip(names[shown], texts[shown], places[shown], middles, strict=True)
    for name, text, place, middle in rows:
        offset = points(5), middle - place
        axes.annotate(text, (1, name.height), offset, color=name.colour, **look)


def _share_of_height(axes: Any, number: float) -> float:
    """Where a number of the upright axis is: 0 at its bottom, 1 at its top."""
    on_screen = axes.transData.transform((0, number))
    return float(axes.transAxes.inverted().transform(on_screen)[1])


def _apart(places: Sequence[float], heights: Sequence[float], most: float) -> list[float]:
    """The middles of texts of these heights that belong to these places, in ascending order: they
    do not meet, and the last is at most at ``most``."""
    middles: list[float] = []
    top = -math.inf
    for place, height in zip(places, heights, strict=True):
        middles.append(max(place, top + height / 2))
        top = middles[-1] + height / 2
    bottom = most + max(heights, default=0) / 2
    for number in reversed(range(len(middles))):
        half = heights[number] / 2
        middles[number] = min(middles[number], bottom - half)
        bottom = middles[number] - half
    return middles


def draw_legend(figure: Any, axes: Any, side: str) -> None:
    """Put the legend above or below the axes ("upper", "lower"), where it covers nothing, in as
    many columns as have room."""
    handles, labels = axes.get_legend_handles_labels()
    entries = dict(zip(labels, handles, strict=True))
    fewest = 2 if side == "upper" else 1
    if len(entries) < fewest:
        return
    width = 0.98 * figure.bbox.width  # fonts have other widths at other resolutions
    room = max(SHORTEST, letters(figure.get_figwidth()) - 8)  # beside a line's sample
    texts = [fill(text, room) for text in entries]
    for columns in range(len(entries), 0, -1):
        look = {"ncols": columns, "loc": f"outside {side} center"}
        legend = figure.legend(entries.values(), texts, **look)
        if columns == 1 or legend.get_window_extent().width < width:
            return
        legend.remove()


def save(
    file: Path,
    draw: Callable[[Any], object],
    size: tuple[float, float],
    style: str,
    font: str,
    about: Sequence[str],
) -> None:
    """Draw a figure and save it with its title, command, program and text for those who do not see
    it; the same call writes the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    kind = file.suffix.lstrip(".").lower()
    title, command, program, alt = about
    described = command if kind == "svg" else f"{command}\n{alt}"
    names = METADATA_NAMES[kind]
    metadata: dict[str, str | None] = dict(zip(names, (title, described, program), strict=True))
    metadata |= dict.fromkeys(DATES[kind])
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that the font lacks is drawn as a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLES[style].parameters)
        matplotlib.rcParams["font.family"] = [font, "DejaVu Sans"]
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format=kind, metadata=metadata)
    if kind == "svg":
        text = _with_alt(file.read_text(encoding="utf-8"), title, alt)
        file.write_text(text, encoding="utf-8")


def _with_alt(svg: str, title: str, alt: str) -> str:
    """The picture with what screen readers read: Matplotlib writes the title only."""
    role = 'role="img" aria-labelledby="figure-title figure-description"'
    texts = f'<title id="figure-title">{escape(title)}</title>'
    texts += f'\n <desc id="figure-description">{escape(alt)}</desc>'
    svg = svg.replace("<svg ", f"<svg {role} ", 1)
    return svg.replace(f"<title>{escape(title)}</title>", texts, 1)
