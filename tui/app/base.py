"""What the app and the map share: the user's keys, the palette, the saved screen."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import App, ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click, Event, InputEvent, Key, Paste, Resize
from textual.filter import LineFilter
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.term.exit_code import ExitCode
from tui.term.private_textual import strips_shown
from tui.views.inks import IN_ASCII
from tui.views.keymap import KeyMap

Result = TypeVar("Result")

SETTLED_SECONDS = 0.15  # after a change of size no other follows at once
OPENS = Binding(
    "ctrl+p",
    "command_palette",
    "Palette",
    False,
    tooltip="Find any command",
    id="palette",
)
BACK = Binding(
    "escape",
    "back",
    "Map",
    tooltip="Back to the map; the run is kept",
    priority=True,  # the curve has the key too
    id="back_to_map",
)


class TakesKeys(Protocol):
    """What handles keys itself, such as a list with a filter."""

    async def press(self, key: Key) -> bool:
        """Do what a key commands; returns whether it was for this."""
        ...


class KeyedApp(App[Result], Generic[Result]):
    """An app whose keys the user may choose."""

    # With priority: Textual's screen has the key too, to copy a selection, which is never there
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "help_quit", show=False, priority=True)
    ]

    keymap = KeyMap()
    ascii_only = False
    _settles: Timer | None = None
    _is_leaving = False

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")

    def leave(self, code: ExitCode) -> None:
        raise NotImplementedError

    def save(self) -> None: ...

    def exit(
        self,
        result: Result | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        self._is_leaving = True
        super().exit(result, return_code, message)

    # ---- keys

    async def on_event(self, event: Event) -> None:
        """Do what keys and pastes command before the next event is handled; Textual has all others.

        What still waits at the end is ignored: each key might draw, and there may be thousands.
        """
        if self._is_leaving and isinstance(event, InputEvent | Paste):
            return
        if isinstance(event, Key):
            await self.press(event)
        elif isinstance(event, Paste):
            self.paste(event.text)
        else:
            await super().on_event(event)

    @property
    def takes_keys(self) -> TakesKeys | None:
        """What gets each key before the focused field and all bindings."""
        return None

    async def press(self, key: Key) -> None:
        """Give a key to the one place that it is for, and wait for what it does there.

        Textual would forward it from queue to queue, behind keys with other ways: the next key
        would come before its effect.
        """
        self.app_focus = True  # a terminal that does not report its focus has it
        takes_keys = self.takes_keys
        if takes_keys is not None and await takes_keys.press(key):
            return
        field = self.focused
        if isinstance(field, Input) and field.check_consume_key(key.key, key.character):
            field.replace(key.character or "", *field.selection)
            return
        active = self.active_bindings.get(key.key)
        if active is not None:
            await self.run_action(active.binding.action, active.node)

    def paste(self, text: str) -> None:
        """Insert the first line of a text into the focused field."""
        field = self.focused
        if isinstance(field, Input) and text:
            field.replace(text.splitlines()[0], *field.selection)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *[IN_ASCII] * self.ascii_only]

    def take_keys(self, keymap: KeyMap) -> None:
        self.keymap = keymap
        self.set_keymap(keymap.for_textual)

    def get_key_display(self, binding: Binding) -> str:
        return self.keymap.display(binding) or super().get_key_display(binding)

    def on_resize(self, event: Resize) -> None:
        """Lay out once more when the size has settled: of two changes in quick succession, Textual
        now and then keeps the layout of the first, or draws nothing though the terminal has lost
        what was outside.
        """
        if self._settles is not None:
            self._settles.stop()
        self._settles = self.set_timer(SETTLED_SECONDS, self.size_settled)

    def size_settled(self) -> None:
        for screen in self.screen_stack if self.is_running else ():
            screen.post_message(Resize(self.size, self.size))
            screen.refresh()

    def action_show_all(self) -> None:
        self.screen.refresh()

    async def action_command_palette(self) -> None:  # type: ignore[override]  # it is awaited
        if isinstance(self.screen, Palette):
            return
        say = self.keymap.text
        commands = self.get_system_commands(self.screen)
        await self.push_screen(Palette(one._replace(help=say(one.help)) for one in commands))


class ClosesOnce(ModalScreen[None]):
    """Ignores requests to close after the first: in Textual, two in one packet close the screen
    below, or raise."""

    # Keys of the app that work over it; of all others, Textual lets none through
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "app.quit", show=False),
        replace(OPENS, action="app.command_palette"),
    ]

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    async def on_click(self, event: Click) -> None:
        if self.get_widget_at(*event.screen_offset)[0] is self:
            await self.action_dismiss()


class Field(Input, inherit_bindings=False):
    """A field whose ``enter`` is an action of its screen: `Input.Submitted` would come behind the
    key that follows. It does not scroll: the arrow keys that it does not use are its screen's.
    """

    BINDINGS = [Binding("enter", "screen.enter", show=False), *Input.BINDINGS]

    def __init__(self, value: str = "", placeholder: str = "", **options: Any) -> None:
        # The focus comes behind what was typed at once, which it would select
        super().__init__(value, placeholder, select_on_focus=False, **options)


class Palette(ClosesOnce):
    """A list of the commands that match the typed letters; the chosen one runs after the palette
    has closed.

    Textual's own palette (8.2.8) gathers in the background: paged while its list changes, it raises
    a KeyError.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "Close", id="close"),
        Binding("up", "move(-1)", "Up", show=False, id="up"),
        Binding("down", "move(1)", "Down", show=False, id="down"),
    ]

    def __init__(self, commands: Iterable[SystemCommand]) -> None:
        super().__init__()
        self._commands = list(commands)
        self._field = Field(placeholder="Search for a command")
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

    def on_input_changed(self) -> None:
        if self.is_active:
            self._list_what_is_typed()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
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

    def _command_of(self, option: Option) -> SystemCommand:
        """What the option says: its place in the list may have changed since."""
        return self._commands[int(option.id or 0)]

    def action_move(self, lines: int) -> None:
        self._list_what_is_typed()
        if self._options.highlighted is not None:
            self._options.highlighted = (
                self._options.highlighted + lines
            ) % self._options.option_count

    def _list_what_is_typed(self) -> None:
        typed = self._field.value.strip()
        if typed != self._listed:
            self._listed = typed
            self._list(typed)

    def _list(self, typed: str) -> None:
        """List commands with the typed letters in their title, the best match first; then with them
        in their help."""
        matcher = Matcher(typed)

        def score(one: SystemCommand) -> float:
            return matcher.match(one.title) or 1e-3 * (typed.casefold() in one.help.casefold())

        found = (
            sorted(filter(score, self._commands), key=score, reverse=True)
            if typed
            else self._commands
        )
        texts = (
            (Text.assemble((one.title, "bold"), "  ", one.help), self._commands.index(one))
            for one in found
        )
        self._options.clear_options()
        self._options.add_options(Option(text, str(number)) for text, number in texts)
        self._options.highlighted = 0 if found else None


def lines_shown(app: App[Any]) -> list[str]:
    return [strip.text.rstrip() for strip in strips_shown(app.screen)]


def save_to(app: App[Any], path: Path) -> None:
    """Write the screen to a file: as a picture if its name ends in .svg, otherwise as text.

    May raise an OSError.
    """
    is_picture = path.suffix == ".svg"
    text = (
        app.export_screenshot(title=app.title) if is_picture else "\n".join(lines_shown(app)) + "\n"
    )
    path.write_text(text, encoding="utf-8")
