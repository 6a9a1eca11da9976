"""The line at the bottom of the screen on which commands are typed."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from textual.events import Key

from tui.app.line.editor import LineEditor
from tui.kit.cells import Cells, CellWidget

PROMPT = ":"

MOST_LINES = 4
"""The most lines of a message above the line."""


class CommandLine(CellWidget):
    """The line after ``:``, over the footer, with what the command does or why it is refused above it.

    Keys are passed to it by the app, in the order in which they were typed.

    Args:
        about: what the command that is being typed does; the candidates of its completion are passed, too.
        enter: called with the line when it is entered.
    """

    STYLES = tuple(f"line--{name}" for name in ("text", "cursor", "rest", "about", "error"))
    COMPONENT_CLASSES = set(STYLES)
    DEFAULT_CSS = """
    CommandLine {
        display: none;
        layer: over;
        dock: bottom;
        height: 2;
        padding: 0 1;
        background: $panel;
        & > .line--text { color: $text; }
        & > .line--cursor { color: $text; text-style: reverse; }
        & > .line--rest { color: $text-disabled; }
        & > .line--about { color: $text-muted; }
        & > .line--error { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, about: Callable[[str, Sequence[str]], str], enter: Callable[[str], str]) -> None:
        super().__init__()
        self._about = about
        self._enter = enter
        self.editor: LineEditor | None = None
        """The line that is typed; None if none is."""
        self._error = ""
        self._refused = ""

    @property
    def is_open(self) -> bool:
        """Whether a line is typed, so that keys are text."""
        return self.editor is not None

    @property
    def says(self) -> bool:
        """Whether a refusal is shown while no line is typed."""
        return not self.is_open and bool(self._error)

    def open(self, editor: LineEditor) -> None:
        """Begin a line."""
        self.editor, self._error = editor, ""
        self._changed()

    def close(self) -> None:
        """Take the line away, and what it says."""
        self.editor, self._error = None, ""
        self._changed()

    def refuse(self, line: str, why_not: str) -> None:
        """Show why a line was not done, until the next key; above the line that is typed now, if there is one."""
        self._refused, self._error = line, why_not
        self._changed()

    # ---- keys

    def type(self, text: str) -> None:
        """Insert a text."""
        if self.editor is not None:
            self._error = ""
            self.editor.insert(text)
            self._changed()

    def press(self, key: Key) -> None:
        """Do what a key does on the line. Keys without a meaning do nothing."""
        editor = self.editor
        if editor is None:
            return
        was_refused, self._error = bool(self._error), ""
        end = len(editor.text)
        match key.key:
            case _ if was_refused and key.character == ":":  # a new line instead of the refused one
                editor.move(end)
                editor.erase(0)
            case "enter" | "ctrl+j":
                self._entered(editor.text)
                return
            case "escape" | "ctrl+c" | "ctrl+g":
                self.close()
                return
            case "backspace" | "ctrl+h" if not editor.text:
                self.close()
                return
            case "backspace" | "ctrl+h":
                editor.erase(editor.at - 1)
            case "delete" | "ctrl+d":
                editor.erase(editor.at + 1)
            case "ctrl+u":
                editor.erase(0)
            case "ctrl+k":
                editor.erase(end)
            case "ctrl+w":
                editor.erase(editor.word_before)
            case "left" | "ctrl+b":
                editor.move(editor.at - 1)
            case "right" | "ctrl+f" if editor.at < end:
                editor.move(editor.at + 1)
            case "end" | "ctrl+e" if editor.at < end:
                editor.move(end)
            case "right" | "ctrl+f" | "end" | "ctrl+e":
                editor.accept()
            case "home" | "ctrl+a":
                editor.move(0)
            case "up" | "ctrl+p":
                editor.earlier(-1)
            case "down" | "ctrl+n":
                editor.earlier(1)
            case "tab":
                editor.tab()
            case _ if key.character is not None and key.character.isprintable():
                editor.insert(key.character)
        self._changed()

    def _entered(self, text: str) -> None:
        """Pass the line on; if it is no command, it stays, with the reason."""
        if not text.strip():
            self.close()
        elif why_not := self._enter(text):
            self._error = why_not
            self._changed()

    # ---- what is drawn

    def _changed(self) -> None:
        self.display = self.is_open or self.says
        if self.display:
            self.styles.height = 1 + len(self._above(max(1, self.app.size.width - 2)))
        self.redraw()

    def _above(self, width: int) -> list[str]:
        """The lines above the typed one."""
        text = self.keymap.clickable(self._error)
        if not text and self.editor is not None:
            text = self.keymap.clickable(self._about(self.editor.text[: self.editor.at], self.editor.candidates))
            return textwrap.wrap(text, width, max_lines=1, placeholder=" ...") or [""]
        return textwrap.wrap(text, width, max_lines=MOST_LINES, placeholder=" ...") or [""]

    def draw(self, cells: Cells) -> None:
        above = self._above(cells.width)[-max(0, cells.height - 1) or cells.height :]
        for y, line in enumerate(above):
            cells.write(0, y, line, "line--error" if self._error else "line--about")
        self._draw_line(cells, cells.height - 1)

    def _draw_line(self, cells: Cells, y: int) -> None:
        editor = self.editor
        if editor is None:
            cells.write(0, y, f"{PROMPT}{self._refused}", "line--rest")
            return
        room = cells.width - len(PROMPT) - 1
        first = max(0, editor.at - room)  # a long line scrolls, so that the cursor is seen
        x = cells.write(0, y, PROMPT, "line--text")
        end = cells.write(x, y, editor.text[first:], "line--text")
        cells.write(end, y, editor.suggestion, "line--rest")
        under = (editor.text + editor.suggestion)[editor.at : editor.at + 1]
        cells.write(x + editor.at - first, y, under or " ", "line--cursor")
