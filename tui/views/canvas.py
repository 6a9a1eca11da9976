"""A grid of character cells, and a widget that draws one and sends only changed cells to the
terminal."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Leave, MouseEvent, MouseMove
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.term.printed import printable
from tui.views.inks import NAMES, NUMBER, pen
from tui.views.keymap import KeyMap, keymap_of

Characters = npt.NDArray[np.str_]  # [lines, columns], one column wide each
Styles = npt.NDArray[np.int16]  # [lines, columns], the number of each ink
# What a cell shows, by its column and line in its area; None for nothing
Spot = Callable[[int, int], object]


@dataclass(frozen=True)
class Press:
    """A place on the screen that names a key: a click there presses it."""

    key: str


class Cells:
    def __init__(self, width: int, height: int, keymap: KeyMap | None = None) -> None:
        self.keymap = keymap or keymap_of(None)
        self.width, self.height = width, height
        self.characters: Characters = np.full((height, width), " ")
        self.styles: Styles = np.zeros((height, width), np.int16)
        self._spots: list[tuple[Region, Spot]] = []

    def mark(self, x: int, y: int, width: int, height: int, shown: object) -> None:
        """Note what an area shows, for the mouse; the newest note of a cell counts."""
        self.mark_each(x, y, width, height, lambda _, __: shown)

    def mark_each(self, x: int, y: int, width: int, height: int, spot: Spot) -> None:
        self._spots.append((Region(x, y, width, height), spot))

    def under(self, x: int, y: int) -> object:
        """What a cell shows, by the newest note of it."""
        for area, spot in reversed(self._spots):
            if area.contains(x, y):
                return spot(x - area.x, y - area.y)
        return None

    def write(self, x: int, y: int, text: str, style: str = "") -> int:
        """Write text on line ``y`` from column ``x`` on, cut to the grid; returns the column after
        the text."""
        text = printable(self.keymap.text(text))
        end = x + len(text)
        if 0 <= y < self.height:
            shown = text[max(0, -x) : max(0, self.width - x)]
            begin = max(0, x)
            columns = slice(begin, begin + len(shown))
            # Each cell is one column: wide characters, and marks of width 0, would shift the others
            self.characters[y, columns] = [
                character if cell_len(character) == 1 else "?" for character in shown
            ]
            self.styles[y, columns] = NUMBER[style]
        return end

    def changed_since(self, before: Cells) -> list[Region]:
        """The changed part of each line; the whole grid if the sizes differ."""
        if (self.width, self.height) != (before.width, before.height):
            return [Region(0, 0, self.width, self.height)]
        differs = (self.characters != before.characters) | (self.styles != before.styles)
        regions = []
        for y in np.flatnonzero(differs.any(axis=1)).tolist():
            columns = np.flatnonzero(differs[y]).tolist()
            first, last = columns[0], columns[-1]
            regions.append(Region(first, y, last + 1 - first, 1))
        return regions

    def text(self, y: int) -> str:
        return "".join(self.characters[y].tolist())


def stamp(
    cells: Cells,
    x: int,
    y: int,
    characters: Characters,
    styles: str | Styles,
    over_blanks: bool = False,
) -> None:
    """Copy characters to (x, y), in one ink or in one each; with ``over_blanks``, spaces leave what
    is there."""
    lines, columns = characters.shape
    top, bottom = max(0, -y), min(lines, cells.height - y)
    left, right = max(0, -x), min(columns, cells.width - x)
    if bottom <= top or right <= left:
        return
    source = np.s_[top:bottom, left:right]
    target = np.s_[y + top : y + bottom, x + left : x + right]
    drawn = np.ones((bottom - top, right - left), np.bool_)
    if over_blanks:
        drawn = characters[source] != " "
    cells.characters[target][drawn] = characters[source][drawn]
    inks = NUMBER[styles] if isinstance(styles, str) else styles[source][drawn]
    cells.styles[target][drawn] = inks


def write_in(cells: Cells, box: Region, line: int, text: str, style: str = "", at: int = 0) -> int:
    """Write text on a line of the box from column ``at`` on, cut to the box; returns the grid
    column after the text."""
    if not 0 <= line < box.height or at < 0:
        return box.x + at
    return cells.write(box.x + at, box.y + line, text[: max(0, box.width - at)], style)


def beside(
    box: Region, least: int, most: int, wanted: Sequence[int], gap: int = 2
) -> tuple[Region, Region] | None:
    """Two boxes: right the first ``wanted`` width that leaves ``least`` columns; left at most
    ``most``, or None."""
    for width in wanted:
        left = min(box.width - gap - width, most)
        if left >= least:
            left_box = box._replace(width=left)
            right_box = box._replace(x=box.x + left + gap, width=box.width - left - gap)
            return left_box, right_box
    return None


class CellWidget(Widget):
    """A widget that fills a grid in `draw`, once after all waiting messages, and refreshes only
    what has changed."""

    class Hovered(Message):
        """The pointer is over something else."""

    def __init__(self) -> None:
        super().__init__()
        self._cells = Cells(0, 0)
        self._is_stale = False
        self._pointer: Offset | None = None
        self._pens: dict[int, Style] = {}

    @property
    def keymap(self) -> KeyMap:
        return keymap_of(self.app if self.is_attached else None)

    def draw(self, cells: Cells) -> None:
        raise NotImplementedError

    def redraw(self) -> None:
        """Have the widget drawn again after the waiting messages, or when its cells are next
        needed."""
        self._is_stale = True
        self.check_idle()

    def draw_if_stale(self) -> None:
        """Draw the cells if anything or the widget's size has changed, and refresh those that
        differ."""
        if not self._is_stale and (self._cells.width, self._cells.height) == self.size:
            return
        self._is_stale = False
        before = self._cells
        self._cells = Cells(self.size.width, self.size.height, self.keymap)
        if self._cells.width and self._cells.height:
            self.draw(self._cells)
        changed = self._cells.changed_since(before)
        if changed:
            self.refresh(*changed)

    @property
    def cells(self) -> Cells:
        """The cells as they are now."""
        self.draw_if_stale()
        return self._cells

    def on_idle(self) -> None:
        self.draw_if_stale()  # now that no message waits, and before Textual sends the updates

    def watch_has_focus(self, has_focus: bool) -> None:
        """Draw again.

        No style depends on the focus: Textual would then style the widget again, which takes
        longer.
        """
        self.redraw()

    # ---- the mouse

    def clicked(self, spot: object, again: bool) -> object:
        """Handle a click on what a cell shows; ``again`` if it is the second click of a double
        click. What is returned is awaited if it can be."""

    def hover_moved(self) -> None:
        self.post_message(self.Hovered())

    def under(self, event: MouseEvent) -> object:
        """What the cell under the pointer shows; None if it shows nothing of its own."""
        offset = event.get_content_offset(self)
        return None if offset is None else self.cells.under(*offset)

    async def on_click(self, event: Click) -> None:
        spot = self.under(event)
        if isinstance(spot, Press):
            self.app.simulate_key(spot.key)
        elif spot is not None:
            handled = self.clicked(spot, again=event.chain % 2 == 0)
            if inspect.isawaitable(handled):
                await handled

    @property
    def hovered(self) -> object:
        return None if self._pointer is None else self.cells.under(*self._pointer)

    def on_mouse_move(self, event: MouseMove) -> None:
        self._point(event.get_content_offset(self))

    def on_leave(self, event: Leave) -> None:
        self._point(None)

    def _point(self, at: Offset | None) -> None:
        before = self.hovered
        self._pointer = at
        if self.hovered != before:
            self.hover_moved()

    # ---- what Textual draws

    def render_lines(self, crop: Region) -> list[Strip]:
        self.draw_if_stale()
        self._pens.clear()  # the styles may have changed since
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        if y >= self.cells.height:
            return Strip.blank(self.size.width, self.rich_style)
        line = self.cells.text(y)
        segments = []
        begin = 0
        for ink, run in groupby(self.cells.styles[y].tolist()):
            end = begin + len(list(run))
            segments.append(Segment(line[begin:end], self._pen(ink)))
            begin = end
        return Strip(segments, self.cells.width)

    def _pen(self, ink: int) -> Style:
        if ink not in self._pens:
            background = self.background_colors[1]
            is_dark = self.app.current_theme.dark
            style = pen(NAMES[ink], background, self.app.theme_variables, is_dark)
            self._pens[ink] = self.rich_style + style
        return self._pens[ink]
