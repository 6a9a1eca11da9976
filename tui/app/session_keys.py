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
    """Actions of an app that shows a session."""

    @property
    def _remedy(self) -> Remedy | None:
        """The change that the sentence on the screen advises; None where it names none."""
        raise NotImplementedError

    def _forget_drafts(self) -> None:
        """What was about to be changed is not any more."""
        raise NotImplementedError

    def action_send(self, key: str) -> None:
        """Send the session the command of a key; if it is carried out later, or leads nowhere, say so."""
        command, is_behind, frame = keys.SENT[key], self.session.is_behind, self.session.frame
        if frame.state is State.LOADING and isinstance(command, ChangeCommand | LookCommand):
            self._hint(keys.LATER)
        elif not is_behind and (ends := keys.where_it_ends(command, frame)):
            self._hint(ends)
        if isinstance(command, Undo | Redo):
            self._forget_drafts()
        if isinstance(command, ToggleReplicas):
            self._toggle_replicas(command)
        else:
            self.session.send(Toggle() if isinstance(command, Pause | Resume) else command)  # so that two keys do both

    def action_advice(self) -> None:
        """Make the change that the sentence advises; all other fields stay. Where a branch has it, go there: trained
        again, it would come to the same."""
        remedy = self._remedy
        if remedy is None:
            self._hint(keys.NO_ADVICE)
        elif (tried := self._tried(remedy)) is not None:
            self.session.send(Go(tried))
            if self._frame.state is State.RUNNING:
                self.session.send(Resume())
            self._hint(f"{remedy} was tried before: branch {letter_of(tried)} goes on; b leads back")
        else:
            self.session.send(StartOver(remedy.changes) if remedy.anew else Edit(remedy.changes))
            self._hint(f"{remedy}, all else as it was: u undoes")

    def _tried(self, remedy: Remedy) -> int | None:
        """The branch that has this change already."""
        edit = Tried(replace(self._frame.config, **remedy.changes), remedy.anew)
        return self.session.look_again(Query(tried=edit), self._picture).tried
