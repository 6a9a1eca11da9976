"""The methods that the parts of the app may use from each other."""

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
    """The base class of the app's parts; the whole app implements the methods that are empty here."""

    session: Session
    _picture: Picture
    """The scene on the screen."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    def _lay_out(self, size: Any) -> None:
        """Divide the screen."""
        raise NotImplementedError

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that leads from one network to many, or back."""
        raise NotImplementedError

    def _look_again(self) -> None:
        """Look again at the moment that is shown, with the query as it is now."""
        raise NotImplementedError

    def _hint(self, text: str) -> None:
        """Show a hint for a moment."""
        raise NotImplementedError

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keys."""
        raise NotImplementedError

    def _watch_again(self) -> None:
        """Give the keys back to the curve or view that had them."""
        raise NotImplementedError
