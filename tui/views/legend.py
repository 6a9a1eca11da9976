"""A legend on one line: samples in the inks of what they stand for, each with its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.views.canvas import Cells

GAP = 2  # columns between two entries


class Entry(NamedTuple):
    sample: str
    ink: str
    words: str


def draw_legend(cells: Cells, x: int, y: int, end: int, entries: Sequence[Entry], ink: str) -> int:
    """The first entries that fit before column ``end``, their words in this ink: never a part of
    one. Returns the column where the next would begin."""
    for sample, sample_ink, words in entries:
        if x + len(f"{sample} {words}") > end:
            break
        x = cells.write(x, y, sample, sample_ink)
        x = cells.write(x, y, f" {words}", ink) + GAP
    return x
