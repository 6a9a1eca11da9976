"""The facts about each branch of a run: where it began, what changed there, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from echornn.diagnosis.seed_stats import SeedStats
from echornn.files.run_error import RunError
from echornn.runs.run_dir import Run
from echornn.timeline.letters import letter_of
from echornn.timeline.timeline import Timeline


@dataclass(frozen=True, eq=False)
class BranchFacts:
    """A branch of a run. With several networks, the losses are medians.

    Attributes:
        number: the number of the branch, from 0, in the order in which they began.
        letter: its name on the screen.
        parent: the parent's number; None for the first branch.
        at: the window of the parent's path at which the branch begins.
        windows: the number of windows trained in the branch itself.
        path: the number of windows along its path.
        differs: what changed at its beginning, in words.
        newest_loss: the loss of the last window of its path, in nats or squared error; NaN if there is none.
        mean_loss: the mean of the last windows of its path, see `echornn.diagnosis.loss_stats.RECENT_WINDOWS`.
        solved_at: the window of its path, from 1, at which the task was solved; None if it was not. With several
            networks, the window by which half of them had solved it.
        lost_at: the window at which it was lost again; None if it was not, and for several networks.
        here: whether the run's position is on the branch.
        seed_stats: the results of the networks, if there are several; else None.
    """

    number: int
    letter: str
    parent: int | None
    at: int
    windows: int
    path: int
    differs: str
    newest_loss: float
    mean_loss: float
    solved_at: int | None
    lost_at: int | None
    here: bool
    seed_stats: SeedStats | None


def timeline_of(run: Run) -> Timeline:
    """The timeline of a run.

    Raises:
        RunError: the losses cannot be read.
    """
    try:
        return run.timeline()
    except OSError as error:
        raise RunError(f"{run.folder} cannot be read: {error.strerror or error}") from error


def branch_facts(run: Run, timeline: Timeline | None = None) -> Iterator[BranchFacts]:
    """The facts about each branch, in the order in which they began.

    Args:
        timeline: the run's timeline, if it is known already.

    Raises:
        RunError: the losses cannot be read.
    """
    timeline = timeline_of(run) if timeline is None else timeline
    for number in range(len(timeline)):
        branch, end = timeline.branch(number), timeline.end(number)
        yield BranchFacts(
            number,
            letter_of(number),
            None if branch.parent is None else branch.parent.branch,
            branch.start,
            timeline.windows_of(number),
            end.window,
            timeline.differs(number),
            timeline.newest_loss(number),
            timeline.mean_loss(number),
            timeline.solved_at(number),
            timeline.lost_at(number),
            number == run.position.branch,
            timeline.seed_stats(end),
        )
