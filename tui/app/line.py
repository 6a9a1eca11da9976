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
from tui.app.words import CHOICES, OTHER_NAMES, WORDS
from tui.panels.form import as_typed, choices_of, help_of
from tui.term.printed import printable
from tui.views.keymap import keymap_of

MOST_CHARACTERS = 2000  # chosen by eye: a script of more is a file for `do`
EDITING = {
    key: one.action
    for one in Input.BINDINGS
    if isinstance(one, Binding)
    for key in one.key.split(",")
}


def completions(text: str, config: EchoConfig, branches: int) -> list[str]:
    """The lines to which the beginning of a line can be completed, of a run with so many
    branches."""
    *words, begun = text.rpartition(";")[2].lstrip().split(" ")
    if not words:
        options = sorted(
            f"{one.name} " if one.usage[:1] not in ("", "[") else one.name for one in WORDS.values()
        )
    else:
        word = WORDS.get(OTHER_NAMES.get(words[0], words[0]))
        arguments = word.arguments(len(words))[len(words) - 1 :] if word else []
        field, equals, _ = begun.partition("=")
        options = []
        for one in "|".join(arguments[:1]).split("|"):
            if one == "FIELD=VALUE" and equals:
                options += [f"{field}={value}" for value in choices_of(config, field)]
            elif one == "FIELD=VALUE":
                options += [f"{name}=" for name in config.fields()]
            elif one == "LETTER":
                options += map(letter_of, range(branches))
            else:
                options += CHOICES.get(one, [one] if one.islower() else [])
    before = text[: len(text) - len(begun)]
    return [before + one for one in options if one.startswith(begun) and one != begun]


def about(text: str, candidates: Sequence[str], config: EchoConfig) -> str:
    """What the command that is being typed does; before its name is complete, the names that
    fit."""
    begun = text.rpartition(";")[2].lstrip()
    name, _, rest = begun.partition(" ")
    word = WORDS.get(OTHER_NAMES.get(name, name))
    if word is None:
        fitting = (
            "  ".join(one[len(text) - len(begun) :].strip() for one in candidates)
            or "no command begins so"
        )
        return (
            fitting
            if begun
            else "a command by name: tab completes, up shows earlier ones, escape closes"
        )
    field, equals, _ = rest.rpartition(" ")[2].partition("=")
    if "FIELD" in word.usage and equals and field in config.fields():
        return f"{field} is {as_typed(config.value(field)) or 'unset'}: {help_of(config, field)}"
    return f"{word.name} {word.usage}: {word.about}" if word.usage else f"{word.name}: {word.about}"


class Suggestions(Suggester):
    def __init__(self, fitting: Callable[[str], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._fitting = fitting

    async def get_suggestion(self, value: str) -> str | None:
        return next(iter(self._fitting(value)), None)


class CommandLine(Vertical):
    """The typed line, and above it what it does.

    As long as it is open, it gets all keys; what is behind it keeps the focus.
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
        # The configuration and the number of branches; returns why not
        self._known, self._enter = known, enter
        self._about = Static(id="about", markup=False)
        self.input = Input(
            compact=True, max_length=MOST_CHARACTERS, suggester=Suggestions(self._fitting)
        )
        self.input.can_focus = self.input.cursor_blink = False
        self._entered = [""]  # the lines entered before, and the one that is being typed
        self._shown = 0
        self._cycle: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        yield self._about
        with Horizontal():
            yield Static(":")
            yield self.input

    @property
    def is_open(self) -> bool:
        return self.input.has_focus

    def open(self, text: str = "") -> None:
        self.input.has_focus = self.display = True  # the input draws its cursor only with the focus
        self._shown, self._entered[-1] = len(self._entered) - 1, ""
        self.write(text)

    def close(self) -> None:
        self.input.has_focus = self.display = False

    def refuse(self, line: str, why_not: str) -> None:
        """Show why a line was not done: until the next key, or above the one that is typed now."""
        if not self.is_open:
            self.write(line)
        self.display = True
        self._say(why_not)

    def write(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.refresh()  # the cursor comes and goes
        self._say()

    def insert(self, text: str) -> None:
        """Insert a pasted text, each of its lines a command; none of one that is too long."""
        pasted = "".join(one for one in text.replace("\n", "; ") if one.isprintable())
        if len(self.input.value) + len(pasted) > MOST_CHARACTERS:
            self._say(f"a line has at most {MOST_CHARACTERS:,} characters")
            return
        self.input.insert_text_at_cursor(pasted)
        self._say()

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
                self._earlier(-1)
            case "down" | "ctrl+n":
                self._earlier(1)
            case "tab":
                self._tab()
            case "colon" if self.has_class("refused"):  # a new line instead of the refused one
                self.write("")
            case _:
                if key.key in EDITING:
                    await self.input.run_action(EDITING[key.key])
                elif key.is_printable and key.character:
                    self.input.insert_text_at_cursor(key.character)
                self._say()
        return True

    def enter(self) -> None:
        """Pass the line on; if it is no command, it stays, with the reason."""
        line = self.input.value.strip()
        if line and (why_not := self._enter(line)):
            self._say(why_not)
            return
        self.close()
        if line:
            self._entered = [*(one for one in self._entered[:-1] if one != line), line, ""]

    def _say(self, why_not: str = "") -> None:
        begun = self.input.value[: self.input.cursor_position]
        what = why_not or about(begun, self._complete(begun), self._known()[0])
        self.set_class(bool(why_not), "refused")
        self._about.update(printable(keymap_of(self.app).text(what)))

    def _complete(self, text: str) -> list[str]:
        return completions(text, *self._known())

    def _fitting(self, text: str) -> Iterable[str]:
        known = (*reversed(self._entered), *self._complete(text))
        return (one for one in known if one.startswith(text) and one != text)

    def _tab(self) -> None:
        text = self.input.value
        if text not in self._cycle or len(self._cycle) == 1:
            self._cycle = self._complete(text)
        if self._cycle:
            at = self._cycle.index(text) + 1 if text in self._cycle else 0
            self.write(self._cycle[at % len(self._cycle)])

    def _earlier(self, lines: int) -> None:
        """Show an earlier line (-1), or a later one (1); after the newest comes what was being
        typed."""
        if self._shown == len(self._entered) - 1:
            self._entered[-1] = self.input.value
        self._shown = max(0, min(self._shown + lines, len(self._entered) - 1))
        self.write(self._entered[self._shown])
