"""The app for a point that was opened from a map; escape goes back to the map."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.app import keys
from tui.app.app import EchoApp
from tui.app.palette import BACK


class PointApp(EchoApp):
    """An `EchoApp` in which escape goes back to the map.

    Attributes:
        went_back: whether the user left with escape, to go back to the map, rather than with q.
    """

    BINDINGS: ClassVar[list[BindingType]] = [BACK]
    HELPED_KEYS: ClassVar[list[Binding]] = [BACK, *keys.BINDINGS]

    went_back = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; going back only after escape has closed panels and removed cursors."""
        if action == "back":
            return self._watching and not self._has_cursor
        return super().check_action(action, parameters)

    async def action_back(self) -> None:
        """Go back to the map."""
        self.went_back = True
        await self.action_quit()
