"""Divides the width or height of the map among its columns or rows: pure geometry."""

from __future__ import annotations

import itertools
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The places of the columns, or of the rows, of the map.

    Attributes:
        first: the index of the first cell shown.
        begins: the place where each shown cell begins.
        size: the size of each cell, in characters.
        count: the number of all cells, shown or not.
    """

    first: int
    begins: tuple[int, ...]
    size: int
    count: int

    @property
    def shown(self) -> range:
        """The indices of the cells shown."""
        return range(self.first, self.first + len(self.begins))

    @property
    def end(self) -> int:
        """The place after the last cell."""
        return self.begins[-1] + self.size if self.begins else 0

    @property
    def is_airy(self) -> bool:
        """Whether there is a gap between all neighbouring cells."""
        return all(after - before > self.size for before, after in itertools.pairwise(self.begins))

    def begin(self, cell: int) -> int:
        """The place where a shown cell begins."""
        return self.begins[cell - self.first]


def spread(count: int, room: int, least: int, most: int, airy: int, focus: int = 0) -> Spread:
    """Places for cells that are as large as possible. There are gaps between them if these stay large enough.

    If not even the smallest cells all fit, those around ``focus`` are shown.

    Args:
        count: the number of cells, at least 1.
        least, most: the smallest and largest size of a cell.
        airy: the smallest size with which there are gaps between all cells.
    """
    size = (room + 1) // count - 1
    if size >= max(airy, least):
        size = min(size, most)
        return Spread(0, tuple(cell * (size + 1) for cell in range(count)), size, count)
    size = min(most, max(least, room // count))
    shown = min(count, max(1, room // size))
    first = min(count - shown, max(0, focus - shown + 1))
    return Spread(first, tuple(cell * size for cell in range(shown)), size, count)
