"""The list of the branches of a run, as values for the screen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.runs.branch_notes import BranchNotes
from echornn.session.pictures.ghosts import futures, words_of
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline


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
