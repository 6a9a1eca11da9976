"""The log of the commands that began the branches of a run, one per line; and the tree of branches that they make."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.recorded_values import NO_RECORD, as_recorded, config_from, from_recorded, record_of_changes, whole
from echornn.history.curve import Cause
from echornn.runs.checkpoint import Checkpoint
from echornn.timeline.branch import Branch, Position, can_continue_under, starts_over

Deed = Literal[Cause, "return", "undo"]
"""What began a stretch of windows: a branch, or training on at a branch's end (return); undo only in version 0.1.0."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command that began a stretch of windows; the fields without a comment are as in `Branch`, after it. Records of
    version 0.1.0 lack the last three: each of their commands began a branch.
    """

    at: int  # the windows trained before, in the whole run
    cause: Deed
    epoch: int
    window: int
    data_version: int
    init_index: int
    config: EchoConfig
    back: tuple[int, int] | None = None  # where an undo led: a command's number, and the windows in the run by then
    branch: int | None = None  # that it begins or continues
    parent: tuple[int, int] | None = None
    before: tuple[int, int] | None = None

    @classmethod
    def begins(cls, branch: Branch, at: int) -> RecordedCommand:
        position = (branch.epoch, branch.window, branch.data_version, branch.init_index)
        return cls(at, branch.cause, *position, branch.config, None, branch.number, branch.parent, branch.before)

    @classmethod
    def returns(cls, branch: Branch, end: Position, at: int) -> RecordedCommand:
        position = (*branch.epoch_and_window(end.window), branch.data_version, branch.init_index)
        return cls(at, "return", *position, branch.config, None, branch.number)

    def as_line(self) -> bytes:
        """The command as a line of the log, which needs no other line, in case some are lost."""
        fields = as_recorded({name: value for name, value in vars(self).items() if value is not None})
        fields["config"] = record_of_changes(self.config)
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RecordedCommand:
        """The command in a line of the log; an error of `NO_RECORD` if it is none."""
        fields = from_recorded(json.loads(line))
        fields["config"] = config_from(fields["config"])
        for name, value in fields.items():
            if name in ("back", "parent", "before") and value is not None:
                number, windows = value
                fields[name] = (whole(number, name), whole(windows, name))
            elif name not in ("cause", "config") and value is not None:
                whole(value, name)
        command = cls(**fields)
        if command.cause not in get_args(Deed):
            raise ValueError("not a cause")
        return command


def read_commands(
    file: Path, chosen: Checkpoint | None, at_the_start: EchoConfig
) -> tuple[list[RecordedCommand], int, int]:
    """The commands up to a checkpoint, and how many lines are unreadable, and there are."""
    commands: list[RecordedCommand] = []
    if chosen is None:
        return commands, 0, 0
    with own_files.reader(file) as log:
        lines = log.read(chosen.commands.length).splitlines()
    for line in lines:
        with contextlib.suppress(*NO_RECORD):
            command = RecordedCommand.from_line(line)
            if (commands[-1].at if commands else 0) <= command.at <= chosen.trained:
                commands.append(command)
    unreadable = len(lines) - len(commands)
    if not commands or commands[0].at:
        commands.insert(0, RecordedCommand(0, "start", 0, 0, 0, 0, at_the_start))
    return commands, unreadable, len(lines)


class Stretch(NamedTuple):
    """Windows that were trained in a branch one after the other: ``first <= window < last`` in the loss log."""

    branch: int
    along: int  # the windows of the branch's path before them
    first: int
    last: int


class RecordedTree(NamedTuple):
    """The tree of a run's branches, and the loss log in its order."""

    branches: list[Branch]
    stretches: list[Stretch]
    ends: list[int]  # the windows along the path of each branch


def tree_of(commands: Sequence[RecordedCommand], trained: int, lost: int) -> RecordedTree:
    """The tree that the commands made. If ``lost`` lines are damaged, branches that refer to them begin at the root,
    and empty branches take their numbers, so that all other branches keep theirs.
    """
    builder = _Builder(lost)
    for command, last in zip(commands, [*(one.at for one in commands[1:]), trained], strict=False):
        builder.take(command, last)
    return builder.tree


class _Builder:
    def __init__(self, lost: int) -> None:
        self.tree = RecordedTree([], [], [])
        self._lost = lost
        self._number_of: dict[int | None, int] = {}  # by the number in the record
        self._here = 0

    def take(self, command: RecordedCommand, last: int) -> None:
        _, stretches, ends = self.tree
        if command.cause == "return" and command.branch in self._number_of:
            self._here = self._number_of[command.branch]
        else:
            self._begin(command)
        stretches.append(Stretch(self._here, ends[self._here], command.at, last))
        ends[self._here] += last - command.at

    def _begin(self, command: RecordedCommand) -> None:
        branches, _, ends = self.tree
        place = (command.epoch, command.window, command.data_version, command.init_index, command.config)
        missing = (command.branch or 0) - len(branches)
        if 0 < missing <= self._lost:
            self._lost -= missing
            for number in range(len(branches), len(branches) + missing):
                root = Position(0, 0) if branches else None
                branches.append(Branch(number, "lost", root, root, *place))
                ends.append(0)
                self._number_of[number] = number
        number, parent, before = len(branches), None, None
        if number:
            before = self._position(*command.before) if command.before else self._end()
            parent = self._parent(command)
            own = branches[parent.branch].config
            if parent.window and not can_continue_under(command.cause, own, command.config):
                parent = Position(parent.branch, 0)
        cause: Cause = "back" if command.cause == "undo" or command.cause == "return" else command.cause
        branches.append(Branch(number, cause, parent, before, *place))
        ends.append(branches[-1].start)
        self._here = self._number_of[number if command.branch is None else command.branch] = number

    def _parent(self, command: RecordedCommand) -> Position:
        branches, stretches, _ = self.tree
        if command.parent:
            return self._owned(self._position(*command.parent))
        if command.cause == "undo":
            number, trained = command.back or (-1, 0)
            begun = next((one.first for one in stretches if one.branch == number), None)
            if begun is None:
                return Position(self._here, 0)
            return self._owned(self._position(number, branches[number].start + trained - begun))
        if starts_over(command.cause, branches[self._here].config, command.config):
            return Position(self._here, 0)
        return self._end()

    def _end(self) -> Position:
        return Position(self._here, self.tree.ends[self._here])

    def _position(self, recorded_number: int, window: int) -> Position:
        number = self._number_of.get(recorded_number)
        if number is None or not 0 <= window <= self.tree.ends[number]:
            return Position(self._here, 0)
        return Position(number, window)

    def _owned(self, position: Position) -> Position:
        """This position, with the number of the branch that trained it."""
        number, window = position
        while window and window < self.tree.branches[number].start:
            number = (self.tree.branches[number].parent or Position(0, 0)).branch
        return Position(number, window)
