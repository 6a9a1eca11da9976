"""The columns of the data matrix on a line: pure geometry, the same for each row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from echornn.config import EchoConfig
from tui.app.drawings.blocks import most_digits

AROUND_A_NUMBER = 3
"""Characters beside a number: its symbol to the left and right, and a space."""

LEAST_LABEL = 8

SIDES_AND_JOINS = 4
"""Characters besides the time steps: the window's two sides, and a row's two joins to its neighbours."""


@dataclass(frozen=True)
class MatrixLayout:
    """Positions in a row of the matrix, from 0, and their columns on the screen.

    The series continues from the end of a row to the beginning of the next, so positions below 0 are the end of the row
    above, and those from ``row_length`` on are the beginning of the row below.

    Attributes:
        start, length: the window's first position, and its number of positions.
        row_length: the positions in a row.
        first, last: the first position shown, and the one after the last.
        cell: the characters of a position.
        label: the characters before the first.
    """

    start: int
    length: int
    row_length: int
    first: int
    last: int
    cell: int
    label: int

    @property
    def numbered(self) -> bool:
        """Whether there is room for the number of each time step."""
        return self.cell > AROUND_A_NUMBER

    @property
    def end(self) -> int:
        """The position after the window's last."""
        return self.start + self.length

    @property
    def shown(self) -> range:
        """The positions of the window that are shown."""
        return range(max(self.start, self.first), min(self.end, self.last))

    def x(self, position: int) -> int:
        """The column at which a position begins."""
        column = self.label + (position - self.first) * self.cell
        column += (self.first <= self.start <= position) + (position >= self.end)
        return column + (self.first < 0 <= position) + (position >= self.row_length)

    @property
    def sides(self) -> list[int]:
        """The columns of the window's sides that are shown."""
        left = [self.x(self.start) - 1] if self.first <= self.start else []
        return left + ([self.x(self.end - 1) + self.cell] if self.end <= self.last else [])

    @property
    def joins(self) -> list[int]:
        """The columns between the row and its neighbours that are shown."""
        left = [self.x(-1) + self.cell] if self.first < 0 else []
        return left + ([self.x(self.row_length) - 1] if self.row_length < self.last else [])

    def stretches(self) -> list[tuple[int, int]]:
        """The positions shown, as stretches without gaps: (first, the one after the last)."""
        cuts = sorted({self.first, self.last, *self._cuts()})
        return list(pairwise(cuts))

    def _cuts(self) -> list[int]:
        return [cut for cut in (0, self.start, self.end, self.row_length) if self.first < cut < self.last]


def laid(config: EchoConfig, window: int, width: int, step: int = 0) -> MatrixLayout:
    """The layout of the matrix around a window of the epoch (from 0) on so many characters.

    It has numbers if window and echo fit so, with two classes; otherwise there is room for a mark and a symbol. If even
    the window is too long, its part around ``step`` is shown.
    """
    start, length = window * config.window_stride, config.truncated_backprop_length
    reach = min(config.echo_step, config.row_length)
    label = max(LEAST_LABEL, len(f"row {config.batch_size} "))
    room = width - label - SIDES_AND_JOINS
    digits = len(str(config.row_length * config.batch_size))
    numbered, narrow = digits + AROUND_A_NUMBER, 1 + most_digits(config.num_classes)
    has_room = (length + min(reach, length)) * numbered <= room
    cell = numbered if has_room and config.num_classes == 2 else narrow  # with more classes, symbols are digits
    steps = max(1, room // cell)
    if steps < length:
        first = start + min(max(0, step - steps // 2), length - steps)
        return MatrixLayout(start, length, config.row_length, first, first + steps, cell, label)
    spare = steps - length
    before = min(max(reach, spare // 2), spare, start + reach)
    after = min(spare - before, config.row_length + 1 - start - length)
    before = min(spare - after, start + reach)
    return MatrixLayout(start, length, config.row_length, start - before, start + length + after, cell, label)
