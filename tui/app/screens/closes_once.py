"""A screen over the others that a key closes once, however often it is pressed before it is gone."""

from __future__ import annotations

from textual.screen import ModalScreen


class ClosesOnce(ModalScreen[None]):
    """Textual's own closes the screen below too, or fails, where two keys that close it come in one packet."""

    async def action_dismiss(self, result: None = None) -> None:
        if self.is_active:
            await super().action_dismiss(result)
