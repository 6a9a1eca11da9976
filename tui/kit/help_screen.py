"""The help screen, with scrolling and search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.events import Click
from textual.widgets import Input

from tui.kit.closes_once import ClosesOnce
from tui.kit.help_lines import HelpLines
from tui.kit.help_sections import Section, found
from tui.kit.keyed_app import keymap_of
from tui.kit.keymap import key_name, keys_of

HINTS = (
    ("«help.search»", " searches, ", "search"),
    ("«arrows»", " scroll, ", ""),
    ("«close»", " closes", "back"),
)
"""The keys in the border, each with what it does, and the action of a click."""

NOTHING = "nothing is found; «close» shows all again"


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
    """

    BINDINGS = [
        # With priority, so that the search has the focus even before a key that follows quickly.
        Binding("slash", "search", "Search", priority=True, id="help.search"),
        Binding("escape", "back", "Back", id="close"),
        Binding("question_mark,q", "dismiss", "Close", id="help.close"),
        Binding("up", "scroll('up')", "A line up", show=False, id="up"),
        Binding("down", "scroll('down')", "A line down", show=False, id="down"),
        Binding("pageup", "scroll('page_up')", "A page up", show=False, id="page_up"),
        Binding("pagedown", "scroll('page_down')", "A page down", show=False, id="page_down"),
        Binding("space", "scroll('page_down')", "A page down", show=False, id="help.on"),
        Binding("home", "scroll('home')", "To the top", show=False, id="first"),
        Binding("end", "scroll('end')", "To the end", show=False, id="last"),
    ]

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        super().__init__()
        self._chapters = chapters
        self._sections: list[Section] = []
        self._keys: dict[str, str] = {}
        """The keys that a click presses, by how the rows call them; of a range of keys the first."""
        self._found = HelpLines()
        self._text = VerticalScroll(self._found)
        self._search = Input(placeholder="words, or a key", compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = self._hints()
            yield self._text
            yield self._search

    def on_mount(self) -> None:
        self._sections = [
            Section(
                self._say(chapter.section.heading),
                tuple(
                    (self._say(key), self._say(text))
                    for key, text in (*chapter.section.rows, *self._rows(chapter.bindings))
                ),
            )
            for chapter in self._chapters
        ]
        self._show("")
        self._leave_search()

    def _hints(self) -> Text:
        """The keys in the border, which a click presses."""
        hints = Text()
        for mark, words, action in HINTS:
            hints.append(self._say(mark), Style(meta={"@click": f"screen.{action}"} if action else {}))
            hints.append(words)
        return hints

    def _say(self, text: str) -> str:
        return keymap_of(self.app).text(text)

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

    async def action_press(self, shown: str) -> None:
        """Press a key of a row on the screen below."""
        if key := self._keys.get(shown) or keymap_of(self.app).named(shown):
            await self.action_dismiss()
            self.app.simulate_key(key)

    async def on_click(self, event: Click) -> None:
        """Close at a click beside the help."""
        if self.is_beside(event):
            await self.action_dismiss()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_input_submitted(self) -> None:
        self.set_focus(self._text)

    def _leave_search(self) -> None:
        self._search.display = False
        self.set_focus(self._text)

    def _show(self, sought: str) -> None:
        shown = found(self._sections, sought) or [Section(self._say(NOTHING))]
        self._found.show(shown, [word for word in sought.split() if len(word) > 1])
        self._text.scroll_home(animate=False)

    def _rows(self, bindings: Iterable[Binding]) -> list[tuple[str, str]]:
        """The keys as they are displayed, with their tooltips; if several actions share a key, the first.

        A binding that is shown together with another one describes both; the second has no row of its own.
        """
        rows: dict[str, tuple[str, str]] = {}
        keymap = keymap_of(self.app)
        told = {one for first, group in keymap.together.items() for one in group if one != first}
        for binding in bindings:
            if not binding.tooltip or binding.key in rows or binding.id in told:
                continue
            group = keymap.together.get(binding.id or "", ())
            if len(group) == 2:  # a pair, such as [ and ]
                display = ", ".join(map(keymap.name, group))
            elif not group and (moved := keymap.moved.get(binding.id or "")):
                display = ", ".join(map(key_name, moved))
            else:
                display = self.app.get_key_display(binding).replace(",", ", ")
            rows[binding.key] = (display, binding.tooltip)
            of_binding = keymap.keys.get(binding.id or "", keys_of(binding))
            of_group = [keymap.key(one) for one in group]
            self._keys |= {key_name(key): key for key in (*of_group, *of_binding)}
            self._keys.setdefault(display, of_binding[0])
        return list(rows.values())
