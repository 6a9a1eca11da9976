"""What each part of the app may use of the other parts."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from echornn.session.commands import ToggleReplicas
from echornn.session.frame import Frame
from echornn.session.picture import Picture
from echornn.session.session import Session
from tui.kit.ends_on_signals import EndsOnSignals


class AppPart(EndsOnSignals[int]):
    """An app that shows a session; the whole of it does what stands here undone."""

    session: Session
    _picture: Picture
    """What is on the screen."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    def _lay_out(self, size: Any) -> None:
        """Share the screen."""
        raise NotImplementedError

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that leads from one network to many, or back."""
        raise NotImplementedError

    def _look_again(self) -> None:
        """Look again at the moment that is shown, with the query as it is now."""
        raise NotImplementedError

    def _hint(self, text: str) -> None:
        """Say it for a moment."""
        raise NotImplementedError

    def _focus(self, widget: Widget) -> None:
        """Give it the keys."""
        raise NotImplementedError

    def _watch_again(self) -> None:
        """Give the keys to what is watched."""
        raise NotImplementedError
