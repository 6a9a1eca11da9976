"""Where undo and redo go; many quick changes by a key that is held down are undone together."""

from __future__ import annotations

from collections.abc import Callable

from echornn.history.curve import Cause
from echornn.timeline import going_back
from echornn.timeline.branch import Moment
from echornn.timeline.timeline import Timeline

HELD_SECONDS = 1.0
"""Changes of one kind that follow each other faster than this are undone together, as if a key was held down."""


class Undoing:
    """Knows where undo and redo go.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._undone: list[Moment] = []
        self._held: tuple[object, float, Moment] | None = None

    @property
    def redoable(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._undone)

    def undo(self, timeline: Timeline, here: Moment) -> Moment:
        """The moment before the last change, which must exist; see `echornn.timeline.going_back.before_the_change`."""
        target = going_back.before_the_change(timeline, here)
        assert target is not None
        self._undone.append(here)
        return target

    def redo(self) -> Moment:
        """The moment from which the last undo came; see `redoable`."""
        return self._undone.pop()

    def before(self, kind: object, timeline: Timeline, here: Moment, by_a_held_key: bool) -> Moment:
        """The moment to which undoing a change made here will go; for changes undone together, that before the first
        of them.

        Args:
            kind: what is changed; None if it is never undone together with others.
            by_a_held_key: whether it may be one of many by a key that is held down.
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
        """A branch began: nothing can be redone any more, unless it only trains on from an earlier window."""
        if cause != "back":
            self._undone.clear()

    def went(self) -> None:
        """The session went to a moment: the next change is undone by itself."""
        self._held = None
