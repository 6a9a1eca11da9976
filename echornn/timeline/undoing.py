"""The targets of undo and redo; quick changes by a key that is held down are undone together."""

from __future__ import annotations

from collections.abc import Callable

from echornn.history.curve import Cause
from echornn.timeline import going_back
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline

HELD_SECONDS = 1.0
"""The seconds between two changes of one kind below which they are undone together, as by a key that is held down."""


class Undoing:
    """Remembers the targets of undo and redo.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._undone: list[Position] = []
        self._held: tuple[object, float, Position] | None = None

    @property
    def redoable(self) -> bool:
        """Whether an undo can be redone."""
        return bool(self._undone)

    def undo(self, timeline: Timeline, here: Position) -> Position:
        """The position before the last change, which must exist; see
        `echornn.timeline.going_back.before_the_change`.
        """
        target = going_back.before_the_change(timeline, here)
        assert target is not None
        self._undone.append(here)
        return target

    def redo(self) -> Position:
        """The position at which the last undo was made, which must exist; see `redoable`."""
        return self._undone.pop()

    def before(self, kind: object, timeline: Timeline, here: Position, by_a_held_key: bool) -> Position:
        """The position to which undoing a change made here will go; for changes that are undone together, the position
        before the first.

        Args:
            kind: the kind of change; None if it is never undone together with others.
            by_a_held_key: whether the change may be one of many by a held key.
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
        """Record that a branch began. Nothing can be redone then, unless the branch only trains on from an earlier
        window.
        """
        if cause != "back":
            self._undone.clear()

    def went(self) -> None:
        """Record that the session went to a position: the next change is undone separately."""
        self._held = None
