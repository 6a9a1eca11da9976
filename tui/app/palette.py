"""The palette: finds any command by its letters, and runs it.

Textual's own (8.2.8) gathers in the background: paged while its list changes, it raises a KeyError,
and it runs the highlighted row before its search has come.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.app.modal import ClosesOnce, TextField

ONLY_IN_HELP = 1e-3  # the score of letters that stand only in the help: below any in a title


class Palette(ClosesOnce):
    """A list of the commands that match the typed letters; the chosen one runs after the palette
    has closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
    ]

    def __init__(self, commands: Iterable[SystemCommand]) -> None:
        super().__init__()
        self._commands = list(commands)
        self._field = TextField(placeholder="Search for a command")
        self._options = OptionList()
        self._listed: str | None = None  # the typed letters that the list is for

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._field
            yield self._options

    def on_mount(self) -> None:
        # Textual's list raises an error if it is paged while it changes
        self._options.can_focus = False
        self.set_focus(self._field)
        self._list_what_is_typed()

    @on(Input.Changed)
    def typed(self) -> None:
        if self.is_active:
            self._list_what_is_typed()

    @on(OptionList.OptionSelected)
    def clicked(self, event: OptionList.OptionSelected) -> None:
        """Run what was clicked, once this screen has handled the click."""
        if self.is_active:
            self.dismiss()
            self.app.call_later(self._command_of(event.option).callback)

    async def action_enter(self) -> None:
        self._list_what_is_typed()
        option = self._options.highlighted_option
        if option is None:
            return
        self.dismiss()
        running = self._command_of(option).callback()
        if inspect.isawaitable(running):
            await running

    def action_move(self, lines: int) -> None:
        self._list_what_is_typed()
        highlighted = self._options.highlighted
        if highlighted is not None:
            self._options.highlighted = (highlighted + lines) % self._options.option_count

    def _command_of(self, option: Option) -> SystemCommand:
        """What the option says: its place in the list may have changed since."""
        return self._commands[int(option.id or 0)]

    def _list_what_is_typed(self) -> None:
        """List the matching commands, the best first; the list may be late behind the keys."""
        letters = self._field.value.strip()
        if letters == self._listed:
            return
        self._listed = letters
        scores = [_score(letters, command) for command in self._commands]
        numbers = [number for number, score in enumerate(scores) if score]
        numbers.sort(key=lambda number: scores[number], reverse=True)
        self._options.clear_options()
        for number in numbers:
            command = self._commands[number]
            text = Text.assemble((command.title, "bold"), "  ", command.help)
            self._options.add_option(Option(text, str(number)))
        self._options.highlighted = 0 if numbers else None


def _score(letters: str, command: SystemCommand) -> float:
    """How well a command matches, 0 for not at all: its title counts before its help."""
    if not letters:
        return 1.0
    in_title = Matcher(letters).match(command.title)
    if in_title:
        return in_title
    return ONLY_IN_HELP if letters.casefold() in command.help.casefold() else 0.0
