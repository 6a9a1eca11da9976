"""The help: one page of tables from the keys, the fields and the words, and the search in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.app.modal import ClosesOnce, TextField
from tui.views.keymap import keymap_of

# A key or word, and its text, each; a paragraph if the key is empty
Texts = Sequence[tuple[str, str]]

# Columns of the page, and of its frame, padding and scrollbar, as app.tcss has them
WIDTH, FRAME = 76, 8
MOST_MARGIN = 22  # columns of the keys; a text begins below a longer one
SEVERAL = ", "  # between several keys of a row
EXPLAINS, MENTIONS, ELSEWHERE = 2, 1, 0  # what a row does with the words that are sought


class Chapter(NamedTuple):
    heading: str
    rows: Texts = ()
    bindings: Sequence[Binding] = ()  # keys listed below the rows, with their tooltips


def _plain(text: str) -> str:
    return text.casefold().replace("-", "")


def found(chapters: Sequence[Chapter], sought: str) -> list[Chapter]:
    """The rows that have all words in them or in their heading, first those whose key has one; of a
    letter, its key."""
    if not sought.strip():
        return list(chapters)
    parts = []
    for relevance in (EXPLAINS, MENTIONS):
        for heading, rows, _ in chapters:
            having = [row for row in rows if _relevance(sought, heading, *row) == relevance]
            if having:
                parts.append(Chapter(heading, having))
    return parts


def _relevance(sought: str, heading: str, key: str, text: str) -> int:
    letter = sought.strip()
    if len(letter) == 1:
        return EXPLAINS if letter in key.replace(",", " ").split() else ELSEWHERE
    words = _plain(sought).split()
    row = _plain(f"{heading} {key} {text}")
    if not all(word in row for word in words):
        return ELSEWHERE
    if any(word in _plain(key) for word in words):
        return EXPLAINS
    return MENTIONS


def drawn(chapters: Sequence[Chapter], words: Sequence[str], width: int) -> Text:
    """The chapters, with these words marked."""
    page = Text(no_wrap=True)
    for heading, rows, _ in chapters:
        page.append(f"{heading}\n", "bold")
        margin = min(MOST_MARGIN, max((len(key) for key, _ in rows), default=0))
        for key, text in rows:
            indent = margin + 2 if key else 0
            page.append(key, "bold")
            if len(key) > margin:
                page.append("\n" + " " * indent)
            else:
                page.append(" " * (indent - len(key)))
            lines = wrap(text, max(1, width - indent))
            page.append(f"\n{' ' * indent}".join(lines) + "\n")
        page.append("\n")
    if words:  # no word is everywhere
        page.highlight_words(words, "reverse", case_sensitive=False)
    return page


class HelpScreen(ClosesOnce):
    BINDINGS = [
        Binding("slash", "search", "Search", id="help.search"),
        Binding("escape", "back", "Back", id="close"),
        Binding("question_mark,q", "dismiss", "Close", id="help.close"),
        Binding("up", "scroll_lines(-1)", show=False, id="up"),
        Binding("down", "scroll_lines(1)", show=False, id="down"),
        Binding("home", "scroll_lines(-999999)", show=False, id="first"),
        Binding("end", "scroll_lines(999999)", show=False, id="last"),
        Binding("pageup", "scroll_pages(-1)", show=False, id="page_up"),
        Binding("pagedown", "scroll_pages(1)", show=False, id="page_down"),
        Binding("space", "scroll_pages(1)", show=False, id="help.on"),
    ]

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        super().__init__()
        self._chapters = list(chapters)
        self._page = Static()
        self._text = VerticalScroll(self._page)
        self._search = TextField(placeholder="words, or a key", compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            search = "[@click=screen.search]«help.search» searches[/]"
            close = "[@click=screen.back]«close» closes[/]"
            frame.border_subtitle = self._with_keys(f"{search}, «arrows» scroll, {close}")
            yield self._text
            yield self._search

    def on_mount(self) -> None:
        with_keys = self._with_keys
        for number, (heading, rows, bindings) in enumerate(self._chapters):
            rows = [*rows, *self._rows(bindings)]
            texts = [(with_keys(key), with_keys(text)) for key, text in rows]
            self._chapters[number] = Chapter(with_keys(heading), texts)
        self._leave_search()

    def _with_keys(self, text: str) -> str:
        return keymap_of(self.app).text(text)

    def action_search(self) -> None:
        self._search.display = True
        self._search.select_all()
        self.set_focus(self._search)

    async def action_back(self) -> None:
        """Leave the search; without a search, leave the help."""
        if self._search.display:
            self._search.value = ""
            self._leave_search()
        else:
            await self.action_dismiss()

    def action_scroll_lines(self, lines: int) -> None:
        self._text.scroll_to(y=self._text.scroll_target_y + lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * self._text.scrollable_content_region.height)

    def on_resize(self) -> None:
        self._show()

    def on_input_changed(self) -> None:
        self._show()
        self._text.scroll_home(animate=False)

    def action_enter(self) -> None:
        self.set_focus(self._text)

    def _leave_search(self) -> None:
        self._search.display = False
        self.set_focus(self._text)
        self._show()
        self._text.scroll_home(animate=False)

    def _show(self) -> None:
        sought = self._search.value
        shown = found(self._chapters, sought)
        if not shown:
            shown = [Chapter(self._with_keys("nothing is found; «close» shows all again"))]
        words = [word for word in sought.split() if len(word) > 1]
        width = min(WIDTH, self.app.size.width * 95 // 100) - FRAME
        self._page.update(drawn(shown, words, width))

    def _rows(self, bindings: Iterable[Binding]) -> Texts:
        """The keys as displayed, with their tooltips: the first of those that share a key; a pair
        has one row."""
        keymap = keymap_of(self.app)
        seconds: set[str] = set()  # shown with the first of their pair
        for names in keymap.together.values():
            seconds.update(names[1:])
        rows: dict[str, tuple[str, str]] = {}
        for binding in bindings:
            if not binding.tooltip or binding.key in rows or binding.id in seconds:
                continue
            display = self.app.get_key_display(binding).replace(",", SEVERAL)
            pair = keymap.together.get(binding.id or "", ())
            if len(pair) == 2:  # such as [ and ]
                display = SEVERAL.join(map(keymap.name, pair))
            rows[binding.key] = display, binding.tooltip
        return list(rows.values())
