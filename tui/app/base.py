"""What the app and the map share: the user's keys, the end on a signal, the saved screen."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from rich.console import RenderableType
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.events import Click, Event, InputEvent, Paste, Resize
from textual.filter import LineFilter
from textual.screen import ModalScreen
from textual.timer import Timer

from tui.term.exit_code import ENDING_SIGNALS, ExitCode
from tui.term.private_textual import strips_shown
from tui.term.terminal import LoopSignals
from tui.views.inks import IN_ASCII
from tui.views.keymap import KeyMap

Result = TypeVar("Result")

SETTLED_SECONDS = 0.15  # after a change of size no other follows at once
BACK = Binding("escape", "back", "Map", tooltip="Back to the map; the run is kept", priority=True, id="back_to_map")


class KeyedApp(App[Result], Generic[Result]):
    """An app whose keys the user may choose, and which ends on signals."""

    ENABLE_COMMAND_PALETTE = False  # the line after : and the help find commands by name
    keymap = KeyMap()
    ascii_only = False
    _settles: Timer | None = None
    _is_leaving = False
    _signals: LoopSignals | None = None

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        calls = dict.fromkeys(ENDING_SIGNALS, partial(self._leave, ExitCode.CHECKPOINTED))
        self._signals = LoopSignals(calls | {signal.SIGUSR1: self._save})

    def on_unmount(self) -> None:
        if self._signals is not None:
            self._signals.end()

    def _leave(self, code: ExitCode) -> None:
        raise NotImplementedError

    def _save(self) -> None: ...

    def exit(self, result: Result | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        self._is_leaving = True
        super().exit(result, return_code, message)

    async def on_event(self, event: Event) -> None:
        """Ignore keys that still wait at the end: each might draw, and there may be thousands."""
        if not (self._is_leaving and isinstance(event, InputEvent | Paste)):
            await super().on_event(event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *[IN_ASCII] * self.ascii_only]

    def take_keys(self, keymap: KeyMap) -> None:
        self.keymap = keymap
        self.set_keymap(keymap.for_textual)

    def get_key_display(self, binding: Binding) -> str:
        return self.keymap.display(binding) or super().get_key_display(binding)

    def on_resize(self, event: Resize) -> None:
        """Lay out once more when the size has settled: of two changes in quick succession, Textual now and then keeps
        the layout of the first, or draws nothing though the terminal has lost what was outside.
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


class ClosesOnce(ModalScreen[None]):
    """Ignores requests to close after the first: in Textual, two in one packet close the screen below, or raise."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    async def on_click(self, event: Click) -> None:
        if self.get_widget_at(*event.screen_offset)[0] is self:
            await self.action_dismiss()


def lines_shown(app: App[Any]) -> list[str]:
    return [strip.text.rstrip() for strip in strips_shown(app.screen)]


def save_to(app: App[Any], path: Path) -> None:
    """Write the screen to a file: as a picture if its name ends in .svg, otherwise as text. May raise an OSError."""
    is_picture = path.suffix == ".svg"
    text = app.export_screenshot(title=app.title) if is_picture else "\n".join(lines_shown(app)) + "\n"
    path.write_text(text, encoding="utf-8")
