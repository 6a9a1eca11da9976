"""The methods that the parts of the app may use from each other."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from echornn.session.commands import Command, ToggleReplicas
from echornn.session.frame import Frame
from echornn.session.picture import Picture
from echornn.session.session import Session
from tui.app import keys
from tui.kit.ends_on_signals import EndsOnSignals


class AppPart(EndsOnSignals[int]):
    """The base class of the app's parts; the whole app implements the methods that are empty here."""

    session: Session
    _picture: Picture
    """The scene on the screen."""
    _sent = 0
    """The number of the command that was sent last."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    def _send(self, command: Command) -> int:
        """Send the session a command; returns its number."""
        self._sent = self.session.send(command)
        return self._sent

    @property
    def _is_behind(self) -> bool:
        """Whether commands were sent that are not carried out yet, or whose effect is not on the screen yet."""
        return self._sent > self._frame.answered

    def _says_why_not(self, what: Command | str) -> bool:
        """Whether a key can do nothing now; then the screen says why.

        Args:
            what: see `tui.app.keys.meaning`.
        """
        why_not = keys.why_not(what, keys.soon(self._frame) if self._is_behind else self._frame)
        if why_not:
            self._hint(why_not)
        return bool(why_not)

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
