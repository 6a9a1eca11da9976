"""Draws matrices as signed blocks with names of rows and columns, and packs several matrices into a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from echornn.progress import Floats
from tui.app.drawings.signed import scale_of, signed_blocks
from tui.app.drawings.spots import Entry
from tui.app.drawings.unit_lines import STYLE_NAMES
from tui.kit.cells import Cells
from tui.kit.paint import Box, stamp, write_in

GAP = 2

NUMBER_WIDTH = 7
"""The columns of a block with its number and a space, such as ``█+0.83``."""

CELL_WIDTHS = (NUMBER_WIDTH, 2, 1)
"""The possible widths of an entry in columns; the largest with which all matrices fit is used."""


@dataclass(frozen=True, eq=False)
class WeightMatrix:
    """A matrix to draw.

    Attributes:
        name: the name above the matrix.
        values: float32 [rows, columns].
        rows, columns: the names of its rows and columns.
        cursor: row and column of the highlighted entry; None if there is none.
        label: the least number of columns for the row names, left of the entries; longer names need more.
    """

    name: str
    values: Floats
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cursor: tuple[int, int] | None = None
    label: int = 0

    @property
    def label_width(self) -> int:
        """The columns before the entries: enough for the names of the rows, and for the matrix' name above them. A
        single row has the matrix' name in place of its own.
        """
        names = (self.name, *(self.rows if len(self.rows) > 1 else ()))
        return max(self.label, max(map(len, names)) + 1)

    def size(self, cell: int) -> tuple[int, int]:
        """The width and height of the whole matrix, with ``cell`` columns per entry; a single row needs no head."""
        rows, columns = self.values.shape
        return self.label_width + columns * cell, rows + (rows > 1)


def packed(matrices: Sequence[WeightMatrix], box: Box, cell: int) -> list[Box]:
    """A box for each of the first matrices, as long as they fit: from top to bottom, then in the next column.

    A matrix that is larger than the whole box is cut.
    """
    boxes: list[Box] = []
    x, y, widest = box.x, box.y, 0
    for matrix in matrices:
        width, height = matrix.size(cell)
        height = min(height, box.height)
        if y + height > box.bottom:
            x, y, widest = x + widest + GAP, box.y, 0
        width = min(width, box.right - x)
        if height < 1 or width < min(matrix.label_width + cell, matrix.size(cell)[0]):
            break
        if boxes and width < matrix.size(cell)[0]:
            break
        boxes.append(Box(x, y, width, height))
        y, widest = y + height, max(widest, width)
    return boxes


def laid_out(matrices: Sequence[WeightMatrix], box: Box) -> tuple[list[Box], int, bool]:
    """The boxes of the matrices, the width of an entry in columns, and whether all fit. Entries are as wide as
    possible.
    """
    boxes: list[Box] = []
    for cell in CELL_WIDTHS:
        boxes = packed(matrices, box, cell)
        sizes = [matrix.size(cell) for matrix in matrices]
        if [(one.width, one.height) for one in boxes] == sizes:
            return boxes, cell, True
    return boxes, CELL_WIDTHS[-1], False


def all_fit(matrices: Sequence[WeightMatrix], box: Box) -> bool:
    """Whether all matrices fit into the box."""
    return laid_out(in_line(matrices), box)[2]


def how_well(matrices: Sequence[WeightMatrix], box: Box) -> tuple[int, int]:
    """A score for a box, larger is better: the width of an entry if all matrices fit; otherwise the area that fits."""
    boxes, cell, whole = laid_out(in_line(matrices), box)
    return (min(cell, 2) if whole else 0), sum(one.width * one.height for one in boxes) if not whole else 0


def in_line(matrices: Sequence[WeightMatrix]) -> list[WeightMatrix]:
    """The matrices with labels of equal width, so that the columns of a bias and its matrix are aligned."""
    label = max((matrix.label_width for matrix in matrices), default=0)
    return [replace(matrix, label=label) for matrix in matrices]


def draw_matrices(cells: Cells, box: Box, matrices: Sequence[WeightMatrix]) -> int:
    """Draw the matrices from the first on; returns how many fit."""
    matrices = in_line(matrices)
    boxes, cell, _ = laid_out(matrices, box)
    for one, matrix in zip(boxes, matrices, strict=False):
        draw_matrix(cells, one, matrix, cell)
    return len(boxes)


def part_seen(matrices: Sequence[WeightMatrix], box: Box) -> str:
    """The range of rows and columns shown of the first matrix, as text; empty if the whole matrix is shown."""
    matrices = in_line(matrices)
    boxes, cell, _ = laid_out(matrices, box)
    if not boxes:
        return ""
    seen = zip(("rows", "columns"), _seen(matrices[0], boxes[0], cell), matrices[0].values.shape, strict=True)
    shown = [f"{name} {at + 1:,} to {at + count:,} of {of:,}" for name, (at, count), of in seen if count < of]
    return ", ".join((f"{matrices[0].name} {shown[0]}", *shown[1:])) if shown else ""


def _seen(matrix: WeightMatrix, box: Box, cell: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shown part of a matrix: (first row, number of rows), (first column, number of columns)."""
    (rows, columns), (row, column) = matrix.values.shape, matrix.cursor or (0, 0)
    return (
        _stretch(row, rows, box.height - (rows > 1)),
        _stretch(column, columns, (box.width - matrix.label_width) // cell),
    )


def draw_matrix(cells: Cells, box: Box, matrix: WeightMatrix, cell: int) -> None:
    """Draw the names of columns, then a line for each row. If the matrix does not fit, the cursor's part is shown."""
    head = len(matrix.values) > 1
    names = matrix.label_width
    row, column = matrix.cursor or (0, 0)
    (first_row, shown_rows), (first_column, shown_columns) = _seen(matrix, box, cell)
    part = matrix.values[first_row : first_row + shown_rows, first_column : first_column + shown_columns]
    if head:
        write_in(cells, box, 0, matrix.name, "view--head")
        _write_columns(cells, box, matrix, range(first_column, first_column + shown_columns), cell)
    indices = np.array([cells.names.index(name) for name in STYLE_NAMES], np.int16)
    glyphs, kinds = signed_blocks(part, scale_of(matrix.values))
    styles = np.repeat(indices[kinds], cell, axis=1)
    if matrix.cursor is not None and first_row <= row < first_row + shown_rows:
        at = (column - first_column) * cell
        styles[row - first_row, at : at + min(cell, NUMBER_WIDTH - 1)] = cells.names.index("view--cursor")
    if cell < NUMBER_WIDTH:
        picture = np.repeat(glyphs, cell, axis=1)
    else:
        numbers = [[f"{number_text(value):<5} " for value in values] for values in part.tolist()]
        texts = np.char.add(glyphs, np.array(numbers, "U6").reshape(glyphs.shape))
        picture = np.ascontiguousarray(texts, f"U{cell}").view("U1").reshape(len(part), -1)
    stamp(cells, box.x + names, box.y + head, picture, styles)
    cells.mark_each(
        *(box.x + names, box.y + head, shown_columns * cell, shown_rows),
        lambda x, y: Entry(matrix.name, first_row + y, first_column + x // cell),
    )
    for line, name in enumerate(matrix.rows[first_row : first_row + shown_rows]):
        label = (name, "view--axis") if head else (matrix.name, "view--head")
        write_in(cells, box, head + line, *label)


def _stretch(wanted: int, count: int, room: int) -> tuple[int, int]:
    """The part to show of ``count`` entries: the first index, and the number; it contains the index ``wanted``."""
    room = max(0, min(room, count))
    return min(max(0, wanted + 1 - room), count - room), room


def _write_columns(cells: Cells, box: Box, matrix: WeightMatrix, shown: range, cell: int) -> None:
    """Draw the names above their columns, if they fit. A gate's name is drawn once for all of its columns. If columns
    are narrow, a common prefix is written once: ``h1 2 3``.
    """
    end = 0
    for word, group in groupby(shown, lambda column: matrix.columns[column].rpartition(" ")[0]):
        columns = list(group)
        whole = word and len(word) < len(columns) * cell and cell <= 2
        for column in columns[:1] if whole else columns:
            name = matrix.columns[column]
            if cell <= 2 or len(name) >= cell:
                name = word if whole else name.rpartition(" ")[2]
            x = (column - shown.start) * cell
            stem = "" if whole or cell > 2 else name.rstrip("0123456789")
            if len(stem) == 1 and len(name) > 1:
                name = name[1:]
                if not x:
                    write_in(cells, box, 0, stem, "view--axis", at=matrix.label_width - 1)
            if x >= end and matrix.label_width + x + len(name) <= box.width:
                write_in(cells, box, 0, name, "view--axis", at=matrix.label_width + x)
                end = x + len(name) + 1


def number_text(value: float) -> str:
    """A number in five characters, with its sign: +0.83, -12.5, +4e9."""
    if not np.isfinite(value):
        return f"{value:+}"[:5]
    texts = (f"{value:+.{decimals}f}" for decimals in (2, 1, 0))
    return next((text for text in texts if len(text) <= 5), f"{value:+.0e}".replace("e+0", "e").replace("e+", "e"))
