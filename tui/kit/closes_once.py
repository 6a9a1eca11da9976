"""A screen that a key closes only once, however often the key is pressed."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen


class ClosesOnce(ModalScreen[None]):
    """Textual's own closes the screen below too, or fails, where two keys that close it come in one packet.

    The check and the closing are one step: the app and the screen each have their queue of keys.
    """

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()
