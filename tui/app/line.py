"""The line after ``:``, on a layer over the footer, and what can be typed on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.suggester import Suggester
from textual.widgets import Input, Static

from echornn.config import EchoConfig
from echornn.run.branch import letter_of
from tui.app.words import CHOICES, WORDS, arguments_of, word_help, word_named
from tui.panels.form import as_typed, choices_of, help_of
from tui.term.printed import printable
from tui.views.keymap import keymap_of

MOST_CHARACTERS = 2000  # chosen by eye: a script of more is a file for `do`
EDITING = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
}
"""What the keys of Textual's own fields do."""


def completions(text: str, config: EchoConfig, branches: int) -> list[str]:
    """The lines to which the beginning of a line can be completed, of a run with so many
    branches."""
    *words, begun = _command_begun(text).split(" ")
    options = _arguments(words, begun, config, branches) if words else _names()
    before = text[: len(text) - len(begun)]
    return [before + option for option in options if option.startswith(begun) and option != begun]


def _command_begun(text: str) -> str:
    """The last command of a line, as far as it is typed."""
    return text.rpartition(";")[2].lstrip()


def _names() -> list[str]:
    """All words, with a space behind those that need an argument."""
    names = []
    for word in WORDS.values():
        needs_argument = bool(word.usage) and not str(word.usage).startswith("[")
        names.append(f"{word.name} " if needs_argument else word.name)
    return sorted(names)


def _arguments(words: Sequence[str], begun: str, config: EchoConfig, branches: int) -> list[str]:
    """What the argument that is being typed may be."""
    word = word_named(words[0])
    if word is None:
        return []
    arguments, index = arguments_of(word, len(words)), len(words) - 1
    if index >= len(arguments):
        return []
    options: list[str] = []
    for kind in arguments[index].split("|"):
        if kind == "FIELD=VALUE":
            options += _changes(begun, config)
        elif kind == "LETTER":
            options += map(letter_of, range(branches))
        elif kind in CHOICES:
            options += CHOICES[kind]
        elif kind.islower():
            options.append(kind)
    return options


def _changes(begun: str, config: EchoConfig) -> list[str]:
    field, equals, _ = begun.partition("=")
    if equals:
        return [f"{field}={value}" for value in choices_of(config, field)]
    return [f"{name}=" for name in config.fields()]


def about(text: str, candidates: Sequence[str], config: EchoConfig) -> str:
    """What the command that is being typed does; before its name is complete, the names that
    fit."""
    begun = _command_begun(text)
    name, _, rest = begun.partition(" ")
    word = word_named(name)
    if not begun:
        return "a command by name: tab completes, up shows earlier ones, escape closes"
    if word is None:
        before = len(text) - len(begun)
        fitting = "  ".join(candidate[before:].strip() for candidate in candidates)
        return fitting or "no command begins so"
    usage = word.usage or ""
    field, equals, _ = rest.rpartition(" ")[2].partition("=")
    if "FIELD" in usage and equals and field in config.fields():
        value = as_typed(config.value(field)) or "unset"
        return f"{field} is {value}: {help_of(config, field)}"
    return f"{word.name} {usage}".strip() + f": {word_help(word)}"


