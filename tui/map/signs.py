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
        excluded: at the edge of a cell in which the task cannot be solved according to theory.
        not_every_length: at the edge of a cell whose networks, according to theory, do not solve the task for inputs of
            every length; they may solve it for the length of the cell.
        upright, level: for the vertical and horizontal parts of theory's lines; one character for each limit.
        marked: for the cell that other cells are compared with.
        sides: left and right of the cell under the cursor.
        cursor: on the cell under the cursor, if there are no gaps between cells.
    """

    shades: str
    missing: str
    failed: str
    left_out: str
    lost: str
    excluded: str
    not_every_length: str
    upright: str
    level: str
    marked: str
    sides: str
    cursor: str


BLOCKS = Signs("·░▒▓█", "?", "!", "×", "↓", "⊘", "∞", "┃┊╎", "━┄╌", "◆", "▐▌", "◉")


def sign_of(counts: SeedCounts, scale: Scale, signs: Signs) -> str:
    """The character that fills a cell."""
    if counts.finished:
        return signs.shades[scale.level(scale.value(counts))]
    if counts.missing:
        return signs.missing
    return signs.failed if counts.failed else signs.left_out if counts.left_out else " "


def edge_sign(counts: SeedCounts, signs: Signs) -> str:
    """The sign at the edge of a cell: some seeds have no result, some networks lost the echo again, or some points are
    impossible, or cannot be solved, or not at every length. Empty if none of these is so, or if the cell has no results
    at all.
    """
    if not counts.finished:
        return ""
    if counts.failed or counts.missing:
        return signs.failed if counts.failed else signs.missing
    if counts.lost:
        return signs.lost
    if counts.left_out or counts.excluded:
        return signs.left_out if counts.left_out else signs.excluded
    return signs.not_every_length if counts.not_every_length else ""
