"""The base class of both apps: keys that the user may choose, sizes that settle, and the end on a signal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from rich.console import RenderableType
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.events import Click, Event, InputEvent, Key, Paste, Resize
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer

from tui.term.exit_code import ExitCode
from tui.term.terminal import LoopSignals, call_on_signals
from tui.views.ascii import IN_ASCII
from tui.views.keymap import KeyMap

Result = TypeVar("Result")

SETTLED_SECONDS = 0.15
"""Seconds after a change of size from which on no other follows at once."""


class KeyedApp(App[Result], Generic[Result]):
    """The base class of both apps: the user may choose their keys, and they end on signals. Keys that still wait then
    are ignored: each might draw, and there may be thousands.

    Attributes:
        keymap: the keys that hold.
        ascii_only: whether everything is drawn in ASCII.
    """

    keymap = KeyMap()
    ascii_only = False
    _settles: Timer | None = None
    _is_leaving = False
    _signals: LoopSignals | None = None

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        self._signals = call_on_signals(lambda: self._leave(ExitCode.CHECKPOINTED), self._save)

    def on_unmount(self) -> None:
        if self._signals is not None:
            self._signals.end()

    def _leave(self, code: ExitCode) -> None:
        """End with this exit code."""
        raise NotImplementedError

    def _save(self) -> None:
        """Save to disk."""

    def exit(self, result: Result | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the app, and ignore all later keys."""
        self._is_leaving = True
        super().exit(result, return_code, message)

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless the app is ending and the event is input."""
        if not (self._is_leaving and isinstance(event, InputEvent | Paste)):
            await super().on_event(event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What Textual does with each line before it leaves."""
        return [*super().get_line_filters(), *[IN_ASCII] * self.ascii_only]

    def take_keys(self, keymap: KeyMap) -> None:
        """Have these keys from now on."""
        self.keymap = keymap
        self.set_keymap(keymap.for_textual)

    def overtakes(self, message: Message, waiting: Iterable[Message]) -> bool:
        """Whether this input is handled before the input that waits. The thread that reads the terminal calls this."""
        return isinstance(message, Key) and message.key == "ctrl+q"

    def on_resize(self, event: Resize) -> None:
        """Lay out once more when the size has settled: of two changes in quick succession, Textual now and then keeps
        the layout of the first; and if the second takes back the first, it draws nothing, though the terminal has lost
        what was outside.
        """
        if self._settles is not None:
            self._settles.stop()
        self._settles = self.set_timer(SETTLED_SECONDS, self._settled)

    def _settled(self) -> None:
        if self.screen_stack:  # else the app is about to end
            self.size_settled()

    def size_settled(self) -> None:
        """Lay out for the size that the app has now, and draw every cell."""
        for screen in self.screen_stack:
            screen.post_message(Resize(self.size, self.size))
            screen.refresh()

    def get_key_display(self, binding: Binding) -> str:
        """How footer, help and palette call the key of a binding."""
        return self.keymap.display(binding) or super().get_key_display(binding)


class ClosesOnce(ModalScreen[None]):
    """A modal screen that ignores all requests to close after the first.

    Textual's own modal screens are different: two closing keys in one packet also close the screen below, or raise an
    error. Here the check and the closing are one step, although the app and the screen have separate queues of keys.
    """

    def is_beside(self, event: Click) -> bool:
        """Whether a click is beside everything in the screen, and beside the frame around it."""
        widget, _ = self.get_widget_at(*event.screen_offset)
        return widget is self

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()
