"""The characters of a map: shades, and signs for cells without a value."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.maps.measures import Scale, value_of
from echornn.maps.tally import Tally


@dataclass(frozen=True)
class Signs:
    """One character each.

    Attributes:
        shades: from level 0 to 4.
        missing, failed, left_out: of what has no results; also at the edge of a cell that lacks some.
        lost: at the edge of a cell some of whose networks lost the echo again.
        upright, level: of theory's lines, by limit.
        marked: of the cell that others are compared with.
        sides: beside the cell under the cursor, left and right.
        cursor: on it, where nothing lies between cells.
    """

    shades: str
    missing: str
    failed: str
    left_out: str
    lost: str
    upright: str
    level: str
    marked: str
    sides: str
    cursor: str


BLOCKS = Signs("·░▒▓█", "?", "!", "×", "↓", "┃┊", "━┄", "◆", "▐▌", "◉")
ASCII = Signs(".~+*#", "?", "!", "x", "v", "|:", "=-", "M", "[]", "@")


def signs_for(ascii_only: bool) -> Signs:
    """The signs that the terminal has."""
    return ASCII if ascii_only else BLOCKS


def sign_of(tally: Tally, scale: Scale, signs: Signs) -> str:
    """What fills a cell."""
    if tally.count:
        return signs.shades[scale.level(value_of(tally, scale.measure))]
    if tally.missing:
        return signs.missing
    return signs.failed if tally.failed else signs.left_out if tally.left_out else " "


def edge_sign(tally: Tally, signs: Signs) -> str:
    """The sign at the edge of a cell some of whose seeds have no result or lost the echo again, or of whose points some
    cannot be; empty where none does, or nothing is known."""
    if not tally.count:
        return ""
    if tally.failed or tally.missing:
        return signs.failed if tally.failed else signs.missing
    return signs.lost if tally.lost else signs.left_out if tally.left_out else ""
