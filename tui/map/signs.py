"""The characters of the map: shades, and signs for cells without a value."""

from __future__ import annotations

from echornn.sweeps.counts import Scale, SeedCounts

SHADES = "·░▒▓█"
"""The characters for levels 0 to 4."""

MISSING, FAILED, LEFT_OUT, LOST = "?", "!", "×", "↓"
"""The signs of points without results; also at the edge of a cell that lacks some results, or in which some networks
lost the echo again.
"""

MARKED, SIDES, CURSOR = "◆", "▐▌", "◉"
"""The signs of the marked cell, left and right of the cell under the cursor, and on it if cells have no gaps."""


def sign_of(counts: SeedCounts, scale: Scale) -> str:
    """The character that fills a cell."""
    if counts.finished:
        return SHADES[scale.level(scale.value(counts))]
    if counts.missing:
        return MISSING
    return FAILED if counts.failed else LEFT_OUT if counts.left_out else " "


def edge_sign(counts: SeedCounts) -> str:
    """The sign at the edge of a cell: some seeds have no result, some networks lost the echo again, or some points are
    impossible. Empty if none of these is so, or if the cell has no results at all.
    """
    if not counts.finished:
        return ""
    if counts.failed or counts.missing:
        return FAILED if counts.failed else MISSING
    if counts.lost:
        return LOST
    return LEFT_OUT if counts.left_out else ""
