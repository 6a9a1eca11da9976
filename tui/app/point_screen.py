"""The screen on a point of a map."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.app.modal import BACK
from tui.app.training_screen import TrainingScreen


class PointScreen(TrainingScreen):
    """A `TrainingScreen` from which escape goes back to the map, once it has closed panels and
    removed cursors."""

    BINDINGS: ClassVar[list[BindingType]] = [BACK]

    went_back = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back":
            return self._is_watching and not self.watched.has_cursor
        return super().check_action(action, parameters)

    async def action_back(self) -> None:
        self.went_back = True
        await self.run_action("app.quit")
