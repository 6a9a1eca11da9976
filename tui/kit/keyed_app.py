"""An app whose keys the user may choose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic

from textual.app import App
from textual.binding import Binding
from textual.events import Key, Resize
from textual.message import Message
from textual.timer import Timer

from tui.kit.ends_on_signals import EndsOnSignals, Result
from tui.kit.keymap import KeyMap

SETTLED_SECONDS = 0.15
"""Seconds after a change of size from which on no other follows at once."""


class KeyedApp(EndsOnSignals[Result], Generic[Result]):
    """The base class of apps whose keys the user may choose.

    Attributes:
        keymap: the keys that hold.
    """

    keymap = KeyMap()
    _settles: Timer | None = None

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
        self.screen.refresh()

    def get_key_display(self, binding: Binding) -> str:
        """How footer, help and palette call the key of a binding."""
        return self.keymap.display(binding) or super().get_key_display(binding)


NO_KEYS = KeyMap()
"""The keys that a widget without an app has."""


def keymap_of(app: App[object] | None) -> KeyMap:
    """The keys that hold in an app."""
    return app.keymap if isinstance(app, KeyedApp) else NO_KEYS
