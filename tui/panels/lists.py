"""The base class of panels with a list; each row of the list has two lines, and there is a cursor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste

from echornn.diagnosis.loss_stats import loss_text
from tui.views.canvas import Cells, CellWidget, Press

MOST_TYPED = 40

LINES_OF_A_ROW = 2


@dataclass(frozen=True)
class ListRow:
    """A row of the list.

    Attributes:
        key: the object that identifies the row.
        mark: the row's letter; empty if it has none.
        first, second: the row's two lines; the first is shortened if necessary.
        is_marked: whether the branch or run is drawn under the curve.
        is_here: whether the curve shows this branch or run.
        is_kept: whether the branch or run is pinned, so that it stays under the curve when others are added.
    """

    key: object
    mark: str
    first: str
    second: str
    is_marked: bool = False
    is_here: bool = False
    is_kept: bool = False


class ListPanel(CellWidget, can_focus=True):
    """The base class of list panels. Keys act on the row under the cursor; subclasses may accept typed text.

    Args:
        close: called when a key closes the panel.
    """

    TITLE: ClassVar[str] = ""
    ENTERS: ClassVar[str] = ""
    """The id of the key that a second click on a row presses."""
    HINTS: ClassVar[str] = ""
    """The keys, separated by two spaces; those that do not fit below the rows are left out from the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, tooltip="The row above", id="up"),
        Binding("down", "move(1)", "Down", show=False, tooltip="The row below", id="down"),
        Binding("pageup", "move(-10)", "Up", show=False, id="page_up"),
        Binding("pagedown", "move(10)", "Down", show=False, id="page_down"),
        Binding("home", "move(-999999)", "First", show=False, id="first"),
        Binding("end", "move(999999)", "Last", show=False, id="last"),
        Binding("escape", "escape", "Close", show=False, tooltip="Close", id="close"),
    ]

    def __init__(self, close: Callable[[], None]) -> None:
        super().__init__()
        self.is_open = False
        self.rows: Sequence[ListRow] = ()
        self.cursor = 0
        self.typed: str | None = None
        """The typed text; None while characters are keys rather than text."""
        self._close = close
        self._top = 0

    @property
    def row(self) -> ListRow | None:
        """The row under the cursor; None if there are no rows."""
        return self.rows[self.cursor] if self.rows else None

    def show(self, rows: Sequence[ListRow]) -> None:
        """Show these rows; the cursor stays on the row that it was on."""
        before = self.row
        self.rows = rows
        keys = [row.key for row in rows]
        if before is not None and before.key in keys:
            self.cursor = keys.index(before.key)
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        if self.is_open:
            self.redraw()

    # ---- keys

    @property
    def _actions(self) -> dict[str, str]:
        """The actions of the keys that hold here."""
        return self.keymap.actions((*ListPanel.BINDINGS, *type(self).BINDINGS))

    def is_text(self, character: str) -> bool:
        """Whether a character is now text rather than a key."""
        return self.typed is not None and character.isprintable()

    def on_type(self, text: str) -> bool:
        """Handle a character that is not a key; returns whether it was used."""
        return False

    def on_typed(self) -> None:
        """Handle enter at the end of typed text."""

    async def on_key(self, event: Key) -> None:
        """Handle keys here rather than as bindings: typed characters would be handled before bindings."""
        if not self.is_open:
            return
        if not self.takes(event):
            if event.key not in self._actions:
                return
            await self.run_action(self._actions[event.key])
        event.stop()
        event.prevent_default()
        self.redraw()
        self.screen.refresh_bindings()  # other keys count as text now

    def takes(self, event: Key) -> bool:
        """Handle a key while text is typed; returns whether the key was used."""
        if self.typed is None:
            return False
        match event.key:
            case "enter":
                self.on_typed()
            case "escape":
                self.typed = None
            case "backspace":
                self.typed = self.typed[:-1]
            case _ if event.character and event.character.isprintable():
                self.typed = (self.typed + event.character)[:MOST_TYPED]
            case _:
                return False
        self.on_type(self.typed or "")
        return True

    def on_paste(self, event: Paste) -> None:
        if self.typed is not None:
            plain = "".join(character for character in event.text if character.isprintable())
            self.typed = (self.typed + plain)[:MOST_TYPED]
            self.on_type(self.typed)
        event.stop()
        self.redraw()

    def action_move(self, rows: int) -> None:
        self.cursor = max(0, min(self.cursor + rows, len(self.rows) - 1))

    def action_escape(self) -> None:
        self._close()

    # ---- the mouse

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a row, as the arrow keys do; again: as ``enter`` does."""
        if again:
            self.app.simulate_key(self.keymap.key(self.ENTERS))
        elif isinstance(spot, ListRow) and spot in self.rows:
            self._step(self.rows.index(spot) - self.cursor)

    def on_mouse_scroll_down(self) -> None:
        self._step(1)

    def on_mouse_scroll_up(self) -> None:
        self._step(-1)

    def _step(self, rows: int) -> None:
        self.action_move(rows)
        self.redraw()

    # ---- what is drawn

    def says(self) -> str:
        """The line above the rows."""
        return self.TITLE

    def says_of_nothing(self) -> str:
        """The text that is shown if there are no rows."""
        return ""

    def hints(self) -> str:
        """The keys that hold now; see `HINTS`."""
        return self.HINTS

    def draw(self, cells: Cells) -> None:
        cells.write(0, 0, self.says()[: cells.width], "strong")
        most = cells.height - 1 - LINES_OF_A_ROW  # a row is never cut
        hints = _wrapped(self.keymap.text(self.hints()), cells.width)[: max(0, most)]
        room = max(1, (cells.height - 1 - len(hints)) // LINES_OF_A_ROW)
        self._top = max(0, min(self._top, self.cursor, len(self.rows) - 1))
        self._top = max(self._top, self.cursor - room + 1)
        if not self.rows:
            cells.write(0, 1, self.says_of_nothing()[: cells.width], "muted")
        for index, row in enumerate(self.rows[self._top : self._top + room]):
            y = 1 + LINES_OF_A_ROW * index
            here = self._top + index == self.cursor
            style = "selected" if here and self.has_focus else "text"
            sign = ">" if here else " "
            under = "*" if row.is_here else "x" if row.is_kept else "+" if row.is_marked else " "
            text = f"{sign}{under}{f'{row.mark} ' if row.mark else ''}{row.first}"
            cells.write(0, y, _cut(text, cells.width).ljust(cells.width), style)
            cells.mark(0, y, cells.width, LINES_OF_A_ROW, row)
            cells.write(3, y + 1, _cut(row.second, cells.width - 3), "muted")
        for number, line in enumerate(hints):
            y = cells.height - len(hints) + number
            cells.write(0, y, line, "muted")
            for part in line.split("  "):
                if key := self.keymap.named(part.split()[0]):
                    cells.mark(line.index(part), y, len(part), 1, Press(key))


def mean_text(mean: float) -> str:
    """The mean loss of the newest windows as text; "diverged" if it is infinite."""
    return "diverged" if math.isinf(mean) else f"mean loss {loss_text(mean)}"


def _wrapped(text: str, width: int) -> list[str]:
    """Split a text at double spaces, and put as many parts on each line as fit."""
    lines: list[str] = []
    for part in text.split("  "):
        if lines and len(lines[-1]) + 2 + len(part) <= width:
            lines[-1] += f"  {part}"
        else:
            lines.append(part)
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
