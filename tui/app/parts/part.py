"""Declares the methods that the parts of the app call on each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from echornn.diagnosis.cases import Remedy
from echornn.session.commands import Ask, Command, NoteCommand, ToggleReplicas
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.session import ViewedSession
from tui.app import key_effects
from tui.app.audience_text import ONLY_LOOKS, audience_text
from tui.kit.keyed_app import KeyedApp

LARGER = "{}: shown on a larger screen"
"""The message about a key of the curve, of a view or of a panel while the screen is too small for it."""


class AppPart(KeyedApp[int]):
    """The base class of the parts of the app. Methods that are not implemented here are implemented by another part."""

    session: ViewedSession
    _picture: Picture
    """The picture that the screen shows."""
    _sent = 0
    """The number of the command that was sent last."""
    _refusal = ""
    """Why the newest action that did nothing could not be done."""

    @property
    def _frame(self) -> Frame:
        return self._picture.frame

    @property
    def _folder(self) -> Path | None:
        """The folder in which the run is kept; None if it is not kept."""
        return Path(self._frame.folder) if self._frame.folder else None

    def _refuse(self, text: str) -> None:
        """Say why nothing is done."""
        self._refusal = text
        self._hint(text)

    def _send(self, command: Command) -> int:
        """Send the session a command; returns its number. If this viewer may not, say so instead."""
        audience = self._picture.audience
        may_send = audience.may_note if isinstance(command, NoteCommand) else audience.may_steer
        if not (may_send or isinstance(command, Ask)):
            self._refuse(audience_text(audience))
            return self._sent
        self._sent = self.session.send(command)
        return self._sent

    def _may_use_files(self) -> bool:
        """Whether this viewer may read and write files beside the run's; if it only looks, it may not, and is told."""
        if only_looks := self._picture.audience.only_looks:
            self._refuse(f"{ONLY_LOOKS}: no file is read or written")
        return not only_looks

    @property
    def _is_behind(self) -> bool:
        """Whether commands were sent that are not carried out yet, or whose effect is not on the screen yet."""
        return self._sent > self._frame.answered

    def _says_why_not(self, what: Command | str) -> bool:
        """Whether a key can do nothing now; then the screen says why.

        Args:
            what: see `tui.app.keys.meaning`.
        """
        why_not = key_effects.why_not(what, key_effects.soon(self._frame) if self._is_behind else self._frame)
        if why_not:
            self._refuse(why_not)
        return bool(why_not)

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    @property
    def _has_widgets(self) -> bool:
        """Whether the app's widgets are there; when it ends, they go while its timers may still run."""
        are_there = self.is_running and bool(self.screen_stack)
        return are_there and bool(self._main.query("StatusLine")) and bool(self._main.query("LossPlot"))

    def _lay_out(self, size: Any) -> None:
        """Divide the screen between curve, views and panel."""
        raise NotImplementedError

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that switches between one network and many."""
        raise NotImplementedError

    def _look_again(self) -> None:
        """Get a new picture of the shown position, for the current query."""
        raise NotImplementedError

    def _show_status(self) -> None:
        """Show the status lines, or the text about the value under a cursor."""
        raise NotImplementedError

    @property
    def _remedy(self) -> Remedy | None:
        """The configuration change that the advice on the screen names; None if it names none."""
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
