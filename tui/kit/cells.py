"""A widget made of character cells that sends only those to the terminal that changed."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.term.plain_screen import style_as_drawn
from tui.term.printable import printable


class Cells:
    """A grid of characters, each with the name of its style; the empty name is the widget's own style.

    Attributes:
        characters: str [height, width], one column wide each.
        styles: int16 [height, width], indices into `names`.
    """

    def __init__(self, width: int, height: int, names: tuple[str, ...] = ()) -> None:
        self.width, self.height = width, height
        self.names = ("", *names)
        self.characters: npt.NDArray[np.str_] = np.full((height, width), " ")
        self.styles: npt.NDArray[np.int16] = np.zeros((height, width), np.int16)

    def write(self, x: int, y: int, text: str, style: str = "") -> int:
        """Put text on line ``y`` from column ``x`` on, cut to the grid; the column after it."""
        text = printable(text)
        end = x + len(text)
        if 0 <= y < self.height:
            text = text[max(0, -x) : max(0, self.width - x)]
            x = max(0, x)
            one_wide = [character if cell_len(character) == 1 else "?" for character in text]
            self.characters[y, x : x + len(text)] = one_wide
            self.styles[y, x : x + len(text)] = self.names.index(style)
        return end

    def changed_since(self, before: Cells) -> list[Region]:
        """The stretch of each line that differs from an earlier grid; everything, where the size does."""
        if (self.width, self.height) != (before.width, before.height):
            return [Region(0, 0, self.width, self.height)]
        differs = (self.characters != before.characters) | (self.styles != before.styles)
        regions = []
        for y in np.flatnonzero(differs.any(axis=1)).tolist():
            columns = np.flatnonzero(differs[y])
            regions.append(Region(int(columns[0]), y, int(columns[-1] - columns[0]) + 1, 1))
        return regions

    def text(self, y: int) -> str:
        """The characters of a line."""
        return "".join(self.characters[y].tolist())


class CellWidget(Widget):
    """Draws cells, made by `draw` from what it was shown, and refreshes the stretches that differ from before.

    However often it is shown something, it draws once, behind all messages that wait for it: a burst of keys draws no
    more often than it can be seen.
    """

    STYLES: tuple[str, ...] = ()
    """Names of the component classes that `draw` uses."""

    def __init__(self) -> None:
        super().__init__()
        self._cells = Cells(0, 0)
        self._is_stale = False

    def draw(self, cells: Cells) -> None:
        """Fill an empty grid of the widget's size."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Have it drawn anew: behind the messages that wait for it, or as soon as its cells are asked for."""
        self._is_stale = True
        self.check_idle()

    @property
    def cells(self) -> Cells:
        """What it shows, drawn now where that has changed, or the widget's size, of which Textual may tell later."""
        if self._is_stale or (self._cells.width, self._cells.height) != self.size:
            self._is_stale = False
            self._draw_anew()
        return self._cells

    def _draw_anew(self) -> None:
        """Draw, and have sent what changed."""
        cells = Cells(self.size.width, self.size.height, self.STYLES)
        if cells.width and cells.height:
            self.draw(cells)
        changed = cells.changed_since(self._cells)
        self._cells = cells
        if changed:
            self.refresh(*changed)

    def on_idle(self) -> None:
        """No message waits: what was asked for is drawn, before Textual sends what is to be refreshed."""
        _ = self.cells

    def watch_has_focus(self, has_focus: bool) -> None:
        """The widget that has the keys is drawn otherwise. No style depends on the focus, so that nothing is styled
        anew, which takes longer than drawing."""
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        _ = self.cells
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        cells = self.cells
        if y >= cells.height:
            return Strip.blank(self.size.width, self.rich_style)
        styles: dict[int, Style] = {}
        segments = []
        column = 0
        line = cells.text(y)
        for index, group in groupby(cells.styles[y].tolist()):
            end = column + sum(1 for _ in group)
            if index not in styles:
                name = cells.names[index]
                styles[index] = self.get_component_rich_style(name) if name else self.rich_style
            segments.append(Segment(line[column:end], styles[index]))
            column = end
        return Strip(segments, cells.width).adjust_cell_length(self.size.width, self.rich_style)


style_as_drawn(CellWidget)
