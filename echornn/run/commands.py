"""The log of what began each stretch of a run's windows, and the tree that it makes: old and
damaged records end here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from echornn.config import EchoConfig
from echornn.files import recorded_values
from echornn.files.recorded_values import NO_RECORD, whole
from echornn.files.safe_files import NO_LOG, LogEnd
from echornn.history.curve import Cause
from echornn.run.branch import Branch, Position, can_continue_under, starts_over
from echornn.run.tree import Tree

RecordedCause = Literal[Cause, "return", "undo"]
"""What began the windows: a branch, or training on at a branch's end (return); undo only in version
0.1.0."""

POSITIONS = ("back", "parent", "before")
"""The fields of a command that are pairs of whole numbers, or None."""

LEAST_LINE_BYTES = 64  # all lines that were ever written are longer; for how many may be missing


@dataclass(frozen=True)
class RecordedCommand:
    """A command that began a stretch of windows; the fields without a comment are as in `Branch`,
    after it. Records of version 0.1.0 lack the last three: each of their commands began a branch.
    """

    at: int  # the windows trained before, in the whole run
    cause: RecordedCause
    epoch: int
    window: int
    data_version: int
    init_index: int
    config: EchoConfig
    # Where an undo led: a command's number, and the windows in the run by then
    back: tuple[int, int] | None = None
    branch: int | None = None  # that it begins or continues
    parent: tuple[int, int] | None = None
    before: tuple[int, int] | None = None

    @classmethod
    def begins(cls, branch: Branch, at: int) -> RecordedCommand:
        return cls(
            at,
            branch.cause,
            branch.epoch,
            branch.window,
            branch.data_version,
            branch.init_index,
            branch.config,
            branch=branch.number,
            parent=branch.parent,
            before=branch.before,
        )

    @classmethod
    def returns(cls, branch: Branch, end: Position, at: int) -> RecordedCommand:
        epoch, window = branch.epoch_and_window(end.window)
        return cls(
            at,
            "return",
            epoch,
            window,
            branch.data_version,
            branch.init_index,
            branch.config,
            branch=branch.number,
        )

    def as_line(self) -> bytes:
        """The command as a line of the log, which needs no other line, in case some are lost."""
        fields = {name: value for name, value in vars(self).items() if value is not None}
        recorded = recorded_values.as_recorded(fields)
        recorded["config"] = recorded_values.changes_record(self.config)
        return json.dumps(recorded).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RecordedCommand:
        """The command in a line of the log; an error of `NO_RECORD` if it is none."""
        fields = recorded_values.from_recorded(json.loads(line))
        fields["config"] = recorded_values.config_from(fields["config"])
        for name, value in fields.items():
            if value is None or name in ("cause", "config"):
                continue
            if name in POSITIONS:
                number, windows = value
                fields[name] = (whole(number, name), whole(windows, name))
            else:
                whole(value, name)
        command = cls(**fields)
        if command.cause not in get_args(RecordedCause):
            raise ValueError("not a cause")
        return command

    @property
    def place(self) -> tuple[int, int, int, int, EchoConfig]:
        """The fields of a `Branch` from its epoch on."""
        return self.epoch, self.window, self.data_version, self.init_index, self.config


class ReadCommands(NamedTuple):
    """The commands of a run up to its checkpoint, in order, and what is damaged."""

    commands: list[RecordedCommand]
    data: bytes = b""  # of the log
    lost: int = 0  # how many may be missing: branches may be elsewhere because of them
    fault: str = ""  # in words


NO_COMMANDS = ReadCommands([])


def read_commands(data: bytes, end: LogEnd, trained: int, at_the_start: EchoConfig) -> ReadCommands:
    """The commands in the log of a run with so many ``trained`` windows, which should end so. The
    first command is that of the first configuration if it is missing."""
    commands: list[RecordedCommand] = []
    lines = data.splitlines()
    for line in lines:
        try:
            command = RecordedCommand.from_line(line)
        except NO_RECORD:
            continue
        earliest = commands[-1].at if commands else 0
        if earliest <= command.at <= trained:
            commands.append(command)
    lost = len(lines) - len(commands)
    fault = ""
    if lost:
        fault = f"{lost} of {len(lines)} commands cannot be read"
    elif NO_LOG.after(data) != end:
        fault = "some commands are not as they were recorded"
    missing = end.length - len(data)
    if missing > 0:
        fault = "it is empty" if not data else f"its last {missing:,} bytes are missing"
        lost += -(-missing // LEAST_LINE_BYTES)
    if not commands or commands[0].at:
        commands.insert(0, RecordedCommand(0, "start", 0, 0, 0, 0, at_the_start))
    return ReadCommands(commands, data, lost, fault)


def tree_of(commands: Sequence[RecordedCommand], trained: int, lost: int = 0) -> Tree:
    """The tree that the commands made, with all windows. If ``lost`` lines are damaged, branches
    that refer to them begin at the root, and empty branches take their numbers, so that all other
    branches keep theirs.
    """
    reading = _Reading(lost)
    for command in commands:
        reading.trained_until(command.at)
        reading.obey(command)
    reading.trained_until(trained)
    return reading.tree


class _Reading:
    """Makes the tree, command by command."""

    def __init__(self, lost: int) -> None:
        self.tree = Tree()
        self._lost = lost
        self._here = 0  # the branch that was trained last
        self._number_of: dict[int | None, int] = {}  # by the number in the record
        # The windows in the run when each branch began: where an undo of version 0.1.0 leads is a
        # place in the log
        self._first_window: dict[int, int] = {}

    def trained_until(self, at: int) -> None:
        if len(self.tree):
            self.tree.grew(at - self.tree.trained)

    def obey(self, command: RecordedCommand) -> None:
        if command.cause == "return" and command.branch in self._number_of:
            self._here = self._number_of[command.branch]
            self.tree.go_on(self._here)
        else:
            self._begin(command)

    def _begin(self, command: RecordedCommand) -> None:
        self._begin_lost_branches(command)
        number = len(self.tree)
        before = parent = None
        if number:
            before, parent = self._before(command), self._parent(command)
        self.tree.begin(Branch(number, _cause(command), parent, before, *command.place))
        self._first_window[number] = self.tree.trained
        recorded = number if command.branch is None else command.branch
        self._number_of[recorded] = self._here = number

    def _begin_lost_branches(self, command: RecordedCommand) -> None:
        missing = (command.branch or 0) - len(self.tree)
        if not 0 < missing <= self._lost:
            return
        self._lost -= missing
        for _ in range(missing):
            number = len(self.tree)
            root = Position(0, 0) if number else None
            self.tree.begin(Branch(number, "lost", root, root, *command.place))
            self._number_of[number] = number

    def _before(self, command: RecordedCommand) -> Position:
        if command.before:
            return self._position(*command.before)
        return self.tree.end(self._here)

    def _parent(self, command: RecordedCommand) -> Position:
        """Where the branch begins: with new weights if its networks cannot go on from there."""
        parent = self._recorded_parent(command)
        config = self.tree.branch(parent.branch).config
        if parent.window and not can_continue_under(command.cause, config, command.config):
            return Position(parent.branch, 0)
        return parent

    def _recorded_parent(self, command: RecordedCommand) -> Position:
        if command.parent:
            return self._owned(self._position(*command.parent))
        if command.cause == "undo":
            return self._undone_to(command)
        if starts_over(command.cause, self.tree.branch(self._here).config, command.config):
            return Position(self._here, 0)
        return self.tree.end(self._here)

    def _undone_to(self, command: RecordedCommand) -> Position:
        if command.back is None or command.back[0] not in self._first_window:
            return Position(self._here, 0)
        number, trained = command.back
        window = self.tree.branch(number).start + trained - self._first_window[number]
        return self._owned(self._position(number, window))

    def _position(self, recorded_number: int, window: int) -> Position:
        position = Position(self._number_of.get(recorded_number, -1), window)
        return position if self.tree.has(position) else Position(self._here, 0)

    def _owned(self, position: Position) -> Position:
        """This position, with the number of the branch that trained it."""
        if position.window == 0:
            return position
        return Position(self.tree.owner(position).number, position.window)


def _cause(command: RecordedCommand) -> Cause:
    """What begins the branch of a command: an undo trained on from a past position, and so does a
    return to a branch that is lost."""
    if command.cause == "undo" or command.cause == "return":  # mypy narrows these
        return "back"
    return command.cause
