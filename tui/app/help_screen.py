"""The sections of a help, and the search in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui.app.base import ClosesOnce
from tui.views.keymap import key_name, keymap_of, keys_of

Rows = Sequence[tuple[str, str]]
"""Rows of help: a key or word, and its text. For a paragraph, the key is empty."""


@dataclass(frozen=True)
class Section:
    """A heading with the rows below it.

    Attributes:
        heading: the heading.
        rows: a key or word and its text, each; for a paragraph, the key is empty.
    """

    heading: str
    rows: tuple[tuple[str, str], ...] = ()


def paragraphs(rows: Rows) -> list[Section]:
    """Sections with a heading and one paragraph each."""
    return [Section(heading, (("", text),)) for heading, text in rows]


def found(help_text: Sequence[Section], sought: str) -> list[Section]:
    """The rows that contain all searched words, in the row itself or its heading; hyphens and case do not matter.

    Rows whose key contains the words come first. A search of one letter alone finds only the key that is exactly this
    letter.
    """
    words = sought.split()
    if not words:
        return list(help_text)
    has = _is_the_key if len(words) == 1 and len(words[0]) == 1 else _has
    explaining, others = [], []
    for section in help_text:
        rows = [row for row in section.rows if all(has(section.heading, row, word) for word in words)]
        named = [row for row in rows if any(has("", (row[0], ""), word) for word in words)]
        explaining += _part(section, named)
        others += _part(section, [row for row in rows if row not in named])
    return [*explaining, *others]


def _part(section: Section, rows: Iterable[tuple[str, str]]) -> list[Section]:
    """The section reduced to these rows, as a list; an empty list if there are no rows."""
    kept = tuple(rows)
    return [replace(section, rows=kept)] if kept else []


def _is_the_key(_: str, row: tuple[str, str], letter: str) -> bool:
    return letter in row[0].replace(",", " ").split()


def _has(heading: str, row: tuple[str, str], word: str) -> bool:
    return _plain(word) in _plain(f"{heading} {row[0]} {row[1]}")


def _plain(text: str) -> str:
    return text.casefold().replace("-", "")


NARROWEST = 8
"""The fewest columns for keys."""

SEVERAL = ", "
"""The text between several keys of a row."""

GAP = "  "
"""The gap between a key and its text."""

_CONSOLE = Console()
"""Rich needs a console to wrap a text; nothing is drawn on it."""


@lru_cache(maxsize=1024)  # the whole help, in a few widths
def wrapped(section: Section, words: tuple[str, ...], width: int) -> tuple[Text, ...]:
    """The lines of a section; the searched words are highlighted.

    The heading comes first, then the paragraphs, then a row for each key. An empty line follows each of them.
    """
    keys = [(key, text) for key, text in section.rows if key]
    taken = max([NARROWEST, *(len(key) for key, _ in keys)])
    lines = [*Text.assemble((section.heading, "bold")).wrap(_CONSOLE, width)]
    for key, text in section.rows:
        if not key:
            lines += [*_marked(text, words).wrap(_CONSOLE, width), Text()]
    for key, text in keys:
        first, *others = _marked(text, words).wrap(_CONSOLE, max(1, width - taken - len(GAP)))
        named = _marked(key, words)
        _let_press(named, key)
        named.pad_right(taken - len(key))
        lines += [Text.assemble(named, GAP, first), *(Text.assemble(" " * taken, GAP, line) for line in others)]
    return (*lines, Text()) if keys else tuple(lines)


def _let_press(named: Text, keys: str) -> None:
    """Let each of the keys in a text such as ``[, ]`` be clicked."""
    begin = 0
    for key in keys.split(SEVERAL):
        named.apply_meta({"@click": ("screen.press", (key,))}, begin, begin + len(key))
        begin += len(key) + len(SEVERAL)


def _marked(text: str, words: Sequence[str]) -> Text:
    marked = Text(text)
    marked.highlight_words(words, "reverse", case_sensitive=False)
    return marked


class HelpLines(Widget):
    """Shows sections of the help, one below the other."""

    DEFAULT_CSS = "HelpLines { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._sections: Sequence[Section] = ()
        self._words: tuple[str, ...] = ()
        self._lines: tuple[int, list[Text]] = 0, []

    def show(self, sections: Sequence[Section], words: Sequence[str] = ()) -> None:
        """Show these sections, with these words highlighted."""
        self._sections, self._words = sections, tuple(words)
        self._lines = 0, []
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._of_width(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = self._of_width(width)
        line = lines[y] if y < len(lines) else Text()
        segments = [segment for segment in line.render(_CONSOLE) if segment.text]
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _of_width(self, width: int) -> list[Text]:
        if self._lines[0] != width:
            self._lines = width, [line for one in self._sections for line in wrapped(one, self._words, width)]
        return self._lines[1]


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
