"""Writes arrays of characters and texts onto a grid of cells, cut to the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui.kit.cells import Cells

Characters = npt.NDArray[np.str_]
Styles = npt.NDArray[np.int16]


class Box(NamedTuple):
    """A rectangle of cells: left column, top line, width and height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The column after the box's last column."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The line after the box's last line."""
        return self.y + self.height


def stamp(
    cells: Cells, x: int, y: int, characters: Characters, styles: str | Styles, over_blanks: bool = False
) -> None:
    """Copy an array of characters onto the grid, with its top left corner at (x, y).

    Args:
        characters: str [lines, columns], one column wide each.
        styles: the name of one style for all, or int16 [lines, columns] as in `Cells.styles`.
        over_blanks: whether spaces in the array leave the grid unchanged.
    """
    lines, columns = characters.shape
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(lines, cells.height - y), min(columns, cells.width - x)
    if bottom <= top or right <= left:
        return
    source = np.s_[top:bottom, left:right]
    target = np.s_[y + top : y + bottom, x + left : x + right]
    index = np.int16(cells.names.index(styles)) if isinstance(styles, str) else styles[source]
    keep = characters[source] == " " if over_blanks else np.zeros((1, 1), np.bool_)
    cells.characters[target] = np.where(keep, cells.characters[target], characters[source])
    cells.styles[target] = np.where(keep, cells.styles[target], index)


def write_in(cells: Cells, box: Box, line: int, text: str, style: str = "", at: int = 0) -> int:
    """Write text on a line of the box from column ``at`` on, cut to the box; returns the grid column after the text."""
    x = box.x + at
    if not 0 <= line < box.height or at < 0:
        return x
    return cells.write(x, box.y + line, text[: max(0, box.width - at)], style)


def beside(box: Box, least: int, most: int, wanted: Sequence[int], gap: int = 2) -> tuple[Box, Box] | None:
    """Two boxes side by side. The right one has the first of the ``wanted`` widths that leaves ``least`` columns for
    the left one; None if there is none.

    Args:
        most: the most columns of the left box; the right box gets what is left over.
    """
    for width in wanted:
        left = min(box.width - gap - width, most)
        if left >= least:
            return box._replace(width=left), Box(box.x + left + gap, box.y, box.width - left - gap, box.height)
    return None
