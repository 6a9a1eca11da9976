"""What one undo takes back, and where redo leads: changes as fast as from a key held down are one."""

from __future__ import annotations

from collections.abc import Callable

from echornn.analysis.loss_history import Cause
from echornn.runs.branch import Moment
from echornn.runs.timeline import Timeline
from echornn.session import going_back

HELD_SECONDS = 1.0
"""Changes of one kind that follow each other faster, as where a key is held down, are undone as one."""


class Undoing:
    """Keeps where undo and redo lead, change by change.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._undone: list[Moment] = []
        self._held: tuple[object, float, Moment] | None = None

    @property
    def redoable(self) -> bool:
        """Whether something was undone that can be gone forth to."""
        return bool(self._undone)

    def undo(self, timeline: Timeline, here: Moment) -> Moment | None:
        """Where one stood before the last change; see `echornn.session.going_back.before_the_change`."""
        target = going_back.before_the_change(timeline, here)
        if target is not None:
            self._undone.append(here)
        return target

    def redo(self) -> Moment | None:
        """Where the last undo came from."""
        return self._undone.pop() if self._undone else None

    def before(self, kind: object, timeline: Timeline, here: Moment, by_a_held_key: bool) -> Moment:
        """Where a change that is made here leads back to: to where the first of those stood with which it is one.

        Args:
            kind: what is changed; None is never one with others.
            by_a_held_key: whether it may be of many that a held key makes.
        """
        now = self._clock()
        before = here
        if self._held is not None:
            held, at, first = self._held
            never_ran = kind in ("anew", "data") and here.window == timeline.branch(here.branch).start
            if kind is not None and held == kind and (never_ran or (by_a_held_key and now - at < HELD_SECONDS)):
                before = first
        self._held = (kind, now, before)
        return before

    def began(self, cause: Cause) -> None:
        """A branch began: what was undone before cannot be gone forth to, unless it only goes on from the past."""
        if cause != "back":
            self._undone.clear()

    def went(self) -> None:
        """One went to a moment: the next change is one of its own."""
        self._held = None
