"""Writes arrays of characters onto a grid of cells, cut to the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui.kit.cells import Cells

Characters = npt.NDArray[np.str_]
Styles = npt.NDArray[np.int16]


class Box(NamedTuple):
    """A part of a grid, in characters."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The line after its last."""
        return self.y + self.height


def stamp(
    cells: Cells, x: int, y: int, characters: Characters, styles: str | Styles, over_blanks: bool = False
) -> None:
    """Put a picture on the grid with its top left corner there.

    Args:
        characters: str [lines, columns], one column wide each.
        styles: the name of one for all, or int16 [lines, columns] as `Cells.styles` has them.
        over_blanks: whether spaces of the picture leave what is there.
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
    """Text on a line of the box from one of its columns on, cut to the box; the column of the grid after it."""
    x = box.x + at
    if not 0 <= line < box.height or at < 0:
        return x
    return cells.write(x, box.y + line, text[: max(0, box.width - at)], style)


def beside(box: Box, least: int, most: int, wanted: Sequence[int], gap: int = 2) -> tuple[Box, Box] | None:
    """Two boxes side by side, the right one of the first wanted width that leaves the left one the least it needs;
    None where none does.

    Args:
        most: columns that the left one can use; what is left over is the right one's.
    """
    for width in wanted:
        left = min(box.width - gap - width, most)
        if left >= least:
            return box._replace(width=left), Box(box.x + left + gap, box.y, box.width - left - gap, box.height)
    return None