class Suggestions(Suggester):
    def __init__(self, fitting: Callable[[str], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._fitting = fitting

    async def get_suggestion(self, value: str) -> str | None:
        return next(iter(self._fitting(value)), None)


class CommandLine(Vertical):
    """The typed line, and above it what it does.

    As long as it is open, it gets all keys; what is behind it keeps the focus.

    Args:
        known: returns the configuration and the number of branches, for completions.
        enter: does a line; returns why it is no command, or nothing.
    """

    DEFAULT_CSS = """
    CommandLine {
        display: none; layer: over; dock: bottom; height: auto; padding: 0 1; background: $panel;
        & Horizontal { height: 1; }
        & Horizontal Static { width: 1; }
        & #about { color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        &.refused #about { color: $text-error; text-style: bold; text-wrap: wrap; max-height: 4; }
        & Input, & Input:focus { width: 1fr; background: $panel; background-tint: $panel 0%; }
    }
    """

    def __init__(
        self, known: Callable[[], tuple[EchoConfig, int]], enter: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._known = known
        self._enter = enter
        self._about = Static(id="about", markup=False)
        self.input = Input(
            compact=True, max_length=MOST_CHARACTERS, suggester=Suggestions(self._fitting)
        )
        self.input.can_focus = False
        self.input.cursor_blink = False
        self.question = ""  # that the line answers, in place of a command
        self._entered = [""]  # the lines entered before, and the one that is being typed
        self._shown = 0  # the number of the one that is shown
        self._cycle: Sequence[str] = ()  # what tab goes through

    def compose(self) -> ComposeResult:
        yield self._about
        with Horizontal():
            yield Static(":")
            yield self.input

    @property
    def is_open(self) -> bool:
        return self.input.has_focus

    def open(self, text: str = "", question: str = "") -> None:
        self.question = question
        self._set_open(True)
        self._shown = len(self._entered) - 1
        self._entered[-1] = ""
        self.write(text)

    def close(self) -> None:
        self._set_open(False)

    def _set_open(self, is_open: bool) -> None:
        self.input.has_focus = is_open  # the input draws its cursor only with the focus
        self.display = is_open

    def refuse(self, line: str, why_not: str) -> None:
        """Show why a line was not done: until the next key, or above the one that is typed now."""
        if not self.is_open:
            self.write(line)
        self.display = True
        self._explain(why_not)

    # ---- keys

    async def press(self, key: Key) -> bool:
        match key.key:
            case "ctrl+q" | "ctrl+l":
                return False
            case "enter" | "ctrl+j":
                self.enter()
            case "escape" | "ctrl+c" | "ctrl+g":
                self.close()
            case "backspace" if not self.input.value:
                self.close()
            case "up" | "ctrl+p":
                self._show_other(-1)
            case "down" | "ctrl+n":
                self._show_other(1)
            case "tab" if not self.question:
                self._complete()
            case "colon" if self.has_class("refused"):  # a new line instead of the refused one
                self.write("")
            case _:
                await self._edit(key)
        return True

    async def _edit(self, key: Key) -> None:
        if key.key in EDITING:
            await self.input.run_action(EDITING[key.key])
        elif key.is_printable and key.character:
            self.input.insert_text_at_cursor(key.character)
        self._explain()

    def write(self, text: str) -> None:
        """Write a text in place of what was typed."""
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.refresh()  # the cursor comes and goes
        self._explain()

    def insert(self, text: str) -> None:
        """Insert a pasted text, each of its lines a command; none of one that is too long."""
        line = text.replace("\n", "; ")
        pasted = "".join(character for character in line if character.isprintable())
        if len(self.input.value) + len(pasted) > MOST_CHARACTERS:
            self._explain(f"a line has at most {MOST_CHARACTERS:,} characters")
            return
        self.input.insert_text_at_cursor(pasted)
        self._explain()

    def enter(self) -> None:
        """Pass the line on; if it is no command, it stays, with the reason."""
        line = self.input.value.strip()
        why_not = self._enter(line) if line else ""
        if why_not:
            self._explain(why_not)
            return
        self.close()
        if line:
            earlier = [other for other in self._entered[:-1] if other != line]
            self._entered = [*earlier, line, ""]

    def _show_other(self, lines: int) -> None:
        """Show an earlier line (-1), or a later one (1); after the newest comes what was being
        typed."""
        newest = len(self._entered) - 1
        if self._shown == newest:
            self._entered[-1] = self.input.value
        self._shown = max(0, min(self._shown + lines, newest))
        self.write(self._entered[self._shown])

    def _complete(self) -> None:
        """Complete the line; again: to the next possibility."""
        text = self.input.value
        if text not in self._cycle or len(self._cycle) == 1:
            self._cycle = completions(text, *self._known())
        if not self._cycle:
            return
        number = 0
        if text in self._cycle:
            number = (self._cycle.index(text) + 1) % len(self._cycle)
        self.write(self._cycle[number])

    # ---- what is said of the line

    def _explain(self, why_not: str = "") -> None:
        """Show what the line does, or why it is refused."""
        begun = self.input.value[: self.input.cursor_position]
        config, branches = self._known()
        text = (
            why_not or self.question or about(begun, completions(begun, config, branches), config)
        )
        self.set_class(bool(why_not), "refused")
        self._about.update(printable(keymap_of(self.app).text(text)))

    def _fitting(self, text: str) -> Iterable[str]:
        """Lines that begin so: those entered before, the newest first, then completions."""
        if self.question:
            return
        for line in (*reversed(self._entered), *completions(text, *self._known())):
            if line.startswith(text) and line != text:
                yield line
