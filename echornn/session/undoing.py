"""`Undoing`: which changes are undone together, and where a redo leads."""

from __future__ import annotations

from echornn.run.branch import Position

ChangeKind = tuple[str, ...]
"""What a held key does again and again: to start over, to draw new data, or to change these
fields."""

ANEW: ChangeKind = ("anew",)
NEW_DATA: ChangeKind = ("data",)

# Between changes of one kind that are undone together, as by a key that is held down
HELD_SECONDS = 1.0


class Undoing:
    def __init__(self) -> None:
        self.undone: list[Position] = []  # where undos were made, to which a redo leads
        self._kind: ChangeKind | None = None  # of the last change; None if the next stands alone
        self._at = 0.0  # its time
        self._before = Position(0, 0)  # its undo

    def changes(
        self, kind: ChangeKind | None, position: Position, now: float, held: bool, never_ran: bool
    ) -> Position:
        """Note a change of this kind at a position; returns to where its undo leads. Quick changes
        of one kind by a held key are undone together, as are those that were never trained."""
        is_another = kind is None or kind != self._kind
        is_quick = held and now - self._at < HELD_SECONDS
        if not is_another and (is_quick or never_ran):
            position = self._before
        self._kind, self._at, self._before = kind, now, position
        return position

    def went(self, position: Position) -> None:
        """The next change is undone separately."""
        self._kind, self._at, self._before = None, 0.0, position
