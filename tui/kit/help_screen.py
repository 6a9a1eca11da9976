"""The help screen, with scrolling and search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.events import Click
from textual.widgets import Input

from tui.kit.closes_once import ClosesOnce
from tui.kit.help_lines import PRESSES, HelpLines
from tui.kit.help_sections import Section, found

NOTHING = Section("nothing is found; escape shows all again")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the help.

    Attributes:
        section: the heading and the texts.
        bindings: keys listed below the texts, with their tooltips.
    """

    section: Section
    bindings: Sequence[Binding] = ()


class HelpScreen(ClosesOnce):
    """The help screen: chapters to scroll through and to search.

    Args:
        chapters: the whole help, in order.
        ascii_only: whether arrow keys are written as words.
    """

    BINDINGS = [
        # With priority, so that the search has the focus even before a key that follows quickly.
        Binding("slash", "search", "Search", priority=True),
        Binding("escape", "back", "Back"),
        Binding("question_mark,q", "dismiss", "Close"),
        Binding("up", "scroll('up')", show=False),
        Binding("down", "scroll('down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown,space", "scroll('page_down')", show=False),
    ]

    def __init__(self, chapters: Sequence[Chapter], ascii_only: bool = False) -> None:
        super().__init__()
        self._chapters = chapters
        self._ascii_only = ascii_only
        self._sections: list[Section] = []
        self._keys: dict[str, str] = {}
        """The keys of the rows, by their displays; of a display of several keys the first."""
        self._found = HelpLines()
        self._text = VerticalScroll(self._found)
        self._search = Input(placeholder="words, or a key", compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = "/ searches, arrows scroll, escape closes"
            yield self._text
            yield self._search

    def on_mount(self) -> None:
        self._sections = [
            replace(chapter.section, rows=(*chapter.section.rows, *self._rows(chapter.bindings)))
            for chapter in self._chapters
        ]
        self._show("")
        self._leave_search()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; while the search is typed, a slash is text."""
        return action != "search" or self.focused is not self._search

    def action_search(self) -> None:
        self._search.display = True
        self.set_focus(self._search)

    async def action_back(self) -> None:
        """Leave the search; without a search, leave the help."""
        if self._search.display:
            self._search.value = ""
            self._leave_search()
        else:
            await self.action_dismiss()

    def action_scroll(self, way: str) -> None:
        getattr(self._text, f"scroll_{way}")(animate=False)

    async def on_click(self, event: Click) -> None:
        """Press a key that is clicked, on the screen below; a click on the frame or beside it closes."""
        shown = event.style.meta.get(PRESSES)
        if shown is not None:
            key = self._keys.get(shown, shown if shown.isalnum() or "+" in shown[1:] else None)
            if key is not None:
                await self.action_dismiss()
                self.app.simulate_key(key)
        elif self.is_on_frame(event):
            await self.action_dismiss()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_input_submitted(self) -> None:
        self.set_focus(self._text)

    def _leave_search(self) -> None:
        self._search.display = False
        self.set_focus(self._text)

    def _show(self, sought: str) -> None:
        shown = found(self._sections, sought) or [NOTHING]
        self._found.show(shown, [word for word in sought.split() if len(word) > 1])
        self._text.scroll_home(animate=False)

    def _rows(self, bindings: Iterable[Binding]) -> list[tuple[str, str]]:
        """The keys as they are displayed, with their tooltips; if several actions share a key, the first.

        A binding whose display names two keys, such as ``[]``, describes both; the second has no row of its own.
        """
        rows: dict[str, tuple[str, str]] = {}
        partners: dict[str, str] = {}
        for binding in bindings:
            if binding.tooltip and binding.key not in rows:
                display = self.app.get_key_display(binding).replace(",", ", ")
                if display in partners:
                    first = partners[display]
                    rows[first] = (f"{rows[first][0][0]}, {display}", rows[first][1])
                    continue
                if binding.key_display and len(display) > 1 and not display.isalnum():
                    partners[display[-1]] = binding.key
                if self._ascii_only and not display.isascii():
                    display = binding.key
                rows[binding.key] = (display, binding.tooltip)
                self._keys.setdefault(display, binding.key)
        return list(rows.values())
