"""The log of the commands that began the branches of a run, one per line; and the tree of branches that they make."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from echornn.config import MAX_SEED, EchoConfig
from echornn.files import own_files
from echornn.files.recorded_values import (
    NO_RECORD,
    as_recorded,
    config_from,
    from_recorded,
    record_of_changes,
    whole,
)
from echornn.history.curve import Cause
from echornn.runs.checkpoint import Checkpoint, LossLayout
from echornn.timeline.branch import Branch, Position, can_continue_under, starts_over

Deed = Literal[Cause, "return", "undo"]
"""What began a stretch of windows: a branch, or training on at a branch's end (return); undo only in version 0.1.0."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command that began a stretch of windows.

    Attributes:
        at: the number of windows trained before, in the whole run.
        epoch, window, data_version, init_index, config: as in `Branch`, after the command.
        back: only for an undo of version 0.1.0: its target, as the number (from 0) of the command that began those
            windows, and the windows trained in the whole run by then.
        branch: the branch that it begins or continues; None in records of version 0.1.0, where each begins one.
        parent, before: as in `Branch`; None for the first command, and in records of version 0.1.0.
    """

    at: int
    cause: Deed
    epoch: int
    window: int
    data_version: int
    init_index: int
    config: EchoConfig
    back: tuple[int, int] | None = None
    branch: int | None = None
    parent: tuple[int, int] | None = None
    before: tuple[int, int] | None = None

    @classmethod
    def begins(cls, branch: Branch, at: int) -> RecordedCommand:
        """The command that began a branch, after ``at`` windows in the whole run."""
        position = (branch.epoch, branch.window, branch.data_version, branch.init_index)
        return cls(at, branch.cause, *position, branch.config, None, branch.number, branch.parent, branch.before)

    @classmethod
    def returns(cls, branch: Branch, end: Position, at: int) -> RecordedCommand:
        """The command that trains on at the end of a branch."""
        position = (*branch.epoch_and_window(end.window), branch.data_version, branch.init_index)
        return cls(at, "return", *position, branch.config, None, branch.number)

    def as_line(self) -> bytes:
        """The command as a line of the log, complete in case other lines are lost. Since a run may have thousands of
        branches, only fields of the configuration that differ from the defaults are written.
        """
        fields = as_recorded({name: value for name, value in vars(self).items() if value is not None})
        fields["config"] = record_of_changes(self.config)
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RecordedCommand:
        """The command in a line of the log; an error of `NO_RECORD` if it is none."""
        fields = from_recorded(json.loads(line))
        fields["config"] = config_from(fields["config"])
        for name in ("back", "parent", "before"):
            if fields.get(name) is not None:
                number, windows = fields[name]
                fields[name] = (whole(number, name), whole(windows, name))
        for name in ("at", "epoch", "window", "data_version", "init_index"):
            whole(fields[name], name)
        command = cls(**fields)
        if command.branch is not None:
            whole(command.branch, "branch")
        if command.cause not in get_args(Deed):
            raise ValueError("not a cause")
        return command


def read_commands(
    file: Path, chosen: Checkpoint | None, at_the_start: EchoConfig
) -> tuple[tuple[RecordedCommand, ...], int, int]:
    """The commands up to a checkpoint, the number of unreadable lines (whose branches are missing), and the number of
    all lines.
    """
    if chosen is None:
        return (), 0, 0
    commands: list[RecordedCommand] = []
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
    return tuple(commands), unreadable, len(lines)


class Stretch(NamedTuple):
    """Windows that were trained in a branch one after the other: ``first <= window < last`` in the loss log, and
    ``along`` windows of the branch's path before them.
    """

    branch: int
    along: int
    first: int
    last: int


class RecordedTree(NamedTuple):
    """The branches in the order in which they began, the stretches of the loss log in the order trained, and the
    number of windows along the path of each branch.
    """

    branches: list[Branch]
    stretches: list[Stretch]
    ends: list[int]


def tree_of(commands: Sequence[RecordedCommand], trained: int, lost: int, layout: LossLayout) -> RecordedTree:
    """The tree that the commands made.

    Fields that records of version 0.1.0 lack are derived: each of their commands began a branch. If a line is damaged,
    branches that refer to it begin at the root, and an empty branch takes its number, so that all other branches keep
    their numbers. Windows with another number of networks than the commands say get a separate branch.

    Args:
        trained: the number of windows in the loss log.
        lost: the number of unreadable lines of the command log.
    """
    builder = _Builder(lost)
    commands = list(_all_that_began(commands, trained, layout))
    for index, command in enumerate(commands, start=1):
        builder.take(command, commands[index].at if index < len(commands) else trained)
    return builder.tree


def _all_that_began(commands: Sequence[RecordedCommand], trained: int, layout: LossLayout) -> Iterator[RecordedCommand]:
    """The commands, and a substitute for each lost command that the windows reveal."""
    for index, command in enumerate(commands, start=1):
        yield command
        config = command.config
        for first, _, replicas in layout.parts(command.at, commands[index].at if index < len(commands) else trained):
            if replicas != config.replicas:
                seed = min(config.seed, MAX_SEED - replicas + 1)
                config = dataclasses.replace(config, seed=seed, replicas=replicas)
                yield RecordedCommand(first, "lost", 0, 0, 0, 0, config)


class _Builder:
    def __init__(self, lost: int) -> None:
        self.tree = RecordedTree([], [], [])
        self._lost = lost
        self._number_of: dict[int | None, int] = {}  # by the number in the record
        self._here = 0

    def take(self, command: RecordedCommand, last: int) -> None:
        """Add a command and its windows, up to window ``last`` of the loss log, where the next command came."""
        branches, stretches, ends = self.tree
        if command.cause == "return" and command.branch in self._number_of:
            self._here = self._number_of[command.branch]
        elif command.cause == "return" and command.branch is not None and self._is_held(command.branch):
            # its beginning is lost: its earlier windows are in another branch
            self._here = self._number_of[command.branch] = command.branch
            branches[self._here] = dataclasses.replace(branches[self._here], **_place(command))
        else:
            self._begin(command)
        stretches.append(Stretch(self._here, ends[self._here], command.at, last))
        ends[self._here] += last - command.at

    def _is_held(self, number: int) -> bool:
        return number < len(self.tree.branches) and self.tree.branches[number].cause == "lost"

    def _begin(self, command: RecordedCommand) -> None:
        branches, _, ends = self.tree
        missing = (command.branch or 0) - len(branches)
        if 0 < missing <= self._lost:
            self._lost -= missing
            for _ in range(missing):
                root = Position(0, 0) if branches else None
                branches.append(Branch(len(branches), "lost", root, root, 0, 0, 0, 0, command.config))
                ends.append(0)
        number, parent, before = len(branches), None, None
        if number:
            before = self._position(*command.before) if command.before else self._end()
            parent = self._parent(command)
            own = branches[parent.branch].config
            if parent.window and not can_continue_under(command.cause, own, command.config):
                parent = Position(parent.branch, 0)
        cause: Cause = "back" if command.cause == "undo" or command.cause == "return" else command.cause
        branches.append(Branch(number, cause, parent, before, **_place(command)))
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


def _place(command: RecordedCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in ("epoch", "window", "data_version", "init_index", "config")}
