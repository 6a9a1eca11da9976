"""Which number a network of a run has, the same in all branches; and which network a number
means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.errors import RunError
from echornn.run.branch import Position, index_in
from echornn.run.run import Run


@dataclass(frozen=True)
class Numbering:
    """The numbers of a run's networks: by how much a seed is above that of the first of several
    networks."""

    first_seed: int | None  # None if the run never trained several: then the number is always 0

    @classmethod
    def of(cls, run: Run) -> Numbering:
        for config in configs_of(run):
            if config.replicas > 1:
                return cls(config.seed)
        return cls(None)

    @property
    def has_several(self) -> bool:
        return self.first_seed is not None

    def numbers(self, config: EchoConfig) -> range:
        """The numbers of the networks of a configuration; one that goes on alone keeps its own."""
        first = 0
        if self.first_seed is not None:
            first = config.seed - self.first_seed
        return range(first, first + config.replicas)

    def require(self, number: int | None, configs: Iterable[EchoConfig]) -> None:
        """A RunError if no network of these configurations has this number; None means all."""
        ranges = {self.numbers(config) for config in configs}
        if number is None or any(number in numbers for numbers in ranges):
            return
        raise RunError(f"replica = {number} cannot be used: {_in_words(ranges)}")


def _in_words(ranges: Iterable[range]) -> str:
    texts: list[str] = []
    widest_first = sorted(ranges, key=lambda numbers: (numbers.start, -numbers.stop))
    end = widest_first[0].start
    for numbers in widest_first:
        if numbers.stop <= end:
            continue  # within those before
        end = numbers.stop
        texts.append(f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0]))
    if end - widest_first[0].start == 1:
        return f"only {texts[0]}, a single network"
    return ", ".join(texts)


@dataclass(frozen=True)
class NetworkThere:
    """A network at a position of a run."""

    config: EchoConfig  # of all networks there
    index: int  # of this network among them
    number: int  # of this network in the run


def network_at(run: Run, position: Position, number: int | None = None) -> NetworkThere:
    """The network with this number at a position; by default the first, or the one that goes on
    alone. A RunError if there is no such network."""
    numbering = Numbering.of(run)
    owner = run.owner(position)
    config = run.config if owner is None else owner.config
    numbers = numbering.numbers(config)
    if number is not None:
        numbering.require(number, [config])
        return NetworkThere(config, numbers.index(number), number)
    index = 0
    if owner is not None:
        index = index_in(config, run.tree.branch(position.branch).config)
    return NetworkThere(config, index, numbers[index])


def configs_of(run: Run, end: Position | None = None) -> list[EchoConfig]:
    """The configuration of each branch of a run; with ``end``, of those on the path to that
    position."""
    if not len(run.tree):
        return [run.config]
    branches = run.tree.branches if end is None else run.tree.path(end)
    return [branch.config for branch in branches]


def data_seed_of(run: Run) -> int:
    """The seed of the held-out data of all networks of a run, on which they can be compared: that
    with which the run began."""
    return configs_of(run)[0].seed
