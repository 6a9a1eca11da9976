"""The branches that a command log tells of, and whose the windows of the loss log are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from echornn.analysis.loss_history import Cause
from echornn.runs.branch import Branch, Moment, starts_over
from echornn.runs.command import Command


class Stretch(NamedTuple):
    """Windows that were trained one after the other in a branch.

    Attributes:
        branch: its number.
        begins: whether the branch begins with it.
        along: windows along the branch's path before them.
        first, last: in the loss log, ``first <= window < last``.
    """

    branch: int
    begins: bool
    along: int
    first: int
    last: int


def tree_of(commands: Sequence[Command], trained: int) -> tuple[list[Branch], list[Stretch]]:
    """The branches, in the order begun, and the stretches of the loss log, in the order trained.

    What a record of version 0.1.0 leaves out is derived: each of its commands began a branch. Where a line is damaged
    that others refer to, they begin at the root.

    Args:
        commands: the whole log.
        trained: windows in the loss log.
    """
    tree = _Tree()
    for index, command in enumerate(commands, start=1):
        tree.take(command, commands[index].at if index < len(commands) else trained)
    return tree.branches, tree.stretches


class _Tree:
    def __init__(self) -> None:
        self.branches: list[Branch] = []
        self.stretches: list[Stretch] = []
        self._ends: list[int] = []
        self._first_at: list[int] = []
        self._number_of: dict[int, int] = {}
        self._here = 0

    def take(self, command: Command, last: int) -> None:
        """A command, and the window of the loss log before which the next one came."""
        returned = self._number_of.get(command.branch) if command.branch is not None else None
        if command.cause == "return" and returned is not None:
            self._here = returned
        else:
            self._begin(command)
        along = self._ends[self._here]
        begins = self._first_at[self._here] == command.at and command.cause != "return"
        self.stretches.append(Stretch(self._here, begins, along, command.at, last))
        self._ends[self._here] += last - command.at

    def _begin(self, command: Command) -> None:
        number = len(self.branches)
        before = self._moment(command.before) if command.before else self._end()
        parent = self._parent(command) if number else None
        cause: Cause = "back" if command.cause == "undo" or command.cause == "return" else command.cause
        position = (command.epoch, command.window, command.generation, command.draw)
        self.branches.append(Branch(number, cause, parent, before if number else None, *position, command.config))
        self._ends.append(self.branches[-1].start)
        self._first_at.append(command.at)
        self._number_of[number if command.branch is None else command.branch] = number
        self._here = number

    def _parent(self, command: Command) -> Moment:
        if command.parent:
            return self._moment(command.parent)
        if command.cause == "undo":
            number, trained = command.back or (-1, 0)
            if not 0 <= number < len(self.branches):
                return Moment(self._here, 0)
            along = self.branches[number].start + trained - self._first_at[number]
            return self._moment((number, along))
        if starts_over(command.cause, self.branches[self._here].config, command.config):
            return Moment(self._here, 0)
        return self._end()

    def _end(self) -> Moment:
        return Moment(self._here, self._ends[self._here]) if self.branches else Moment(0, 0)

    def _moment(self, told: tuple[int, int]) -> Moment:
        number, window = self._number_of.get(told[0]), told[1]
        if number is None or not 0 <= window <= self._ends[number]:
            return Moment(self._here, 0)
        while window and window < self.branches[number].start:
            number = (self.branches[number].parent or Moment(0, 0)).branch
        return Moment(number, window)
