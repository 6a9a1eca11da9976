"""Screens over another one, and the field for text in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input

PALETTE = Binding(
    "ctrl+p",
    "command_palette",
    "Palette",
    show=False,
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


class ClosesOnce(ModalScreen[None]):
    """Ignores requests to close after the first: in Textual, two in one packet close the screen
    below, or raise."""

    # Keys of the app that work over it; of all others, Textual lets none through
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "app.quit", show=False),
        replace(PALETTE, action="app.command_palette"),
    ]

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def say_how_to_close(self) -> None:
        """Say why a key does nothing: this screen is over the one that would have it."""
        self.app.clear_notifications()
        self.notify("«close» closes this first, then other keys work")

    async def on_click(self, event: Click) -> None:
        if self.get_widget_at(*event.screen_offset)[0] is self:
            await self.action_dismiss()


class TextField(Input, inherit_bindings=False):
    """A field whose ``enter`` is an action of its screen: `Input.Submitted` would come behind the
    key that follows. It does not scroll: the arrow keys that it does not use are its screen's.
    """

    BINDINGS = [Binding("enter", "screen.enter", show=False), *Input.BINDINGS]

    def __init__(self, value: str = "", placeholder: str = "", **options: Any) -> None:
        # The focus comes behind what was typed at once, which it would select
        super().__init__(value, placeholder, select_on_focus=False, **options)
