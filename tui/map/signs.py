"""The characters of the map: shades, and signs for cells without a value."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.maps.measures import Scale
from echornn.maps.seed_counts import SeedCounts


@dataclass(frozen=True)
class Signs:
    """A set of characters for the map, one for each meaning.

    Attributes:
        shades: for levels 0 to 4, as one text.
        missing, failed, left_out: for points without results; also at the edge of a cell that lacks some results.
        lost: at the edge of a cell in which some networks lost the echo again.
        marked: for the cell that other cells are compared with.
        sides: left and right of the cell under the cursor.
        cursor: on the cell under the cursor, if there are no gaps between cells.
    """

    shades: str
    missing: str
    failed: str
    left_out: str
    lost: str
    marked: str
    sides: str
    cursor: str


BLOCKS = Signs("·░▒▓█", "?", "!", "×", "↓", "◆", "▐▌", "◉")
ASCII = Signs(".~+*#", "?", "!", "x", "v", "M", "[]", "@")


def signs_for(ascii_only: bool) -> Signs:
    """The characters to use: ASCII or Unicode."""
    return ASCII if ascii_only else BLOCKS


def sign_of(counts: SeedCounts, scale: Scale, signs: Signs) -> str:
    """The character that fills a cell."""
    if counts.finished:
        return signs.shades[scale.level(scale.value(counts))]
    if counts.missing:
        return signs.missing
    return signs.failed if counts.failed else signs.left_out if counts.left_out else " "


def edge_sign(counts: SeedCounts, signs: Signs) -> str:
    """The sign at the edge of a cell: some seeds have no result, some networks lost the echo again, or some points are
    impossible. Empty if none of these is so, or if the cell has no results at all.
    """
    if not counts.finished:
        return ""
    if counts.failed or counts.missing:
        return signs.failed if counts.failed else signs.missing
    if counts.lost:
        return signs.lost
    return signs.left_out if counts.left_out else ""
