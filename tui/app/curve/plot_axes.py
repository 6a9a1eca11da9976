"""Draws the axes of the curve with labels, and the floor of first windows."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.data.levels import boundary_floor
from tui.app.curve.axes import loss_ticks, window_ticks
from tui.app.curve.ghosts import PlotArea
from tui.app.curve.strips import Strips
from tui.kit.cells import Cells

GUTTER = 7
"""Columns left of the plot: six for a loss, one for the axis."""

WIDE = 90
"""A plot with more columns than this has the word floor in the label of the floor."""

FLOOR_DASHES = 6
"""Columns of dashes before the label of the floor."""

GLYPHS = {
    "axis": "│",
    "tick": "┤",
    "focus": "┃",
    "focus tick": "┫",
    "corner": "└",
    "base": "─",
    "epoch": "┊",
    "mark": "║",
    "level": "╌",
    "cursor": "│",
}


def draw_axes(cells: Cells, place: PlotArea, strips: Strips, has_focus: bool) -> None:
    """Draw the losses at the left, the names of the strips below them, and the windows at the bottom."""
    glyph, tick = (GLYPHS[name] for name in (("focus", "focus tick") if has_focus else ("axis", "tick")))
    bottom = place.height + strips.lines
    for line in range(bottom):
        cells.write(GUTTER - 1, line, glyph, "plot--axis")
    for line, label in loss_ticks(place.axis, place.height):
        cells.write(0, line, f"{label:>{GUTTER - 1}}{tick}", "plot--axis")
    if strips.solved:
        cells.write(0, place.height + strips.solved // 2, "solved", "plot--axis")
    if strips.errors:
        cells.write(0, bottom - 1, "errors", "plot--axis")
    cells.write(0, bottom, "window", "plot--axis")
    cells.write(GUTTER - 1, bottom, GLYPHS["corner"] + GLYPHS["base"] * (cells.width - GUTTER), "plot--axis")
    free = GUTTER
    for column, label in window_ticks(place.first, place.length, cells.width - GUTTER):
        begin = min(max(GUTTER, GUTTER + column - len(label) // 2), cells.width - len(label))
        if begin >= free:
            cells.write(begin - 1, bottom, f" {label} ", "plot--axis")
            free = begin + len(label) + 3


def draw_floor(cells: Cells, place: PlotArea, config: EchoConfig) -> None:
    """Draw the floor of first windows at the right edge, where nothing is in the way: no other window has it."""
    loss, right = boundary_floor(config), GUTTER + place.width
    if not place.axis.bottom < loss <= place.axis.top:
        return
    label = f" {'floor of ' if place.width > WIDE else ''}first windows {loss:.3f} "
    line, begin = place.line(loss), right - len(label) - 1
    if place.width > 2 * len(label) and (cells.characters[line, begin:right] == " ").all():
        for x in range(max(GUTTER, begin - FLOOR_DASHES), right):
            if cells.characters[line, x] == " ":
                cells.write(x, line, GLYPHS["level"], "plot--level")
        cells.write(begin, line, label, "plot--level")
