"""A screen that can be closed only once, however often the key is pressed."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.events import Click
from textual.screen import ModalScreen


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
