"""The log of the commands that began the branches of a run, one per line: writing and reading."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.recorded_values import (
    MOST,
    NO_RECORD,
    as_recorded,
    config_from,
    from_recorded,
    record_of_changes,
    shortened,
)
from echornn.history.curve import Cause
from echornn.runs.states.checkpoint import Checkpoint
from echornn.timeline.branch import Branch, Position

Deed = Literal[Cause, "return", "undo"]
"""What began a stretch of windows: a branch, or training on at a branch's end (return); undo only in version 0.1.0."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command that began a stretch of windows.

    Attributes:
        at: the number of windows trained before, in the whole run.
        cause: start, reset, edit, ...; ``return`` if it continues an existing branch at its end.
        epoch, window: epoch and window in it after the command, both from 0.
        data_version, init_index: the numbers of the data and of the initial weights from here on.
        config: the configuration from here on.
        back: only for an undo of version 0.1.0: its target, as the number (from 0) of the command that began those
            windows, and the windows trained in the whole run by then.
        branch: the branch that it begins or continues; None in records of version 0.1.0, where each command begins a
            branch.
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
        """The command as a line of the log. Only fields of the configuration that differ from the defaults are written.

        A run may have thousands of branches, and each line must be complete in case other lines are lost.
        """
        fields = as_recorded({name: value for name, value in vars(self).items() if value is not None})
        fields["config"] = record_of_changes(self.config)
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> RecordedCommand:
        """The command in a line of the log.

        Raises:
            ValueError: the line is no command.
        """
        try:
            fields = from_recorded(json.loads(line))
            fields["config"] = config_from(fields["config"])
            for name in ("back", "parent", "before"):
                if fields.get(name) is not None:
                    number, windows = fields[name]
                    fields[name] = (number, windows)
            command = cls(**fields)
        except NO_RECORD as error:
            raise ValueError(f"not a command: {shortened(error)}") from error
        numbers = [command.at, command.epoch, command.window, command.data_version, command.init_index]
        numbers += [*(command.back or ()), *(command.parent or ()), *(command.before or ())]
        numbers += [] if command.branch is None else [command.branch]
        if command.cause not in get_args(Deed) or not all(type(one) is int and 0 <= one <= MOST for one in numbers):
            raise ValueError(f"not a command: cause {shortened(repr(command.cause))}, numbers {shortened(numbers)}")
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
        with contextlib.suppress(ValueError):
            command = RecordedCommand.from_line(line)
            if (commands[-1].at if commands else 0) <= command.at <= chosen.trained:
                commands.append(command)
    unreadable = len(lines) - len(commands)
    if not commands or commands[0].at:
        commands.insert(0, RecordedCommand(0, "start", 0, 0, 0, 0, at_the_start))
    return tuple(commands), unreadable, len(lines)
