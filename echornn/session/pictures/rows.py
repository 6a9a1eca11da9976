"""The axis of windows: where it begins, and how long it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from echornn.config import changes_text
from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.history.curve import Curve
from echornn.history.pyramid import Windows
from echornn.progress import Floats
from echornn.runs.branch_notes import NO_NOTES, BranchNotes
from echornn.session.pictures.queries import Span
from echornn.timeline.branch import letter_of
from echornn.timeline.timeline import Timeline


class WindowAxis(NamedTuple):
    """The first window shown, the window after the last, and the number of windows for which the axis has space."""

    first: int
    last: int
    length: int

    @classmethod
    def of(cls, span: Span, trained: int, longest: int) -> WindowAxis:
        """The axis for a line of ``trained`` windows. If all are shown, it fits the longest curve."""
        first, last = span.limits(trained)
        if span.windows is None:
            return cls(first, last, int(axis_end(max(last - first, longest))))
        return cls(first, last, max(span.windows, last - first))


def axis_end(windows: int) -> float:
    """The length of the axis of windows: a round number that grows in steps, so that the curve need not be drawn anew
    in every frame.
    """
    if windows <= 100:
        return 100.0
    power = 10.0 ** math.floor(math.log10(windows))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 6, 8, 10) if step * power >= windows)


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


@dataclass(frozen=True)
class BranchRow:
    """A branch in the list of branches.

    Attributes:
        number, letter: the number and the letter of the branch.
        words: how it differs from the first branch, and from which window on.
        windows: the number of windows along its path.
        mean: mean loss of the last windows of its path in nats; NaN if there are none.
        solved_at: the window along its path, from 1, at which the task was solved; None if it was not.
        lost_at: the window along its path, from 1, at which the task was lost again; None if it was not.
        seed_stats: with several replicas, how many have solved the task and how many have lost it; None for a single
            network.
        is_line: whether it is the branch whose path the curve shows.
        is_shown: whether it is drawn under the curve.
        is_pinned: whether it is always drawn under the curve.
    """

    number: int
    letter: str
    words: str
    windows: int
    mean: float
    solved_at: int | None
    lost_at: int | None
    seed_stats: SolvedCounts | None
    is_line: bool
    is_shown: bool
    is_pinned: bool


def branch_rows(timeline: Timeline, line: int, notes: BranchNotes, shown: Collection[object]) -> tuple[BranchRow, ...]:
    """The branches to list, newest first: those with windows that no other branch continues at their end, and ``line``.

    Args:
        line: the branch whose path the curve shows.
        shown: the numbers of the branches under the curve.
    """
    return tuple(
        BranchRow(
            number,
            letter_of(number),
            words_of(timeline, number, notes.names),
            timeline.end(number).window,
            timeline.mean_loss(number),
            timeline.solved_at(number),
            timeline.lost_at(number),
            timeline.counts(number),
            number == line,
            number in shown,
            number in notes.pinned,
        )
        for number in sorted({*futures(timeline), line}, reverse=True)
    )


Shades = Callable[[Sequence[int], int, int, int], Floats]
"""(replicas, columns, first window, window after the last) -> float32 [replicas, columns], with fewer columns if there
are fewer windows; like `Timeline.shades`.
"""


@dataclass(frozen=True, eq=False)
class SeedLosses:
    """Mean losses of some replicas in the columns of an axis, as far as windows are trained.

    Attributes:
        replicas: the indices of the replicas, in the order of the rows.
        losses: float32 [replicas, shown], in nats: the columns that begin before the last trained window.
        windows: int64 [shown], the middle window of each column, from 0.
    """

    replicas: tuple[int, ...]
    losses: Floats
    windows: Windows


def seed_losses(replicas: Sequence[int], shades_of: Shades, axis: WindowAxis, columns: int) -> SeedLosses:
    """The losses in each column of an axis. Later windows do not change columns that are complete.

    Args:
        shades_of: computes mean losses; see `Shades`.
        columns: the columns of the axis, at least 1.
    """
    first, last, length = axis
    windows = first + ((np.arange(columns) + 0.5) / columns * length).astype(np.int64)
    if length <= columns:
        windows = windows[windows < last]
        return SeedLosses(tuple(replicas), shades_of(replicas, last - first, first, last)[:, windows - first], windows)
    whole = (last - first) * columns // length
    end = first + whole * length // columns
    parts = [shades_of(replicas, whole, first, end)]
    if end < last:
        parts.append(shades_of(replicas, 1, end, last))
    losses = np.concatenate(parts, axis=1)
    return SeedLosses(tuple(replicas), losses, windows[: losses.shape[1]])
