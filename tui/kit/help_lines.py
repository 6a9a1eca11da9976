"""The widget with the text of the help: sections, wrapped to the available width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.console import Console
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.kit.help_sections import Section

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
