"""What the panels beside the curve have in common: rows with a cursor, keys, and how they are
drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import BindingType
from textual.events import Key
from textual.reactive import var

from echornn.session.pictures.picture import Picture
from tui.views.canvas import Cells, CellWidget, Press
from tui.views.view import hidden

GAP = 2  # columns between two columns of rows
MOST_FOOT = 5  # the most lines below the rows
MOST_TYPED = 40  # characters; chosen by eye
WHILE_TYPING = {
    "enter": "enter",
    "escape": "escape",
    "backspace": "erase(False)",
    "ctrl+u": "erase(True)",
}
"""The actions of keys wherever text is typed, whatever keys the user has chosen."""


class PanelLine(NamedTuple):
    """A line of a panel.

    Those of the row under the cursor have the same ``row``; a heading has none.
    """

    text: str
    row: Hashable = None
    style: str = "text"


class Panel(CellWidget, can_focus=True):
    """Rows with a cursor, between a title and an explanation; while it has the focus, it gets all
    keys.

    The screen watches `is_open`: a panel that closes gives its room and the focus back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        hidden("up", "move(-1)", "Up", tooltip="The row above", id="up"),
        hidden("down", "move(1)", "Down", tooltip="The row below", id="down"),
        hidden("pageup", "move(-10)", "Up", id="page_up"),
        hidden("pagedown", "move(10)", "Down", id="page_down"),
        hidden("home", "move(-999999)", "First", id="first"),
        hidden("end", "move(999999)", "Last", id="last"),
        hidden("escape", "escape", "Close", tooltip="Drop what is typed; else close", id="close"),
    ]
    LINES_OF_A_ROW: ClassVar[int] = 2

    is_open = var(False)
    typed: str | None = None  # the text that is typed; None while characters are keys
    _chosen: Hashable = None  # the row that the cursor was put on
    _top = 0

    def begin(self, picture: Picture) -> None:
        """Show the panel as it is when it opens."""
        raise NotImplementedError

    def show(self, picture: Picture) -> None:
        """Take over what has changed."""

    def text(self) -> tuple[str, str]:
        """The title, and the explanation."""
        raise NotImplementedError

    def lines(self, width: int) -> list[PanelLine]:
        raise NotImplementedError

    def columns(self, width: int) -> int:
        return 1

    @property
    def rows(self) -> list[Hashable]:
        lines = self.lines(self.size.width)
        return list(dict.fromkeys(line.row for line in lines if line.row is not None))

    @property
    def row(self) -> Hashable:
        """The row under the cursor; None if there is none."""
        rows = self.rows
        if self._chosen in rows:
            return self._chosen
        return rows[0] if rows else None

    def choose(self, row: Hashable) -> None:
        self._chosen = row

    # ---- keys and the mouse

    @property
    def is_typing(self) -> bool:
        return self.typed is not None

    def is_text(self, character: str) -> bool:
        """Whether a character is now text rather than a key."""
        return self.is_typing

    def type(self, character: str) -> None:
        self.typed = f"{self.typed or ''}{character}"[:MOST_TYPED]

    async def press(self, key: Key) -> bool:
        actions = self.keymap.actions(self.BINDINGS)
        if self.is_typing:
            actions |= WHILE_TYPING
        if key.is_printable and key.character and self.is_text(key.character):
            self.type(key.character)
        elif key.key in actions:
            await self.run_action(actions[key.key])
        else:
            return False
        self.redraw()
        self.screen.refresh_bindings()  # other keys count as text now
        return True

    def action_move(self, by: int) -> None:
        rows = self.rows
        if rows:
            number = rows.index(self.row) + by
            self.choose(rows[max(0, min(number, len(rows) - 1))])
        self.redraw()

    def action_enter(self) -> None:
        raise NotImplementedError

    def action_erase(self, whole: bool) -> None:
        self.typed = "" if whole else (self.typed or "")[:-1]

    def action_escape(self) -> None:
        self.close()

    def close(self) -> None:
        self.is_open = False

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a row, as the arrow keys do; the second time enter it."""
        if again:
            self.action_enter()
        elif spot in self.rows:
            self.choose(spot)
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-1)

    # ---- what is drawn

    def draw(self, cells: Cells) -> None:
        title, explanation = self.text()
        title = self.keymap.text(title)
        foot = wrapped(self.keymap.text(explanation), max(1, cells.width))
        foot_height = max(1, min(MOST_FOOT, cells.height // 4))
        columns = self.columns(cells.width)
        width = (cells.width + GAP) // columns - GAP
        rows_that_fit = max(1, (cells.height - 1 - foot_height) // self.LINES_OF_A_ROW)
        height = rows_that_fit * self.LINES_OF_A_ROW

        lines = self.lines(width)
        self._scroll(lines, room=height * columns)
        shown = lines[self._top : self._top + height * columns]
        is_marked = False
        for number, line in enumerate(shown):
            x = number // height * (width + GAP)
            y = 1 + number % height
            is_at_cursor = line.row is not None and line.row == self.row
            self._draw_line(cells, x, y, width, line, marked=is_at_cursor and not is_marked)
            is_marked = is_marked or is_at_cursor
        self._draw_title(cells, title, self._part_shown(len(shown), len(lines)))
        below = 1 + (height if columns > 1 else min(height, len(lines) + 1))
        has_keys = "  " in explanation
        for y, text in enumerate(foot[:foot_height], below):
            cells.write(0, y, text, "muted")
            if has_keys:
                self._mark_keys(cells, y, text)

    def _scroll(self, lines: Sequence[PanelLine], room: int) -> None:
        """Scroll so that the row under the cursor is in sight, with all of its lines."""
        row = self.row
        numbers = [0]
        if row is not None:
            numbers = [number for number, line in enumerate(lines) if line.row == row]
        first, last = numbers[0], numbers[-1]
        if first <= 2:
            first = 0  # with the headings above the first fields
        top = max(self._top, last + 1 - room)
        self._top = max(0, min(top, first, len(lines) - room))

    def _part_shown(self, shown: int, lines: int) -> str:
        if shown == lines:
            return ""
        return f"lines {self._top + 1}-{self._top + shown}"

    def _draw_title(self, cells: Cells, title: str, part: str) -> None:
        self._mark_keys(cells, 0, title)
        end = cells.write(0, 0, title, "strong")
        if end + len(part) < cells.width:
            cells.write(cells.width - len(part), 0, part, "strong")

    def _draw_line(
        self, cells: Cells, x: int, y: int, width: int, line: PanelLine, marked: bool
    ) -> None:
        text, style = line.text, line.style
        if line.row is not None:
            cells.mark(x, y, width, 1, line.row)
        if marked:
            text = f">{text[1:]}"
            style = "picked" if self.has_focus else style
        if len(text) > width:
            text = f"{text[: width - 1]}…"
        cells.write(x, y, text.ljust(width), style)

    def _mark_keys(self, cells: Cells, y: int, text: str) -> None:
        """Let a click on a part of a line, between two spaces each, press the key that it begins
        with."""
        for part in text.split("  "):
            key = self.keymap.named(part.partition(" ")[0])
            if key:
                cells.mark(text.index(part), y, len(part), 1, Press(key))


def wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)
