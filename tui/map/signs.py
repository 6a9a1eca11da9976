"""The characters of the map: shades, and signs for cells without a value."""

from __future__ import annotations

from echornn.sweeps.results import Cell, Scale

SHADES = "·░▒▓█"
"""The characters for levels 0 to 4."""

MISSING, FAILED, LEFT_OUT, LOST = "?", "!", "×", "↓"
"""The signs of points without results; also at the edge of a cell that lacks some results, or in which some networks
lost the echo again.
"""

MARKED, SIDES, CURSOR = "◆", "▐▌", "◉"
"""The signs of the marked cell, left and right of the cell under the cursor, and on it if cells have no gaps."""


def sign_of(cell: Cell, scale: Scale) -> str:
    """The character that fills a cell."""
    if cell.finished:
        return SHADES[scale.level(scale.value(cell))]
    if cell.missing:
        return MISSING
    return FAILED if cell.failed else LEFT_OUT if cell.impossible else " "


def edge_sign(cell: Cell) -> str:
    """The sign at the edge of a cell: some seeds have no result, some networks lost the echo again, or some points are
    impossible. Empty if none of these is so, or if the cell has no results at all.
    """
    if not cell.finished:
        return ""
    if cell.failed or cell.missing:
        return FAILED if cell.failed else MISSING
    if cell.lost:
        return LOST
    return LEFT_OUT if cell.impossible else ""
