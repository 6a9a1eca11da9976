"""A grid of character cells, and a widget that draws one and sends only changed cells to the terminal."""

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

from tui.kit.keyed_app import keymap_of
from tui.kit.keymap import KeyMap
from tui.term.plain_screen import style_as_drawn
from tui.term.printable import printable


class Cells:
    """A grid of characters, each with the name of its style; the empty name means the widget's own style.

    Attributes:
        characters: str [height, width], one column wide each.
        styles: int16 [height, width], indices into `names`.
        keymap: the keys that texts name.
    """

    def __init__(self, width: int, height: int, names: tuple[str, ...] = (), keymap: KeyMap | None = None) -> None:
        self.keymap = keymap or keymap_of(None)
        self.width, self.height = width, height
        self.names = ("", *names)
        self.characters: npt.NDArray[np.str_] = np.full((height, width), " ")
        self.styles: npt.NDArray[np.int16] = np.zeros((height, width), np.int16)

    def write(self, x: int, y: int, text: str, style: str = "") -> int:
        """Write text on line ``y`` from column ``x`` on, cut to the grid; returns the column after the text."""
        text = printable(self.keymap.text(text))
        end = x + len(text)
        if 0 <= y < self.height:
            text = text[max(0, -x) : max(0, self.width - x)]
            x = max(0, x)
            one_wide = [character if cell_len(character) == 1 else "?" for character in text]
            self.characters[y, x : x + len(text)] = one_wide
            self.styles[y, x : x + len(text)] = self.names.index(style)
        return end

    def changed_since(self, before: Cells) -> list[Region]:
        """The changed part of each line, compared with an earlier grid; the whole grid if the sizes differ."""
        if (self.width, self.height) != (before.width, before.height):
            return [Region(0, 0, self.width, self.height)]
        differs = (self.characters != before.characters) | (self.styles != before.styles)
        regions = []
        for y in np.flatnonzero(differs.any(axis=1)).tolist():
            columns = np.flatnonzero(differs[y])
            regions.append(Region(int(columns[0]), y, int(columns[-1] - columns[0]) + 1, 1))
        return regions

    def text(self, y: int) -> str:
        """The characters of a line as a text."""
        return "".join(self.characters[y].tolist())


class CellWidget(Widget):
    """A widget that draws a grid of cells, and refreshes only the parts that have changed.

    Subclasses fill the grid in `draw`. Several changes in a row are drawn once, after all waiting messages, so a burst
    of keys does not draw more often than necessary.
    """

    STYLES: tuple[str, ...] = ()
    """The names of the component classes that `draw` uses."""

    def __init__(self) -> None:
        super().__init__()
        self._cells = Cells(0, 0)
        self._is_stale = False

    @property
    def keymap(self) -> KeyMap:
        """The keys that hold in the widget's app."""
        return keymap_of(self.app if self.is_attached else None)

    def draw(self, cells: Cells) -> None:
        """Fill an empty grid of the widget's size."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Have the widget drawn again after the waiting messages, or when its cells are next needed."""
        self._is_stale = True
        self.check_idle()

    @property
    def cells(self) -> Cells:
        """The drawn cells. If anything, or the widget's size, has changed, they are drawn first, and the parts that
        differ are refreshed.
        """
        if self._is_stale or (self._cells.width, self._cells.height) != self.size:
            self._is_stale = False
            cells = Cells(self.size.width, self.size.height, self.STYLES, self.keymap)
            if cells.width and cells.height:
                self.draw(cells)
            before, self._cells = self._cells, cells
            if changed := cells.changed_since(before):
                self.refresh(*changed)
        return self._cells

    def on_idle(self) -> None:
        """Draw what has changed, now that no message waits and before Textual sends the updates."""
        _ = self.cells

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw the widget again, since focus changes it. No style depends on the focus: Textual would then style the
        widget again, which takes longer than drawing it.
        """
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
