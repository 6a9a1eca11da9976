"""A grid of character cells, and a widget that draws one and sends only changed cells to the terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Leave, MouseEvent, MouseMove
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from tui.term.printed import printable
from tui.views.inks import NAMES, NUMBER, pen
from tui.views.keymap import KeyMap, keymap_of

Spot = Callable[[int, int], object]
"""Returns what a cell of an area shows, for its column and line in the area; None if it shows nothing of its own."""


@dataclass(frozen=True)
class Press:
    """The mark of a place on the screen that names a key: a click there presses the key."""

    key: str


class Cells:
    """A grid of characters, each with the name of its style; the empty name means the widget's own style.

    Attributes:
        characters: str [height, width], one column wide each.
        styles: int16 [height, width], indices into `names`.
        keymap: the keys that texts name.
    """

    def __init__(self, width: int, height: int, keymap: KeyMap | None = None) -> None:
        self.keymap = keymap or keymap_of(None)
        self.width, self.height = width, height
        self.characters: npt.NDArray[np.str_] = np.full((height, width), " ")
        self.styles: npt.NDArray[np.int16] = np.zeros((height, width), np.int16)
        self._spots: list[tuple[Region, Spot]] = []

    def mark(self, x: int, y: int, width: int, height: int, shown: object) -> None:
        """Note what all cells of an area show, for the mouse; the newest note of a cell counts."""
        self.mark_each(x, y, width, height, lambda _, __: shown)

    def mark_each(self, x: int, y: int, width: int, height: int, spot: Spot) -> None:
        """Note what each cell of an area shows; see `Spot`."""
        self._spots.append((Region(x, y, width, height), spot))

    def under(self, x: int, y: int) -> object:
        """What the cell in this column and line shows, by the notes of `mark`; None if it shows nothing of its own."""
        for region, spot in reversed(self._spots):
            if region.contains(x, y):
                return spot(x - region.x, y - region.y)
        return None

    def write(self, x: int, y: int, text: str, style: str = "") -> int:
        """Write text on line ``y`` from column ``x`` on, cut to the grid; returns the column after the text."""
        text = printable(self.keymap.text(text))
        end = x + len(text)
        if 0 <= y < self.height:
            text = text[max(0, -x) : max(0, self.width - x)]
            x = max(0, x)
            one_wide = [character if cell_len(character) == 1 else "?" for character in text]
            self.characters[y, x : x + len(text)] = one_wide
            self.styles[y, x : x + len(text)] = NUMBER[style]
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

    A click and the pointer find what the cells show by the notes of `Cells.mark`; a click on a `Press` presses its key.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cells = Cells(0, 0)
        self._is_stale = False
        self._pointer: Offset | None = None
        self._pens: dict[int, Style] = {}

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
            cells = Cells(self.size.width, self.size.height, self.keymap)
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

    # ---- the mouse

    def clicked(self, spot: object, again: bool) -> Awaitable[None] | None:
        """Handle a click on what a cell shows.

        Args:
            again: whether this is the second click of a double click.
        """
        return None

    def pressed(self, key: str) -> None:
        """Press a key that was clicked; not the one that gives the widget the focus, as the click has done that."""
        if not (self.can_focus and key == self.keymap.key("focus")):
            self.app.simulate_key(key)

    def hover_moved(self) -> None:
        """Handle that the pointer is over something else; nothing is drawn, unless a subclass does."""

    def under(self, event: MouseEvent) -> object:
        """What the cell under the pointer shows; None if it shows nothing of its own."""
        at = event.get_content_offset(self)
        return None if at is None else self.cells.under(at.x, at.y)

    async def on_click(self, event: Click) -> None:
        spot = self.under(event)
        if isinstance(spot, Press):
            self.pressed(spot.key)
        elif spot is not None:
            handled = self.clicked(spot, again=event.chain % 2 == 0)
            if handled is not None:
                await handled

    @property
    def hovered(self) -> object:
        """What the cell under the pointer shows now; None if it shows nothing of its own."""
        return None if self._pointer is None else self.cells.under(*self._pointer)

    def on_mouse_move(self, event: MouseMove) -> None:
        self._point(event.get_content_offset(self))

    def on_leave(self, event: Leave) -> None:
        self._point(None)

    def _point(self, at: Offset | None) -> None:
        before, self._pointer = self.hovered, at
        if self.hovered != before:
            self.hover_moved()

    # ---- what Textual draws

    def render_lines(self, crop: Region) -> list[Strip]:
        _ = self.cells
        self._pens.clear()  # the styles may have changed since
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        cells = self.cells
        if y >= cells.height:
            return Strip.blank(self.size.width, self.rich_style)
        segments = []
        column = 0
        line = cells.text(y)
        for index, group in groupby(cells.styles[y].tolist()):
            end = column + sum(1 for _ in group)
            segments.append(Segment(line[column:end], self._pen(index)))
            column = end
        return Strip(segments, cells.width)

    def _pen(self, ink: int) -> Style:
        if ink not in self._pens:
            on = self.background_colors[1]
            self._pens[ink] = self.rich_style + pen(
                NAMES[ink], on, self.app.theme_variables, self.app.current_theme.dark
            )
        return self._pens[ink]


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
    index = np.int16(NUMBER[styles]) if isinstance(styles, str) else styles[source]
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
