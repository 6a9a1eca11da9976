"""The number of a network in a run, which is the same in all branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, path_to, path_to_end


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
