"""Divides the room among the rows or columns of the map: pure geometry."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Where the cells of one direction begin.

    Attributes:
        first: the first that is shown.
        begins: of each that is shown.
        size: of each.
        count: how many there are, shown or not.
    """

    first: int
    begins: tuple[int, ...]
    size: int
    count: int

    @property
    def shown(self) -> range:
        """The cells that are shown."""
        return range(self.first, self.first + len(self.begins))

    @property
    def end(self) -> int:
        """The place after the last."""
        return self.begins[-1] + self.size if self.begins else 0

    @property
    def is_airy(self) -> bool:
        """Whether there is a place between any two."""
        return all(after - before > self.size for before, after in itertools.pairwise(self.begins))

    def begin(self, cell: int) -> int:
        """Where one that is shown begins."""
        return self.begins[cell - self.first]


def spread(
    count: int, room: int, least: int, most: int, airy: int, walls: Collection[int] = (), focus: int = 0
) -> Spread:
    """Cells as large as they can be; a place between all of them where that leaves them large, else only for walls.

    Where not even the least has room for all, those around the focus are shown.

    Args:
        count: of cells, 1 or more.
        least, most: size of a cell.
        airy: the size from which on there is a place between any two.
        walls: cells after which a place is needed, whatever their size.
    """
    walls = {wall for wall in walls if wall < count - 1}
    size = (room + 1) // count - 1
    if size >= max(airy, least):
        size = min(size, most)
        return Spread(0, tuple(cell * (size + 1) for cell in range(count)), size, count)
    size = min(most, max(least, (room - len(walls)) // count))
    first = 0
    while True:
        begins: list[int] = []
        place = 0
        for cell in range(first, count):
            if place + size > room and begins:
                break
            begins.append(place)
            place += size + (cell in walls)
        if focus < first + len(begins) or first + len(begins) >= count:
            return Spread(first, tuple(begins), size, count)
        first += 1
