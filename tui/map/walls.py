"""Between which cells of the map theory's lines are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from echornn.maps.table import Table
from echornn.maps.theory import LIMITS


@dataclass(frozen=True)
class Walls:
    """Stretches of a line, each beside one cell.

    Attributes:
        number: of the limit in `LIMITS`.
        right_of: cells (row, column) to the right of which it runs.
        below: cells below which it runs.
    """

    number: int
    right_of: frozenset[tuple[int, int]]
    below: frozenset[tuple[int, int]]


def walls_of(table: Table) -> tuple[Walls, ...]:
    """The lines that part cells of the table, in the order of `LIMITS`."""
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
    """Where two neighbours lie on different sides."""
    return frozenset(
        (row, column)
        for row, line in enumerate(pairs)
        for column, pair in enumerate(line)
        if set(pair) == {True, False}
    )
