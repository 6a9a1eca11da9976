"""Finds the target of an undo, and the edit that made the loss diverge: pure functions of the run's tree."""

from __future__ import annotations

from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from echornn.timeline.track import GOOD_WINDOWS

MOST_COUNTED = 99
"""The largest count of undoable changes."""


def before_the_change(timeline: Timeline, here: Position) -> Position | None:
    """The position before the last change. If the loss has diverged: the last good position, or the position before the
    edit that made it diverge. None if there is no such position.
    """
    if timeline.bad_since(here) is None:
        return timeline.owner(here).before
    position: Position | None = here
    while position is not None and timeline.bad_since(position) is not None:
        before = _before_it_went_bad(timeline, position)
        position = None if before == position else before
    return None if position == here else position


def before_it_diverged(timeline: Timeline, here: Position) -> int | None:
    """The number of windows along the path after which the loss was last finite. An undo goes there, or to the position
    before the edit that made it diverge. None if the loss has not diverged, or if the undo leaves the path.
    """
    if not timeline.diverged(here) or (before := before_the_change(timeline, here)) is None:
        return None
    owner, line = timeline.owner(before), here.branch
    there = [at for at in (before.window, before.window - 1) if at >= 0]
    return next((at for at in there if timeline.owner(Position(line, at)) == owner), None)


def _before_it_went_bad(timeline: Timeline, position: Position) -> Position | None:
    bad = timeline.bad_since(position)
    assert bad is not None
    if suspects := _suspects(timeline, position, bad):
        return suspects[0].before
    path = timeline.path(Position(position.branch, bad))
    late = [branch for branch in path if branch.start + GOOD_WINDOWS > bad]
    if late and late[0].before is not None:
        return late[0].before
    return Position(path[0].number, 0) if late else Position(path[-1].number, bad - GOOD_WINDOWS)


def _suspects(timeline: Timeline, position: Position, bad: int) -> list[Branch]:
    """The edits on the path shortly before the loss became bad, without edits of only ``num_epochs``."""
    soon = [branch for branch in timeline.path(position) if branch.start <= bad < branch.start + GOOD_WINDOWS]
    return [branch for branch in soon if branch.cause in ("edit", "preset") and _edited(timeline, branch)]


def _edited(timeline: Timeline, branch: Branch) -> set[str]:
    """The fields that an edit changed, except ``num_epochs``."""
    before = timeline.parent_config(branch) or branch.config
    return before.changes_to(branch.config).keys() - {"num_epochs"}


def before_the_replicas(timeline: Timeline, here: Position) -> Position | None:
    """The position of the single network from which these replicas were made; None if there was none."""
    position: Position | None = here
    while position is not None and timeline.owner(position).config.replicas > 1:
        position = timeline.path(position)[0].before
    return position


def undoable(timeline: Timeline, here: Position) -> int:
    """How many changes can be undone one after the other; at most `MOST_COUNTED`."""
    count, position = 0, before_the_change(timeline, here) if len(timeline) else None
    while position is not None and count < MOST_COUNTED:
        count, position = count + 1, timeline.owner(position).before
    return count


def blamed(timeline: Timeline, here: Position) -> tuple[str, ...]:
    """The fields of the edits shortly before the loss became NaN or infinite; empty after a later change."""
    bad = timeline.bad_since(here) if len(timeline) else None
    path = timeline.path(here) if bad is not None else ()
    if bad is None or bad < path[-1].start:
        return ()
    return tuple(sorted(set().union(*(_edited(timeline, branch) for branch in _suspects(timeline, here, bad)))))
