"""The keys that command the session."""

from __future__ import annotations

import math
from dataclasses import replace

from echornn.analysis.remedy import Remedy
from echornn.runs.branch import Moment
from echornn.runs.letters import letter_of
from echornn.session.frame import State
from echornn.session.going_back import tried_from
from echornn.session.pace import faster, slower
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

    def _hint_if_later(self) -> None:
        if self._frame.state is State.LOADING:
            self._hint(keys.LATER)

    def action_pause(self) -> None:
        self.session.toggle()

    def action_resume(self) -> None:
        self.session.toggle()

    def action_step(self) -> None:
        self.session.step()

    def action_finish_epoch(self) -> None:
        self.session.finish_epoch()

    def action_faster(self) -> None:
        self.session.set_speed(faster(self.session.speed))

    def action_slower(self) -> None:
        """The next notch; from full speed the one below what is reached, so that a slow network feels it too."""
        speed = self.session.speed
        reached = self._frame.rate if math.isinf(speed) else 0.0
        self.session.set_speed(slower(reached or speed))

    def action_full_speed(self) -> None:
        self.session.set_speed(math.inf)

    def action_reset(self) -> None:
        self.session.reset()
        self._hint_if_later()

    def action_redraw(self) -> None:
        self.session.redraw()
        self._hint_if_later()

    def action_regenerate(self) -> None:
        self.session.regenerate()
        self._hint_if_later()

    def action_advice(self) -> None:
        """Make the change that the sentence advises; all other fields stay. Where a branch has it, go there: trained
        again, it would come to the same."""
        remedy = self._remedy
        if remedy is None:
            self._hint(keys.NO_ADVICE)
        elif (tried := self._tried(remedy)) is not None:
            self.session.go(tried, self.session.timeline.end(tried).window)
            if self._frame.state is State.RUNNING:
                self.session.resume()
            self._hint(f"{remedy} was tried before: branch {letter_of(tried)} goes on; b leads back")
        else:
            self.session.edit(anew=remedy.anew, **remedy.changes)
            self._hint(f"{remedy}, all else as it was: u undoes")

    def _tried(self, remedy: Remedy) -> int | None:
        """The branch that has this change already."""
        frame, timeline = self._frame, self.session.timeline
        here = Moment(frame.line, frame.trained)
        if not (len(timeline) and timeline.has(here)):
            return None
        return tried_from(timeline, here, replace(frame.config, **remedy.changes), remedy.anew)

    def action_undo(self) -> None:
        self.session.undo()
        self._forget_drafts()
        self._hint_if_later()

    def action_redo(self) -> None:
        self.session.redo()
        self._forget_drafts()

    def action_window(self, windows: int) -> None:
        self._say_where_it_ends(forth=windows > 0)
        self.session.move(windows)

    def action_an_epoch(self, epochs: int) -> None:
        self._say_where_it_ends(forth=epochs > 0)
        self.session.move_epochs(epochs)

    def _say_where_it_ends(self, forth: bool) -> None:
        """There is nothing before the start, nor after the newest window."""
        is_behind, frame = self.session.is_behind, self.session.frame
        if frame.state is State.LOADING:
            self._hint(keys.LATER)
        elif is_behind:
            return
        elif forth and not frame.is_past:
            self._hint(keys.AT_THE_END)
        elif not forth and frame.trained == 0:
            self._hint(keys.AT_THE_START)
