"""Declares the methods that the parts of the app call on each other."""

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
    """The base class of the parts of the app. Methods that are not implemented here are implemented by another part."""

    session: Session
    _picture: Picture
    """The picture that the screen shows."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    def _lay_out(self, size: Any) -> None:
        """Divide the screen between curve, views and panel."""
        raise NotImplementedError

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that switches between one network and many."""
        raise NotImplementedError

    def _look_again(self) -> None:
        """Get a new picture of the shown position, for the current query."""
        raise NotImplementedError

    def _hint(self, text: str) -> None:
        """Show a hint for some seconds."""
        raise NotImplementedError

    def _focus(self, widget: Widget) -> None:
        """Give a widget the keyboard focus."""
        raise NotImplementedError

    def _watch_again(self) -> None:
        """Return the keyboard focus to the curve or view that had it before."""
        raise NotImplementedError
