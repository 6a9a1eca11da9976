"""The keys that command the session."""

from __future__ import annotations

from dataclasses import replace

from echornn.analysis.remedy import Remedy
from echornn.runs.letters import letter_of
from echornn.session.commands import (
    ChangeCommand,
    Edit,
    Go,
    LookCommand,
    Pause,
    Redo,
    Resume,
    StartOver,
    Toggle,
    ToggleReplicas,
    Undo,
)
from echornn.session.frame import State
from echornn.session.queries import Query, Tried
from tui.app import keys
from tui.app.part import AppPart


class SessionKeys(AppPart):
    """The part of the app with the actions that send commands."""

    @property
    def _remedy(self) -> Remedy | None:
        """The change that the sentence on the screen advises; None if it names none."""
        raise NotImplementedError

    def _forget_drafts(self) -> None:
        """Drop changes that were typed but not entered."""
        raise NotImplementedError

    def action_send(self, key: str) -> None:
        """Send the command of a key to the session. If it can do nothing, is carried out later, or leads nowhere, say
        so.
        """
        command, frame = keys.SENT[key], self._frame
        if isinstance(command, Pause | Resume):
            command = Toggle()  # so that two keys do both
        if self._says_why_not(command):
            return
        if frame.state is State.LOADING and isinstance(command, ChangeCommand | LookCommand):
            self._hint(keys.LATER)
        elif isinstance(command, LookCommand) and not self._is_behind and (ends := keys.where_it_ends(command, frame)):
            self._hint(ends)
        if isinstance(command, Undo | Redo):
            self._forget_drafts()
        if isinstance(command, ToggleReplicas):
            self._toggle_replicas(command)
        else:
            self._send(command)

    def action_advice(self) -> None:
        """Make the change that the sentence advises; all other fields stay. If a branch already has this change, go
        there instead, since training it again would give the same.
        """
        remedy = self._remedy
        if self._says_why_not("advice"):
            return
        if remedy is None:
            self._hint(keys.NO_ADVICE)
        elif (tried := self._tried(remedy)) is not None:
            self._send(Go(tried))
            if self._frame.state is State.RUNNING:
                self._send(Resume())
            self._hint(f"{remedy} was tried before: branch {letter_of(tried)} goes on; b leads back")
        else:
            self._send(StartOver(remedy.changes) if remedy.anew else Edit(remedy.changes))
            self._hint(f"{remedy}, all else as it was: u undoes")

    def _tried(self, remedy: Remedy) -> int | None:
        """The branch that already has this change; None if there is none."""
        edit = Tried(replace(self._frame.config, **remedy.changes), remedy.anew)
        return self.session.look_again(Query(tried=edit), self._picture).tried
