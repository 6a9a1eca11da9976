"""Ghosts: other branches, and other runs, whose curves lie under the curve that is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from echornn.config_text import changes_text
from echornn.history.curve import Curve
from echornn.session.window_axis import WindowAxis
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline

MOST_GHOSTS = 8
"""Drawn under the curve; the others are in the list of branches."""

SEEDS = {"seed", "replicas"}
"""Fields that are told together."""


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another curve under the curve.

    Attributes:
        key: the branch's number; of another run its folder.
        letter: tells it from the others, where there is no colour too.
        words: what it is.
        first, last: the windows that are drawn, ``first <= window < last``: those that the curve does not share.
        since: from which window on, if not from the first; it is told however many words there are.
        curve: those of its losses that lie on the axis; None where none do, or no curve was asked for.
    """

    key: int | str
    letter: str
    words: str
    first: int
    last: int
    since: str = ""
    curve: Curve | None = None

    def on(self, axis: WindowAxis, columns: int, timeline: Timeline, branch: int) -> Ghost:
        """The ghost with its curve on an axis of so many columns.

        Args:
            timeline: of the run that it is of.
            branch: which of the run's.
        """
        first, last = max(self.first, axis.first), min(self.last, axis.first + axis.length)
        if first >= last or columns == 0:
            return replace(self, curve=None)
        part = max(1, columns * (last - first) // axis.length)
        return replace(self, curve=curve_under(timeline, branch, part, first, last))

    @property
    def terms(self) -> tuple[object, ...]:
        """All but the curve."""
        return self.key, self.letter, self.words, self.first, self.last, self.since


def futures(timeline: Timeline) -> list[int]:
    """The branches that end where no other goes on, and that something was trained in: each is a whole future."""
    gone_on = set()
    branches = [timeline.branch(number) for number in range(len(timeline))]
    for branch in branches:
        parent = branch.parent
        if parent is not None and timeline.windows_of(branch.number) and parent == timeline.end(parent.branch):
            gone_on.add(parent.branch)
    return [one.number for one in branches if timeline.windows_of(one.number) and one.number not in gone_on]


def shared(timeline: Timeline, one: int, other: int) -> int:
    """Windows that the paths of two branches have in common."""
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
    """What a branch is, the same wherever it is named: how it began, what else differs from the first branch, and from
    which window on."""
    return f"{_words(timeline, number, names)}{_since(timeline, number)}"


def _words(timeline: Timeline, number: int, names: Mapping[int, str]) -> str:
    branch, before = timeline.branch(number), timeline.parent_config(timeline.branch(number))
    told = set() if before is None else set(before.changes_to(branch.config))
    told |= SEEDS if branch.cause == "alone" or told & SEEDS else set()
    others = changes_text(timeline.branch(0).config, branch.config, told)
    name = f"{names[number]}: " if number in names else ""
    return f"{name}{timeline.differs(number)}{f' with {others}' if others else ''}"


def _since(timeline: Timeline, number: int) -> str:
    branch = timeline.branch(number)
    return "" if branch.starts_over else f" from window {branch.start:,}"


def ghosts_of(
    timeline: Timeline,
    line: int,
    hidden: Collection[int] = (),
    pinned: Collection[int] = (),
    names: Mapping[int, str] = {},
) -> list[Ghost]:
    """The ghosts of a line without their curves: the pinned ones, and the newest of the others that are not hidden.

    Args:
        line: the branch whose path the curve shows.
        hidden: branches that are left out.
        pinned: branches that come first.
        names: names that were given to branches.
    """
    wanted = [number for number in pinned if number < len(timeline) and number != line]
    wanted += [number for number in reversed(futures(timeline)) if number not in {line, *hidden, *wanted}]
    ghosts: list[Ghost] = []
    for number in wanted:
        if len(ghosts) == MOST_GHOSTS:
            break
        first, last = shared(timeline, number, line), timeline.end(number).window
        if last > first:
            median = "median: " if timeline.branch(number).config.replicas > 1 else ""
            words, since = f"{median}{_words(timeline, number, names)}", _since(timeline, number)
            ghosts.append(Ghost(number, letter_of(number), words, first, last, since))
    return sorted(ghosts, key=lambda ghost: (len(ghost.letter), ghost.letter))


def curve_under(timeline: Timeline, number: int, columns: int, first: int, last: int | None) -> Curve:
    """A branch's path as a ghost; for several replicas their median, alone: beside it, what a tenth of them lose would
    look like a failure of all."""
    if timeline.branch(number).config.replicas > 1:
        return timeline.band(number, columns, first, last).as_curve()
    return timeline.curve(number, columns, first, last)
