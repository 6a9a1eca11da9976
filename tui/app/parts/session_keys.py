"""Turns keys into commands for the session."""

from __future__ import annotations

from dataclasses import replace

from echornn.session.commands import (
    ChangeCommand,
    Edit,
    LookCommand,
    Pause,
    Redo,
    Resume,
    StartOver,
    Toggle,
    ToggleReplicas,
    Undo,
)
from echornn.session.pictures.frame import State
from tui.app import keys
from tui.app.audience_text import STEERS_ALREADY, audience_text
from tui.app.key_effects import LATER, NO_ADVICE, where_it_ends
from tui.app.parts.part import AppPart


class SessionKeys(AppPart):
    """The part of the app whose actions send commands to the session."""

    def _forget_drafts(self) -> None:
        """Drop typed changes that were not entered."""
        raise NotImplementedError

    def action_send(self, key: str) -> None:
        """Send a key's command to the session. Say so if the command has to wait, or if it would have no effect."""
        command, frame = keys.SENT[key], self._frame
        if isinstance(command, Pause | Resume):
            command = Toggle()  # so that pressing the key twice toggles twice
        if self._says_why_not(command):
            return
        if frame.state is State.LOADING and isinstance(command, ChangeCommand | LookCommand):
            self._hint(LATER)
        elif isinstance(command, LookCommand) and not self._is_behind and (ends := where_it_ends(command, frame)):
            self._hint(ends)
        if isinstance(command, Undo | Redo):
            self._forget_drafts()
        if isinstance(command, ToggleReplicas):
            self._toggle_replicas(command)
        else:
            self._send(command)

    def action_take_over(self) -> None:
        """Steer the session from here, if another viewer steers it."""
        audience = self._picture.audience
        if audience.ended or audience.only_looks:
            self._refuse(audience_text(audience))
        elif audience.may_steer:
            self._refuse(STEERS_ALREADY)
        else:
            self.session.take_over()
            # a key that follows at once steers already
            self._picture = replace(self._picture, audience=replace(audience, steering=""))
            self._show_status()

    def action_advice(self) -> None:
        """Make the change that the line above the curve names; all other fields keep their values."""
        remedy = self._remedy
        if self._says_why_not("advice"):
            return
        if remedy is None:
            self._refuse(NO_ADVICE)
        else:
            self._send(StartOver(remedy.changes) if remedy.anew else Edit(remedy.changes))
            self._hint(f"{remedy}, all else as it was: «undo» undoes")
