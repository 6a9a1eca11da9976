"""The list of a run's branches, as values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.session.ghosts import futures, words_of
from echornn.session.queries import GhostChoice
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline


@dataclass(frozen=True)
class BranchRow:
    """A branch, for the list.

    Attributes:
        number, letter: which one.
        words: what differs, and from where.
        windows: along its path.
        mean: mean loss of the last windows of its path, in nats; NaN without one.
        solved_at: window along its path, from 1; None where it is not solved.
        lost_at: window along its path, from 1, at which it was lost again; None where it was not.
        seed_stats: of several replicas, how many had solved the task, and lost it again; None for one network.
        is_line: whether the curve shows it.
        is_shown: whether it lies under the curve.
        is_pinned: whether it always does.
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


def branch_rows(timeline: Timeline, line: int, choice: GhostChoice, shown: Collection[object]) -> tuple[BranchRow, ...]:
    """All branches that something was trained in and no other goes on, and the line's, the newest first.

    Args:
        line: the branch that the curve shows.
        shown: the numbers of those under the curve.
    """
    names = dict(choice.names)
    return tuple(
        BranchRow(
            number,
            letter_of(number),
            words_of(timeline, number, names),
            timeline.end(number).window,
            timeline.mean_loss(number),
            timeline.solved_at(number),
            timeline.lost_at(number),
            timeline.counts(number),
            number == line,
            number in shown,
            number in choice.pinned,
        )
        for number in sorted({*futures(timeline), line}, reverse=True)
    )
