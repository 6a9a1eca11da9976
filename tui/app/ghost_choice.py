"""Which other futures lie under the curve, with the letter and the line of words of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from echornn.analysis.loss_history import Curve
from echornn.runs.branch import changes
from echornn.runs.letters import letter_of
from echornn.runs.timeline import Timeline

MOST_GHOSTS = 8
"""Drawn under the curve; the others are in the list of branches."""

LEAST_SOUGHT = 50
"""Windows to both sides of a fall that are looked at one by one: of fewer, the noise would be told from nothing."""


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another future, or another run, as the curve's background.

    Attributes:
        letter: tells it from the others, where there is no colour too.
        words: what differs, and from where.
        first, last: the windows that are drawn, ``first <= window < last``: those that the curve does not share.
        curve_of: its buckets; see `Timeline.curve`.
        key: the same for the same ghost.
    """

    letter: str
    words: str
    first: int
    last: int
    curve_of: Callable[[int, int, int | None], Curve]
    key: object


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
    """What makes a branch another than the one that it came from, and from which window on."""
    branch = timeline.branch(number)
    name = f"{names[number]}: " if number in names else ""
    since = "" if branch.starts_over else f" from window {branch.start:,}"
    return f"{name}{timeline.differs(number)}{since}"


def ghosts_of(
    timeline: Timeline,
    line: int,
    hidden: Collection[int] = (),
    shown: Collection[int] = (),
    names: Mapping[int, str] = {},
) -> list[Ghost]:
    """The ghosts under the curve of a line: those asked for, and the newest of the others that were not hidden.

    Args:
        line: the branch whose path the curve shows.
        hidden: branches that are to be left out.
        shown: those that come first.
        names: names that were given to branches.
    """
    wanted = [number for number in shown if number < len(timeline)]
    wanted += [number for number in reversed(futures(timeline)) if number not in {*hidden, *wanted}]
    ghosts: list[Ghost] = []
    for number in wanted:
        if len(ghosts) == MOST_GHOSTS:
            break
        first, last = shared(timeline, number, line), timeline.end(number).window
        if last > first:
            curve_of = _curve_of(timeline, number)
            words = _words_beside(timeline, number, line, first, names)
            ghosts.append(Ghost(letter_of(number), words, first, last, curve_of, number))
    return sorted(ghosts, key=lambda ghost: (len(ghost.letter), ghost.letter))


def _words_beside(timeline: Timeline, number: int, line: int, fork: int, names: Mapping[int, str]) -> str:
    """What makes a future another than the line on the screen, and from which window on."""
    config, other = timeline.branch(line).config, timeline.branch(number).config
    differing = changes(config, other)
    name = f"{names[number]}: " if number in names else ""
    fields = ", ".join(f"{field} {value}" for field, (_, value) in differing.items())
    what = fields or _what_came(timeline, number, line)
    return f"{name}{what}{f' from window {fork:,}' if fork else ''}"


def _what_came(timeline: Timeline, number: int, line: int) -> str:
    """What came in a future of the same fields where it left the line: a change, or what had been trained at first."""
    ours = {branch.number for branch in timeline.path(timeline.end(line))}
    theirs = [branch.number for branch in timeline.path(timeline.end(number)) if branch.number not in ours]
    return timeline.differs(theirs[0]) if theirs else "as it first went"


def _curve_of(timeline: Timeline, number: int) -> Callable[[int, int, int | None], Curve]:
    return lambda columns, first, last: timeline.curve(number, columns, first, last)


def before_the_fall(
    curve_of: Callable[[int, int, int | None], Curve], columns: int, first: int, last: int
) -> int | None:
    """The window from which on the loss fell most, of those from ``first`` up to ``last``; None where it did not.

    It is sought in ever smaller parts, until it is known to the window.
    """
    found = None
    while last > first:
        curve = curve_of(columns, first, last)
        fall = moment_before_the_fall(curve)
        if fall is None:
            break
        found, reach = fall, max(4 * curve.width, LEAST_SOUGHT)
        if curve.width == 1:
            break
        first, last = max(first, fall - reach), min(last, fall + reach)
    return found


def moment_before_the_fall(curve: Curve) -> int | None:
    """The first window of the bucket with which the loss fell most; None where it did not.

    That is where the mean loss over some buckets falls by most below what it was over as many before.
    """
    means = curve.mean.astype(float)
    if len(means) < 3 or not all(math.isfinite(one) for one in means):
        means = means[: next((index for index, one in enumerate(means) if not math.isfinite(one)), len(means))]
    if len(means) < 3:
        return None
    reach = max(1, len(means) // 20)
    falls = {
        index: float(means[max(0, index - reach) : index].mean() - means[index : index + reach].mean())
        for index in range(1, len(means))
    }
    best = max(falls, key=falls.__getitem__)
    return int(curve.starts[best]) if falls[best] > 0 else None
