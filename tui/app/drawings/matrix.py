"""The screen columns of the data matrix; they are the same for each row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from echornn.config import EchoConfig
from tui.app.drawings.signs import digits_of, widest

AROUND_A_NUMBER = 3
"""Characters around a number: its symbol on both sides, and a space."""

LEAST_LABEL = 8

SIDES_AND_JOINS = 4
"""Characters of a row besides its time steps: the window's two sides, and a mark where each row ends and the next
begins.
"""


@dataclass(frozen=True)
class MatrixLayout:
    """The screen columns of the positions in a row of the matrix, counted from 0.

    The end of a row continues at the beginning of the next row. So positions below 0 are at the end of the row before,
    and positions from ``row_length`` on are at the beginning of the row after.

    Attributes:
        start, length: the window's first position, and its number of positions.
        row_length: the positions in a row.
        first, last: the first position that is shown, and the position after the last.
        cell: the characters of each position.
        label: the characters before the first position.
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
        """Whether each time step's number fits."""
        return self.cell > AROUND_A_NUMBER

    @property
    def end(self) -> int:
        """The position after the last of the window."""
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
        """The columns of the window's sides, as far as they are visible."""
        left = [self.x(self.start) - 1] if self.first <= self.start else []
        return left + ([self.x(self.end - 1) + self.cell] if self.end <= self.last else [])

    @property
    def joins(self) -> list[int]:
        """The columns of the marks where the row begins and ends, as far as they are visible."""
        left = [self.x(-1) + self.cell] if self.first < 0 else []
        return left + ([self.x(self.row_length) - 1] if self.row_length < self.last else [])

    def stretches(self) -> list[tuple[int, int]]:
        """The shown positions, split at the window's sides and the row's ends: (first, last + 1) of each part."""
        cuts = sorted({self.first, self.last, *self._cuts()})
        return list(pairwise(cuts))

    def _cuts(self) -> list[int]:
        return [cut for cut in (0, self.start, self.end, self.row_length) if self.first < cut < self.last]


def laid(config: EchoConfig, window: int, width: int, step: int = 0) -> MatrixLayout:
    """The layout of the matrix around a window of the epoch (from 0) on ``width`` characters.

    Time steps are numbered if the window and the echo's sources then fit, and there are two classes. If the window does
    not fit even without numbers, its part around ``step`` is shown.
    """
    start, length = window * config.window_stride, config.truncated_backprop_length
    reach = min(config.echo_step, config.row_length)
    label = max(LEAST_LABEL, len(f"row {config.batch_size} "))
    room = width - label - SIDES_AND_JOINS
    digits = len(str(config.row_length * config.batch_size))
    numbered, narrow = digits + AROUND_A_NUMBER, 1 + widest(digits_of(config.num_classes))
    has_room = (length + min(reach, length)) * numbered <= room
    # with more classes, symbols are digits themselves
    cell = numbered if has_room and config.num_classes == 2 else narrow
    steps = max(1, room // cell)
    if steps < length:
        first = start + min(max(0, step - steps // 2), length - steps)
        return MatrixLayout(start, length, config.row_length, first, first + steps, cell, label)
    spare = steps - length
    before = min(max(reach, spare // 2), spare, start + reach)
    after = min(spare - before, config.row_length + 1 - start - length)
    before = min(spare - after, start + reach)
    return MatrixLayout(start, length, config.row_length, start - before, start + length + after, cell, label)
