"""Builds the tree of branches from the command log, and assigns the windows of the loss log to branches."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from echornn.config import MAX_SEED, EchoConfig
from echornn.history.curve import Cause
from echornn.runs.command_log import RecordedCommand
from echornn.runs.loss_layout import LossLayout
from echornn.timeline.branch import Branch, Position, can_continue_under, starts_over


class Stretch(NamedTuple):
    """Windows that were trained in a branch one after the other.

    Attributes:
        branch: the number of the branch.
        begins: whether the branch begins with this stretch.
        along: the number of windows along the branch's path before the stretch.
        first, last: the windows in the loss log, ``first <= window < last``.
    """

    branch: int
    begins: bool
    along: int
    first: int
    last: int


def tree_of(
    commands: Sequence[RecordedCommand], trained: int, lost: int = 0, layout: LossLayout | None = None
) -> tuple[list[Branch], list[Stretch]]:
    """The branches in the order in which they began, and the stretches of the loss log in the order trained.

    Fields that records of version 0.1.0 lack are derived: each of their commands began a branch. If a line is damaged,
    branches that refer to it begin at the root, and an empty branch takes its number, so that all other branches keep
    their numbers. Windows with another number of networks than the commands say get a separate branch.

    Args:
        commands: all commands of the log.
        trained: the number of windows in the loss log.
        lost: the number of unreadable lines of the command log.
        layout: the number of networks of each window; by default as the commands say.
    """
    tree = _Tree(lost)
    if layout is not None:
        commands = list(_all_that_began(commands, trained, layout))
    for index, command in enumerate(commands, start=1):
        tree.take(command, commands[index].at if index < len(commands) else trained)
    return tree.branches, tree.stretches


def _all_that_began(commands: Sequence[RecordedCommand], trained: int, layout: LossLayout) -> Iterator[RecordedCommand]:
    """The commands, and a substitute for each lost command that the windows reveal: they have another number of
    networks than the command before says.
    """
    for index, command in enumerate(commands, start=1):
        yield command
        after = commands[index].at if index < len(commands) else trained
        config = command.config
        for rows in layout.rows(command.at, after):
            if rows.replicas != config.replicas:
                seed = min(config.seed, MAX_SEED - rows.replicas + 1)
                config = dataclasses.replace(config, seed=seed, replicas=rows.replicas)
                yield RecordedCommand(rows.first, "lost", 0, 0, 0, 0, config)


class _Tree:
    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.branches: list[Branch] = []
        self.stretches: list[Stretch] = []
        self._ends: list[int] = []
        self._first_at: list[int] = []
        self._number_of: dict[int, int] = {}
        self._here = 0

    def take(self, command: RecordedCommand, last: int) -> None:
        """Add a command and its windows, up to window ``last`` of the loss log, where the next command came."""
        returned = self._number_of.get(command.branch) if command.branch is not None else None
        if command.cause == "return" and returned is not None:
            self._here = returned
        elif command.cause == "return" and self._is_held(command.branch):
            self._fill(command)
        else:
            self._begin(command)
        along = self._ends[self._here]
        begins = self._first_at[self._here] == command.at and command.cause != "return"
        self.stretches.append(Stretch(self._here, begins, along, command.at, last))
        self._ends[self._here] += last - command.at

    def _begin(self, command: RecordedCommand) -> None:
        missing = (command.branch or 0) - len(self.branches)
        if 0 < missing <= self._lost:
            self._lost -= missing
            for _ in range(missing):
                self._hold_a_number(command.config)
        number = len(self.branches)
        before = self._position(command.before) if command.before else self._end()
        parent = self._parent(command) if number else None
        if parent is not None and parent.window:
            fits = can_continue_under(command.cause, self.branches[parent.branch].config, command.config)
            parent = parent if fits else Position(parent.branch, 0)
        cause: Cause = "back" if command.cause == "undo" or command.cause == "return" else command.cause
        position = (command.epoch, command.window, command.data_version, command.init_index)
        self.branches.append(Branch(number, cause, parent, before if number else None, *position, command.config))
        self._ends.append(self.branches[-1].start)
        self._first_at.append(command.at)
        self._number_of[number if command.branch is None else command.branch] = number
        self._here = number

    def _hold_a_number(self, config: EchoConfig) -> None:
        root = Position(0, 0) if self.branches else None
        self.branches.append(Branch(len(self.branches), "lost", root, root, 0, 0, 0, 0, config))
        self._ends.append(0)
        self._first_at.append(-1)

    def _is_held(self, number: int | None) -> bool:
        return number is not None and number < len(self.branches) and self.branches[number].cause == "lost"

    def _fill(self, command: RecordedCommand) -> None:
        """Continue a branch whose beginning is lost: its earlier windows are in another branch."""
        assert command.branch is not None
        self._here = self._number_of[command.branch] = command.branch
        position = {
            name: getattr(command, name) for name in ("epoch", "window", "data_version", "init_index", "config")
        }
        self.branches[self._here] = dataclasses.replace(self.branches[self._here], **position)

    def _parent(self, command: RecordedCommand) -> Position:
        if command.parent:
            return self._owned(self._position(command.parent))
        if command.cause == "undo":
            number, trained = command.back or (-1, 0)
            if not 0 <= number < len(self.branches):
                return Position(self._here, 0)
            along = self.branches[number].start + trained - self._first_at[number]
            return self._owned(self._position((number, along)))
        if starts_over(command.cause, self.branches[self._here].config, command.config):
            return Position(self._here, 0)
        return self._end()

    def _end(self) -> Position:
        return Position(self._here, self._ends[self._here]) if self.branches else Position(0, 0)

    def _position(self, recorded: tuple[int, int]) -> Position:
        number, window = self._number_of.get(recorded[0]), recorded[1]
        if number is None or not 0 <= window <= self._ends[number]:
            return Position(self._here, 0)
        return Position(number, window)

    def _owned(self, position: Position) -> Position:
        """This position, with the number of the branch that trained it."""
        number, window = position
        while window and window < self.branches[number].start:
            number = (self.branches[number].parent or Position(0, 0)).branch
        return Position(number, window)
