"""Finds the cells of the map between which the lines of theory run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from echornn.maps.table import Table
from echornn.maps.theory import LIMITS


@dataclass(frozen=True)
class Walls:
    """One line of theory: the edges of cells along which it runs.

    Attributes:
        number: the index of the limit in `LIMITS`.
        right_of: cells (row, column) with the line at their right edge.
        below: cells with the line at their lower edge.
    """

    number: int
    right_of: frozenset[tuple[int, int]]
    below: frozenset[tuple[int, int]]


def walls_of(table: Table) -> tuple[Walls, ...]:
    """The lines of theory that run through the table, in the order of `LIMITS`."""
    found = []
    for number, limit in enumerate(LIMITS):
        beyond = table.beyond(limit)
        across = [list(itertools.pairwise(row)) for row in beyond]
        down = [list(zip(row, next_row, strict=True)) for row, next_row in itertools.pairwise(beyond)]
        right, below = _parted(across), _parted(down)
        if right or below:
            found.append(Walls(number, right, below))
    return tuple(found)


def _parted(pairs: list[list[tuple[bool | None, bool | None]]]) -> frozenset[tuple[int, int]]:
    """The places at which two neighbours are on different sides of a limit."""
    return frozenset(
        (row, column)
        for row, line in enumerate(pairs)
        for column, pair in enumerate(line)
        if set(pair) == {True, False}
    )
