"""The text that is typed after ``:``, with its cursor, its completion and earlier lines; without drawing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from textual.events import Key

from echornn.config import FIELDS, TASK, EchoConfig
from echornn.tasks.table import TASKS
from echornn.tasks.task import settings_of
from echornn.timeline.branch import letter_of
from tui.app.command_words import WORDS
from tui.app.words import APP_WORDS, FIGURES, OTHER_NAMES
from tui.views.canvas import Cells, CellWidget

MOST_CHARACTERS = 2000
"""The most characters of a line."""

Complete = Callable[[str], Sequence[str]]
"""Returns the lines to which the beginning of a line can be completed."""


class LineEditor:
    """A line that is typed.

    Args:
        earlier: the lines entered before, oldest first.
        complete: see `Complete`.
    """

    def __init__(self, earlier: Sequence[str], complete: Complete) -> None:
        self.text = ""
        self.at = 0
        """The cursor, in characters from the beginning."""
        self._earlier = list(earlier)
        self._complete = complete
        self._shown = len(self._earlier)
        self._draft = ""
        self._cycle: Sequence[str] = ()

    @property
    def suggestion(self) -> str:
        """What would follow the text: the rest of the newest earlier line that begins with it, or of a completion."""
        if not self.text or self.at < len(self.text):
            return ""
        begun = (one for one in (*reversed(self._earlier), *self.candidates) if one.startswith(self.text))
        return next((one[len(self.text) :] for one in begun if one != self.text), "")

    @property
    def candidates(self) -> Sequence[str]:
        """The lines to which the text before the cursor can be completed."""
        return self._complete(self.text[: self.at])

    # ---- keys

    def insert(self, text: str) -> None:
        """Type text at the cursor; characters that cannot be printed are left out."""
        plain = "".join(one for one in text.replace("\n", "; ").replace("\t", " ") if one.isprintable())
        plain = plain[: max(0, MOST_CHARACTERS - len(self.text))]
        self._set(self.text[: self.at] + plain + self.text[self.at :], self.at + len(plain))

    def erase(self, until: int) -> None:
        """Erase the text from the cursor to another position."""
        first, last = sorted((self.at, max(0, min(until, len(self.text)))))
        self._set(self.text[:first] + self.text[last:], first)

    def move(self, to: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(to, len(self.text)))

    @property
    def word_before(self) -> int:
        """Where the word before the cursor begins."""
        before = self.text[: self.at].rstrip(" ")
        return len(before) - len("".join(takewhile(lambda one: one != " ", reversed(before))))

    def accept(self) -> bool:
        """Take over the suggestion; False if there is none."""
        suggestion = self.suggestion
        if suggestion:
            self._set(self.text + suggestion, len(self.text) + len(suggestion))
        return bool(suggestion)

    def tab(self) -> None:
        """Complete as far as all candidates agree; from there on, go through them."""
        if self.text not in self._cycle:
            self._cycle = self.candidates
        candidates = self._cycle
        if not candidates:
            self.accept()
            return
        common = _common(candidates)
        if len(common) > len(self.text):
            new = common
        elif self.text in candidates:
            new = candidates[(candidates.index(self.text) + 1) % len(candidates)]
        else:
            new = candidates[0]
        self._set(new, len(new), keeps_cycle=True)

    def earlier(self, lines: int) -> None:
        """Show an earlier line (-1), or a later one (1); after the newest comes what was being typed."""
        if self._shown == len(self._earlier):
            self._draft = self.text
        self._shown = max(0, min(self._shown + lines, len(self._earlier)))
        text = self._draft if self._shown == len(self._earlier) else self._earlier[self._shown]
        self.text, self.at = text, len(text)

    def _set(self, text: str, at: int, keeps_cycle: bool = False) -> None:
        self.text, self.at = text, at
        self._shown = len(self._earlier)
        if not keeps_cycle:
            self._cycle = ()


def _common(texts: Sequence[str]) -> str:
    """The longest beginning that all texts share."""
    first, last = min(texts), max(texts)
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in shared)


CHANGES = ("edit", "restart")
"""The commands whose arguments are fields with values."""

OF_BRANCHES = ("branch", "name", "pin", "show")
"""The commands whose first argument is the letter of a branch."""

EMPTY = "a command by name: tab completes, up shows earlier ones, escape closes"

MOST_SHOWN = 300
"""The most characters of the names of candidates."""


@dataclass(frozen=True)
class Known:
    """What completions depend on.

    Attributes:
        config: the configuration whose fields can be edited.
        branches: the number of branches.
    """

    config: EchoConfig
    branches: int = 0


def completions(text: str, known: Known) -> list[str]:
    """The lines to which a beginning can be completed, in order; without those that are the beginning itself."""
    _, _, newest = text.rpartition(";")
    begun = newest.lstrip()
    before = text[: len(text) - len(begun)]
    first, space, rest = begun.partition(" ")
    if not space:
        return _fitting(before, first, (f"{name}{' ' if takes else ''}" for name, takes in _names()))
    words, _, word = rest.rpartition(" ")
    if words and first not in CHANGES:
        return []
    before += f"{first} {f'{words} ' if words else ''}"
    if first in CHANGES:
        return _fitting(before, word, _changes(word, known.config))
    return _fitting(before, word, _arguments(first, known))


def _fitting(before: str, begun: str, words: Iterable[str]) -> list[str]:
    return [before + word for word in words if word.startswith(begun) and word != begun]


def _names() -> list[tuple[str, bool]]:
    """All names in order, and whether they take arguments."""
    usages = {**{one.name: one.usage for one in APP_WORDS.values()}, **{one.name: one.usage for one in WORDS.values()}}
    return sorted((name, bool(usage) and not usage.startswith("[")) for name, usage in usages.items())


def _changes(word: str, config: EchoConfig) -> list[str]:
    field, equals, _ = word.partition("=")
    if not equals:
        return [f"{name}=" for name in config.fields()]
    return [f"{field}={value}" for value in values_of(config, field)]


def values_of(config: EchoConfig, field: str) -> tuple[str, ...]:
    """The words among which a field is chosen; none if it is a number."""
    if field == TASK:
        return tuple(TASKS)
    known = (*settings_of(config.the_task), *FIELDS.values())
    return next((one.choices for one in known if one.name == field), ())


def _arguments(name: str, known: Known) -> tuple[str, ...]:
    if name in OF_BRANCHES:
        return tuple(map(letter_of, range(known.branches)))
    of_others = {"speed": ("max",), "go": ("end",), "figure": FIGURES}
    return of_others.get(name) or (APP_WORDS[name].values if name in APP_WORDS else ())


def about(text: str, candidates: Iterable[str], config: EchoConfig) -> str:
    """What the command that is being typed does; before its name is complete, the names that fit."""
    newest = text.rpartition(";")[2].lstrip()
    name, space, rest = newest.partition(" ")
    usages = {
        **{one.name: (one.usage, one.about) for one in WORDS.values()},
        **{one.name: (one.usage, one.about) for one in APP_WORDS.values()},
    }
    if not newest:
        return EMPTY
    name = OTHER_NAMES.get(name, name)
    if name not in usages:
        shown = "  ".join(one[len(text) - len(newest) :].strip() for one in candidates)
        return shown[:MOST_SHOWN] or "no command begins so"
    word = rest.rpartition(" ")[2]
    if name in CHANGES and space:
        field, equals, _ = word.partition("=")
        if equals and field in config.fields():
            from tui.panels.form import as_typed, help_of  # imported late: it reads the source

            return f"{field} is {as_typed(config.value(field)) or 'unset'}: {help_of(config, field)}"
    usage, what = usages[name]
    return f"{f'{name} {usage}'.strip()}: {what}"


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

    DEFAULT_CSS = """
    CommandLine {
        display: none;
        layer: over;
        dock: bottom;
        height: 2;
        padding: 0 1;
        background: $panel;
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
        text = self.keymap.text(self._error)
        if not text and self.editor is not None:
            text = self.keymap.text(self._about(self.editor.text[: self.editor.at], self.editor.candidates))
            return textwrap.wrap(text, width, max_lines=1, placeholder=" ...") or [""]
        return textwrap.wrap(text, width, max_lines=MOST_LINES, placeholder=" ...") or [""]

    def draw(self, cells: Cells) -> None:
        above = self._above(cells.width)[-max(0, cells.height - 1) or cells.height :]
        for y, line in enumerate(above):
            cells.write(0, y, line, "refusal" if self._error else "muted")
        self._draw_line(cells, cells.height - 1)

    def _draw_line(self, cells: Cells, y: int) -> None:
        editor = self.editor
        if editor is None:
            cells.write(0, y, f"{PROMPT}{self._refused}", "faint")
            return
        room = cells.width - len(PROMPT) - 1
        first = max(0, editor.at - room)  # a long line scrolls, so that the cursor is seen
        x = cells.write(0, y, PROMPT, "text")
        end = cells.write(x, y, editor.text[first:], "text")
        cells.write(end, y, editor.suggestion, "faint")
        under = (editor.text + editor.suggestion)[editor.at : editor.at + 1]
        cells.write(x + editor.at - first, y, under or " ", "caret")
