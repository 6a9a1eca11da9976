"""Dots of braille characters, which have four rows of two dots each, and lines drawn with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tui.views.axes import Heights, Losses, Place
from tui.views.canvas import Cells, Characters
from tui.views.inks import NUMBER

# [dot rows, dot columns], from the top left: whether each dot is drawn
Dots = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint32]

# Where a blank stands in Unicode, and where the 256 braille characters begin
BLANK, BRAILLE = ord(" "), 0x2800
# Of the dots in a braille character
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
# Of no to eight eighths of a line
BARS = np.array(list(" ▁▂▃▄▅▆▇█"))
ROUNDED = 1e-6  # of an eighth: a bar is not a step higher for what was lost in rounding

# What an ink's braille is in ASCII, so that curves without colours can be told apart
SIGNS = {
    "mean": "*",
    "raw": ".",
    "ghost": "'",
    "median": "=",
    "band": ":",
    "extreme": "'",
    "held_out": "o",
}


def characters(dots: Dots) -> Characters:
    """The braille of bool [4 * lines, 2 * columns]; spaces where there are no dots."""
    lines, columns = dots.shape[0] // 4, dots.shape[1] // 2
    codes = (dots.reshape(lines, 4, columns, 2) * BITS[None, :, None, :]).sum(axis=(1, 3))
    return np.where(codes > 0, BRAILLE + codes, BLANK).astype(np.uint32).view("U1")


def codes_of(signs: Characters) -> Codes:
    return np.ascontiguousarray(signs, "U1").view(np.uint32)


def put(cells: Cells, place: Place, drawn: Characters, ink: str) -> None:
    """Draw over what is there, but not with spaces; dots are added to dots."""
    under, over = codes_of(cells.characters[place.inside]), codes_of(drawn)
    is_drawn = over != BLANK
    have_dots = (under >= BRAILLE) & (over >= BRAILLE)
    codes = np.where(is_drawn, over, under)
    codes |= np.where(have_dots, under, 0)
    cells.characters[place.inside] = codes.view("U1")
    cells.styles[place.inside][is_drawn] = NUMBER[ink]


def put_ascii(cells: Cells) -> None:
    """Put the sign of each ink in place of its braille: nothing else in the plot knows of ASCII."""
    are_dots = cells.characters >= chr(BRAILLE)
    for ink, sign in SIGNS.items():
        cells.characters[are_dots & (cells.styles == NUMBER[ink])] = sign


def spans(low: Heights, high: Heights, rows: int) -> Dots:
    """A line that covers ``low`` to ``high`` (dot rows from the bottom), joined from column to
    column; NaN is a gap."""
    is_drawn = ~(np.isnan(low) | np.isnan(high))
    bottom = nearest_rows(low, is_drawn, rows)
    top = nearest_rows(high, is_drawn, rows)
    begin, end = bottom.copy(), top.copy()
    joined = is_drawn[1:] & is_drawn[:-1]
    np.minimum(bottom[1:], top[:-1] + 1, out=begin[1:], where=joined)
    np.maximum(top[1:], bottom[:-1] - 1, out=end[1:], where=joined)
    row = np.arange(rows)[::-1, np.newaxis]
    return np.asarray(is_drawn & (row >= begin) & (row <= end))


def nearest_rows(heights: Heights, is_drawn: npt.NDArray[np.bool_], rows: int) -> Heights:
    return np.clip(np.round(np.where(is_drawn, heights, 0)), 0, rows - 1)


def texture(low: Heights, high: Heights, rows: int) -> Dots:
    """Every fourth dot from ``low`` to ``high``, so that lines stay visible."""
    from_top, column = np.arange(rows)[:, np.newaxis], np.arange(len(low))
    row = rows - 1 - from_top
    with np.errstate(invalid="ignore"):
        is_inside = (row >= np.round(low)) & (row <= np.round(high))
    is_fourth = (from_top % 2 == 0) & ((column + from_top // 2) % 2 == 0)
    return np.asarray(is_inside & is_fourth)


def line_through(place: Place, heights: Heights) -> Characters:
    """The characters of plotext's line through these dot rows, one in each dot column; NaN makes a
    gap."""
    columns = np.flatnonzero(np.isfinite(heights))
    if not columns.size:
        return np.full((place.height, place.width), " ")
    # Imported late: the first frame has no line, and need not wait for it
    from textual_plotext.plot import Plot

    figure = Plot()
    figure._set_size(place.width, place.height)  # `plotsize` cuts it to the terminal
    figure.frame(False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    figure.xlim(0, max(1, place.columns - 1))
    figure.ylim(0, max(1, place.rows - 1))
    gaps = np.flatnonzero(np.diff(columns) > 1) + 1
    for part in np.split(columns, gaps):
        rows = np.clip(heights[part], 0, place.rows - 1)
        figure.plot(part.tolist(), rows.tolist(), marker="braille")
    return np.array([list(line) for line in figure.uncolorize(figure.build()).splitlines()])


def smoothed(means: Losses, buckets: int) -> Losses:
    """The moving mean over so many buckets, of those that are finite."""
    if not len(means):
        return means
    is_finite = np.isfinite(means)
    window = np.ones(min(buckets, len(means) - 1) | 1)  # odd, so that it has a middle
    total = np.convolve(np.where(is_finite, means, 0), window, "same")
    count = np.convolve(is_finite, window, "same")
    return np.where(is_finite, total / np.maximum(count, 1), np.nan)


def bars(shares: npt.NDArray[np.floating[Any]]) -> str:
    """A bar of one line for each share, 0 to 1; NaN is none."""
    eighths = np.clip(np.ceil(np.nan_to_num(shares) * 8 - ROUNDED), 0, 8)
    return "".join(BARS[eighths.astype(int)].tolist())
