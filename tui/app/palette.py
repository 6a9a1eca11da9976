"""The command palette: finds commands by typed letters.

Textual's own palette gathers commands in the background. It raises an error if it is closed meanwhile, or if two
``enter`` keys arrive in one packet.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Click
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.app.base import ClosesOnce
from tui.views.keymap import keymap_of

OPENS = Binding(
    "ctrl+p",
    "command_palette",
    "Palette",
    show=False,
    tooltip="Find any command by its name",
    id="palette",
    priority=True,
)
"""The key that opens the palette; Textual gives an app its own unless there is one for this action."""

BACK = Binding("escape", "back", "Map", tooltip="Back to the map; the run is kept", priority=True, id="back_to_map")
"""The key with which a point that was opened from a map goes back to it."""

IN_HELP = 1e-3
"""The score of a match in a command's help, relative to a match in its title."""


class Palette(ClosesOnce):
    """A list of the commands that match the typed letters, best first; the selected one runs after the palette has
    closed.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
    ]
    DEFAULT_CSS = """
    Palette {
        background: $background 60%;
        & > Vertical { margin: 2 4; height: auto; max-height: 100%; background: $surface; }
        & Input { border: hkey $primary; }
        & OptionList { height: auto; max-height: 16; border: none; }
    }
    """

    def __init__(self, commands: Iterable[SystemCommand]) -> None:
        super().__init__()
        self._commands = list(commands)
        self._options = OptionList()
        self._options.can_focus = False  # Textual's list raises an error if it is paged while it changes

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Input(placeholder="Search for a command")
            yield self._options

    def on_mount(self) -> None:
        self._options.can_focus = (
            False  # the search keeps the focus: Textual's list raises an error if it is paged while it changes
        )
        say = keymap_of(self.app).text
        self._commands = [one._replace(help=say(one.help)) for one in self._commands]
        self._list("")

    def on_input_changed(self, event: Input.Changed) -> None:
        if self.is_active:
            self._list(event.value.strip())

    def on_input_submitted(self) -> None:
        if self._options.highlighted_option is not None:
            self._run(self._options.highlighted_option)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self._run(event.option)

    async def on_click(self, event: Click) -> None:
        """Close at a click beside the list."""
        if self.is_beside(event):
            await self.action_dismiss()

    def action_move(self, lines: int) -> None:
        """Move the highlight; typed characters still go to the search."""
        options = self._options
        if options.highlighted is not None:
            options.highlighted = (options.highlighted + lines) % options.option_count

    def _list(self, typed: str) -> None:
        shown = found(self._commands, typed)
        self._options.clear_options()
        self._options.add_options(
            [
                Option(Text.assemble((one.title, "bold"), "  ", one.help), str(self._commands.index(one)))
                for one in shown
            ]
        )
        self._options.highlighted = 0 if shown else None

    def _run(self, option: Option) -> None:
        if self.is_active:
            self.dismiss()
            self.app.call_later(self._commands[int(option.id or 0)].callback)


def found(commands: Iterable[SystemCommand], typed: str) -> list[SystemCommand]:
    """The commands that fit the typed letters. First come titles that have the letters in this order, the best match
    first; then come commands whose help has them.
    """
    if not typed:
        return list(commands)
    matcher = Matcher(typed)
    scores = [
        (matcher.match(one.title) or (typed.casefold() in one.help.casefold()) * IN_HELP, one) for one in commands
    ]
    return [one for score, one in sorted(scores, key=lambda pair: -pair[0]) if score > 0]
