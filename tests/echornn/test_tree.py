"""The tree of a run's branches, against a list of its windows in the order they were trained in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.run.branch import Branch, Position
from echornn.run.tree import LogRange, Tree

CONFIG = EchoConfig()


def branch(number: int, parent: Position | None, config: EchoConfig = CONFIG) -> Branch:
    return Branch(number, "back", parent, parent, 0, 0, 0, 0, config)


@dataclass
class Grown:
    """A tree, and what it is compared with: where each branch began, and of each window that was
    trained its branch and its number along the path."""

    tree: Tree = field(default_factory=Tree)
    forks: list[Position] = field(default_factory=list)
    trained: list[Position] = field(default_factory=list)
    growing: int = 0

    def begin(self, fork: Position) -> None:
        self.growing = len(self.forks)
        self.tree.begin(branch(self.growing, fork if self.forks else None))
        self.forks.append(fork)

    def go_on(self, number: int) -> None:
        self.growing = number
        self.tree.go_on(number)

    def grow(self, windows: int) -> None:
        for _ in range(windows):
            self.trained.append(Position(self.growing, self.end(self.growing)))
        self.tree.grew(windows)

    def end(self, number: int) -> int:
        return self.forks[number].window + sum(window.branch == number for window in self.trained)

    def owner(self, position: Position) -> int:
        number, window = position
        while window < self.forks[number].window:
            number = self.forks[number].branch
        return number

    def owners(self, position: Position) -> list[int]:
        """The branches that trained the windows on the path to a position."""
        number, window = position
        fork = self.forks[number]
        if not fork.window:
            return [number] * window
        before = self.owners(Position(fork.branch, min(window, fork.window)))
        return before + [number] * (window - fork.window)


@st.composite
def trees(draw: st.DrawFn) -> Grown:
    grown = Grown()
    grown.begin(Position(0, 0))
    steps = st.lists(st.sampled_from(["begin", "go on", "stay"]), min_size=8, max_size=20)
    for step in draw(steps):
        if step == "begin":
            grown.begin(draw(positions(grown)))
        elif step == "go on":
            grown.go_on(draw(st.integers(0, len(grown.forks) - 1)))
        grown.grow(draw(st.integers(0, 5)))
    return grown


@st.composite
def positions(draw: st.DrawFn, grown: Grown) -> Position:
    number = draw(st.integers(0, len(grown.forks) - 1))
    return Position(number, draw(st.integers(0, grown.end(number))))


def windows_in(ranges: Iterable[LogRange]) -> list[tuple[int, Position]]:
    """The windows of ranges, each with its place in the logs."""
    windows = []
    for part in ranges:
        for window in range(part.first, part.last):
            at = part.at + window - part.first
            windows.append((at, Position(part.branch.number, window)))
    return windows


@given(trees(), st.data(), st.integers(0, 30))
def test_a_path_has_the_windows_up_to_each_fork(
    grown: Grown, data: st.DataObject, since: int
) -> None:
    position = data.draw(positions(grown))
    path = []
    for window, number in enumerate(grown.owners(position)):
        trained = Position(number, window)
        path.append((grown.trained.index(trained), trained))
    assert windows_in(grown.tree.ranges(position, since)) == path[since:]


@given(trees(), st.data(), st.integers(-1, 30))
def test_the_spans_of_a_path_adjoin_and_are_of_those_that_trained_them(
    grown: Grown, data: st.DataObject, since: int
) -> None:
    position = data.draw(positions(grown))
    spans = grown.tree.spans(position)
    owners: list[int] = []
    for span in spans:
        assert span.first == len(owners) == span.branch.start
        owners += [span.branch.number] * (span.last - span.first)
    assert owners == grown.owners(position)
    assert grown.tree.path(position) == tuple(span.branch for span in spans)
    reached = [span for span in spans if span.last > since]
    assert grown.tree.spans(position, since) == (reached or spans[-1:])


@given(trees(), st.integers(-1, 12), st.integers(-1, 30))
def test_a_position_is_there_up_to_the_end_of_its_branch(
    grown: Grown, number: int, window: int
) -> None:
    position = Position(number, window)
    if not 0 <= number < len(grown.forks):
        assert not grown.tree.has(position)
        return
    end = grown.end(number)
    assert grown.tree.end(number) == Position(number, end)
    assert grown.tree.windows_of(number) == end - grown.forks[number].window
    assert grown.tree.has(position) == (0 <= window <= end)
    if 0 <= window <= end:
        assert grown.tree.owner(position).number == grown.owner(position)


@given(trees(), st.data())
def test_a_branch_continues_the_one_that_trained_the_window_before_it(
    grown: Grown, data: st.DataObject
) -> None:
    fork = data.draw(positions(grown))
    number = len(grown.forks)
    begun = grown.tree.begin(branch(number, fork))
    assert begun == grown.tree.branch(number)
    owner = grown.owner(fork) if fork.window else fork.branch
    assert begun.parent == Position(owner, fork.window)
    assert grown.tree.end(number) == Position(number, fork.window)


def test_a_branch_cannot_begin_where_nothing_was_trained_nor_with_other_networks() -> None:
    grown = Grown()
    grown.begin(Position(0, 0))
    grown.grow(3)
    with pytest.raises(ValueError, match="does not have"):
        grown.tree.begin(branch(1, Position(0, 4)))
    with pytest.raises(ValueError, match="with this configuration"):
        grown.tree.begin(branch(1, Position(0, 3), replace(CONFIG, replicas=2)))
    assert len(grown.tree) == 1
