"""The facts about each branch of a run: where it began, what changed there, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats
from echornn.errors import RunError
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, letter_of, path_to, path_to_end
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


@dataclass(frozen=True)
class ReplicaNumbers:
    """The numbers of a run's networks. A network's number is its seed minus the seed of the first network.

    A network keeps its number if it continues alone. If the run never trained several networks side by side, the number
    is 0, whatever the seed.

    Attributes:
        first_seed: the seed of network 0; None if the run has no replicas.
    """

    first_seed: int | None

    @classmethod
    def of(cls, run: Run) -> ReplicaNumbers:
        """The numbers of the networks of a run."""
        return cls(next((one.seed for one in configs_of(run) if one.replicas > 1), None))

    def first(self, config: EchoConfig) -> int:
        """The number of the first network of a configuration; the others have the following numbers."""
        return 0 if self.first_seed is None else config.seed - self.first_seed

    def index(self, number: int, config: EchoConfig) -> int | None:
        """The index (from 0) in a configuration of the network with this number; None if there is none."""
        index = number - self.first(config)
        return index if 0 <= index < config.replicas else None

    def require(self, number: int, configs: Sequence[EchoConfig]) -> None:
        """Check that some network of these configurations has this number.

        Raises:
            RunError: no network has this number.
        """
        if all(self.index(number, config) is None for config in configs):
            there = sorted({self.first(config) + index for config in configs for index in range(config.replicas)})
            allowed = f"only {there[0]}, a single network" if len(there) == 1 else _ranges(there)
            raise RunError(f"replica = {number} cannot be used: {allowed}")


def configs_of(run: Run, end: Position | None = None) -> list[EchoConfig]:
    """The configuration of each branch of a run, in the order in which they began; with ``end``, only of the branches
    on the path to that position.
    """
    branches = run.tree[0]
    if branches and end is not None:
        branches = list(path_to(end.window, path_to_end(branches[end.branch], branches.__getitem__)))
    return [branch.config for branch in branches] or [run.config]


def most_replicas(run: Run) -> int:
    """The largest number of networks that any branch of a run trains side by side."""
    return max(config.replicas for config in configs_of(run))


def _ranges(numbers: Sequence[int]) -> str:
    """Increasing numbers as text; consecutive numbers become a range."""
    firsts = [one for at, one in enumerate(numbers) if not at or numbers[at - 1] != one - 1]
    lasts = [one for at, one in enumerate(numbers) if at + 1 == len(numbers) or numbers[at + 1] != one + 1]
    return ", ".join(
        str(first) if first == last else f"{first} to {last}" for first, last in zip(firsts, lasts, strict=True)
    )
