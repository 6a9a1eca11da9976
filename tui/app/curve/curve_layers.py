"""Draws the layers of the loss plot: the lines of the losses, the marks of epochs and commands, and the crosshair."""

from __future__ import annotations

import itertools
from itertools import groupby

import numpy as np

from echornn.history.curve import Curve
from tui.app.curve.columns import column_of, per_column, smoothed
from tui.app.curve.curve_line import line_characters
from tui.app.curve.dots import characters, overlaid, spans
from tui.app.curve.ghosts import SMOOTHED_SHARE, PlotArea
from tui.app.curve.marks import LABEL_LINES, marks_of, place_label
from tui.app.curve.plot_axes import GLYPHS, GUTTER
from tui.kit.cells import Cells


def draw_curve(cells: Cells, place: PlotArea, curve: Curve, alone_from: int, ascii_only: bool) -> None:
    """Draw the mean loss, and the range from smallest to largest where a single network was trained."""
    _, _, length, _, width, height = place
    columns, rows = (width, height) if ascii_only else (2 * width, 4 * height)
    alone = curve.starts >= alone_from
    low, high = (np.where(alone, place.axis.share(extreme) * rows - 0.5, np.nan) for extreme in (curve.low, curve.high))
    mean = place.axis.share(smoothed(curve.mean, columns // SMOOTHED_SHARE)) * rows - 0.5
    raw = characters(spans(*per_column(curve, low, high, columns, length), rows), ascii_only, ".")
    line = line_characters(per_column(curve, mean, mean, columns, length)[0], height, ascii_only)
    drawn = overlaid(raw, line)
    inside = (slice(0, height), slice(GUTTER, GUTTER + width))
    cells.characters[inside] = overlaid(cells.characters[inside], drawn)
    style = cells.styles[inside]
    style[drawn != " "] = cells.names.index("plot--raw")
    style[line != " "] = cells.names.index("plot--mean")
    for middle in curve.middles[~(np.isfinite(curve.low) & np.isfinite(curve.high))].tolist():
        cells.write(GUTTER + column_of(middle + 0.5, length, width), 0, "!", "plot--mark")


def draw_marks(cells: Cells, place: PlotArea, curve: Curve) -> None:
    """Draw the lines of epochs and commands, and the words of commands where they cover nothing."""
    _, _, length, _, width, height = place
    free = [" ", GLYPHS["level"]]
    levels = [cells.names.index(name) for name in ("plot--level", "plot--rung")]
    in_words = (cells.characters == " ") & np.isin(cells.styles, levels)
    for kind, marks in groupby(marks_of(curve, length, width), key=lambda mark: mark.kind):
        of_kind = list(marks)
        for mark in of_kind:
            for line in range(height):
                at = line, GUTTER + mark.column
                if cells.characters[at] in free and not in_words[at]:
                    cells.write(GUTTER + mark.column, line, GLYPHS[kind], f"plot--{kind}")
        room = np.isin(cells.characters[: min(height, LABEL_LINES), GUTTER:], free)
        for mark in of_kind:
            for x, line, text in place_label(mark, room):
                cells.write(GUTTER + x, line, text, f"plot--{kind}")


def draw_here(cells: Cells, place: PlotArea, here: int) -> None:
    """Draw a vertical line at the shown window, if it is not the newest."""
    width, height = place.width, place.height
    x = GUTTER + column_of(here - place.first, place.length, width)
    for line in range(height):
        if cells.characters[line, x] in (" ", GLYPHS["level"], GLYPHS["epoch"]):
            cells.write(x, line, GLYPHS["mark"], "plot--here")
        cells.styles[line, x] = cells.names.index("plot--here")
    word = f" window {here:,} "
    free = np.isin(cells.characters[:height], [" ", GLYPHS["level"]])
    for line, begin in itertools.product(range(height), (x + 1, x - len(word))):
        if GUTTER <= begin <= GUTTER + width - len(word) and free[line, begin : begin + len(word)].all():
            cells.write(begin, line, word, "plot--here")
            break


def draw_cursor(cells: Cells, x: int, height: int) -> None:
    """Draw the crosshair, or an edge of what the mouse drags over: a vertical line in a column of the cells."""
    blank = [" ", GLYPHS["level"], GLYPHS["epoch"], GLYPHS["mark"]]
    for line in range(height):
        if cells.characters[line, x] in blank:
            cells.write(x, line, GLYPHS["cursor"])
        cells.styles[line, x] = cells.names.index("plot--cursor")
