"""A screen over the others that closes once, however many keys that close it come in one packet."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen


class ClosesOnce(ModalScreen[None]):
    """Textual closes whatever is on top, whoever asks, and fails where nothing is left.

    Asked here, and not in `action_dismiss`: an action waits before it closes, and another may close meanwhile.
    """

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close this screen; nothing where it is closed, or another lies on it."""
        if self.is_active:
            return super().dismiss(result)
        done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return done
