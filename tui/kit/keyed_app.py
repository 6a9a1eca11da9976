"""An app whose keys the user may choose."""

from __future__ import annotations

from typing import Generic

from textual.app import App
from textual.binding import Binding

from tui.kit.ends_on_signals import EndsOnSignals, Result
from tui.kit.keymap import KeyMap


class KeyedApp(EndsOnSignals[Result], Generic[Result]):
    """The base class of apps whose keys the user may choose.

    Attributes:
        keymap: the keys that hold.
    """

    keymap = KeyMap()

    def take_keys(self, keymap: KeyMap) -> None:
        """Have these keys from now on."""
        self.keymap = keymap
        self.set_keymap(keymap.for_textual)

    def get_key_display(self, binding: Binding) -> str:
        """How footer, help and palette call the key of a binding."""
        return self.keymap.display(binding) or super().get_key_display(binding)


NO_KEYS = KeyMap()
"""The keys that a widget without an app has."""


def keymap_of(app: App[object] | None) -> KeyMap:
    """The keys that hold in an app."""
    return app.keymap if isinstance(app, KeyedApp) else NO_KEYS
