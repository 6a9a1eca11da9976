"""What the app and the map share: one dispatcher of keys, which the user may have moved, the
palette, and the saved screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.console import RenderableType
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent, Key, Mount, Paste, Resize
from textual.filter import LineFilter
from textual.timer import Timer
from textual.widgets import Input

from tui.app.modal import PALETTE, ClosesOnce
from tui.app.palette import Palette
from tui.term.exit_code import ExitCode
from tui.term.printed import printable
from tui.term.private_textual import mounted, strips_shown
from tui.views.inks import IN_ASCII
from tui.views.keymap import KeyMap

Result = TypeVar("Result")

# Without another change of size, after which it has settled; chosen by eye
SETTLED_SECONDS = 0.15


class TakesKeys(Protocol):
    """What handles keys itself, such as a list with a filter."""

    async def press(self, key: Key) -> bool:
        """Do what a key commands; returns whether it was for this."""
        ...


class KeyedApp(App[Result], Generic[Result]):
    """An app whose keys the user may choose, each of which is done before the next is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: Textual's screen has the key too, to copy a selection, which is never there
        Binding("ctrl+c", "help_quit", show=False, priority=True),
        PALETTE,
    ]
    # Textual would select cells of all widgets; with shift, the terminal selects text
    ALLOW_SELECT = False

    keymap = KeyMap()
    ascii_only = False
    _settles: Timer | None = None
    _is_leaving = False

    @on(Mount)
    async def _wait_for_widgets(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        await mounted(self.screen)  # before any key

    def leave(self, code: ExitCode) -> None:
        """End the app with this exit code; a signal does so too."""
        raise NotImplementedError

    def save(self) -> None:
        """Save what there is, as a signal demands."""

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
        elif isinstance(self.screen, ClosesOnce):
            self.screen.say_how_to_close()

    def paste(self, text: str) -> None:
        """Insert the first line of a text into the focused field."""
        field = self.focused
        if isinstance(field, Input) and text:
            field.replace(text.splitlines()[0], *field.selection)

    def take_keys(self, keymap: KeyMap) -> None:
        self.keymap = keymap
        self.set_keymap({name: ",".join(keys) for name, keys in keymap.moved.items()})

    def get_key_display(self, binding: Binding) -> str:
        return self.keymap.display(binding) or super().get_key_display(binding)

    async def action_command_palette(self) -> None:  # type: ignore[override]  # it is awaited
        if isinstance(self.screen, Palette):
            return
        say = self.keymap.text
        commands = self.get_system_commands(self.screen)
        in_words = [command._replace(help=say(command.help)) for command in commands]
        await self.push_screen(Palette(in_words))

    # ---- what is drawn

    def notify(self, message: str, **options: Any) -> None:
        """Show a text that may be from outside, such as an error or a folder's name."""
        lines = [printable(line) for line in self.keymap.text(message).split("\n")]
        super().notify("\n".join(lines), **{**options, "markup": False})

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, IN_ASCII] if self.ascii_only else filters

    def on_resize(self, event: Resize) -> None:
        """Lay out once more when the size has settled: of two changes in quick succession, Textual
        now and then keeps the layout of the first, or draws nothing though the terminal has lost
        what was outside.
        """
        if self._settles is not None:
            self._settles.stop()
        self._settles = self.set_timer(SETTLED_SECONDS, self._size_settled)

    def _size_settled(self) -> None:
        if not self.is_running:
            return
        for screen in self.screen_stack:
            screen.post_message(Resize(self.size, self.size))
            screen.refresh()

    def action_show_all(self) -> None:
        self.screen.refresh()


def lines_shown(app: App[Any]) -> list[str]:
    return [strip.text.rstrip() for strip in strips_shown(app.screen)]


def save_to(app: App[Any], path: Path) -> None:
    """Write the screen to a file: as a picture if its name ends in .svg, otherwise as text.

    May raise an OSError.
    """
    if path.suffix == ".svg":
        text = app.export_screenshot(title=app.title)
    else:
        text = "\n".join(lines_shown(app)) + "\n"
    path.write_text(text, encoding="utf-8")
