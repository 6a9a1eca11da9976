"""Ghosts: the curves of other branches and runs, drawn under the curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from echornn.config_text import changes_text
from echornn.history.curve import Curve
from echornn.runs.branch_notes import NO_NOTES, BranchNotes
from echornn.session.pictures.window_axis import WindowAxis
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline

MOST_GHOSTS = 8
"""The most ghosts that are drawn; further branches are only in the list of branches."""

SEEDS = {"seed", "replicas"}
"""Fields that are described together."""


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another curve that is drawn under the curve.

    Attributes:
        key: the number of the branch; for another run, its folder.
        letter: a letter that distinguishes the ghost from others, since a terminal may have no colours.
        words: the description of the ghost.
        first, last: the windows that are drawn, ``first <= window < last``: those that the curve does not share.
        since: a text with the first window that is drawn; empty if that is the first of all. The text is never cut off.
        curve: the ghost's losses on the axis; None if it has none there, or if no curve was requested.
    """

    key: int | str
    letter: str
    words: str
    first: int
    last: int
    since: str = ""
    curve: Curve | None = None

    def on(self, axis: WindowAxis, columns: int, timeline: Timeline, branch: int) -> Ghost:
        """The ghost with its curve, on an axis of ``columns`` columns.

        Args:
            timeline: the timeline of the ghost's run.
            branch: the number of the ghost's branch in that run.
        """
        first, last = max(self.first, axis.first), min(self.last, axis.first + axis.length)
        if first >= last or columns == 0:
            return replace(self, curve=None)
        part = max(1, columns * (last - first) // axis.length)
        return replace(self, curve=curve_under(timeline, branch, part, first, last))

    @property
    def terms(self) -> tuple[object, ...]:
        """All attributes except the curve."""
        return self.key, self.letter, self.words, self.first, self.last, self.since


def futures(timeline: Timeline) -> list[int]:
    """The branches with windows that no other branch continues at their end."""
    gone_on = set()
    branches = [timeline.branch(number) for number in range(len(timeline))]
    for branch in branches:
        parent = branch.parent
        if parent is not None and timeline.windows_of(branch.number) and parent == timeline.end(parent.branch):
            gone_on.add(parent.branch)
    return [one.number for one in branches if timeline.windows_of(one.number) and one.number not in gone_on]


def shared(timeline: Timeline, one: int, other: int) -> int:
    """The number of windows that the paths of two branches share."""
    paths = [timeline.path(timeline.end(number)) for number in (one, other)]
    window = 0
    for index, (first, second) in enumerate(zip(*paths, strict=False)):
        if first.number != second.number:
            break
        ends = [
            path[index + 1].start if index + 1 < len(path) else timeline.end(number).window
            for path, number in zip(paths, (one, other), strict=True)
        ]
        window = min(ends)
        if ends[0] != ends[1]:
            break
    return window


def words_of(timeline: Timeline, number: int, names: Mapping[int, str] = {}) -> str:
    """The description of a branch for all lists and legends: how it began, how else it differs from the first branch,
    and where it begins.
    """
    return f"{_words(timeline, number, names)}{_since(timeline, number)}"


def _words(timeline: Timeline, number: int, names: Mapping[int, str]) -> str:
    branch, before = timeline.branch(number), timeline.parent_config(timeline.branch(number))
    named = set() if before is None else set(before.changes_to(branch.config))
    named |= SEEDS if branch.cause == "alone" or named & SEEDS else set()
    others = changes_text(timeline.branch(0).config, branch.config, named)
    name = f"{names[number]}: " if number in names else ""
    return f"{name}{timeline.differs(number)}{f' with {others}' if others else ''}"


def _since(timeline: Timeline, number: int) -> str:
    branch = timeline.branch(number)
    return "" if branch.starts_over else f" from window {branch.start:,}"


def ghosts_of(timeline: Timeline, line: int, notes: BranchNotes = NO_NOTES, most: int = MOST_GHOSTS) -> list[Ghost]:
    """The ghosts of a line, without curves: the pinned branches, then the newest others that are not hidden.

    Args:
        line: the branch whose path the curve shows.
        notes: the user's notes on branches.
    """
    wanted = [number for number in sorted(notes.pinned) if number < len(timeline) and number != line]
    wanted += [number for number in reversed(futures(timeline)) if number not in {line, *notes.hidden, *wanted}]
    ghosts: list[Ghost] = []
    for number in wanted:
        if len(ghosts) == most:
            break
        first, last = shared(timeline, number, line), timeline.end(number).window
        if last > first:
            median = "median: " if timeline.branch(number).config.replicas > 1 else ""
            words, since = f"{median}{_words(timeline, number, notes.names)}", _since(timeline, number)
            ghosts.append(Ghost(number, letter_of(number), words, first, last, since))
    return sorted(ghosts, key=lambda ghost: (len(ghost.letter), ghost.letter))


def curve_under(timeline: Timeline, number: int, columns: int, first: int, last: int | None) -> Curve:
    """The curve of a branch's path as a ghost. With several replicas it is their median, without a range, because the
    worst tenth, drawn beside the curve, would look as if all had failed.
    """
    if timeline.branch(number).config.replicas > 1:
        return timeline.band(number, columns, first, last).as_curve()
    return timeline.curve(number, columns, first, last)
