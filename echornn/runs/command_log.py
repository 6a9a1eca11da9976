"""The log of the commands that began the branches of a run, one per line: writing and reading."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.files.append_log import AppendLog, LogEnd, ends_at
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
from echornn.progress import PopulationProgress
from echornn.runs.checkpoint import Checkpoint
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


SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])
"""A record of the log: the branch in training when it was written, the index of the network, and the window along the
branch's path, from 1, at which the network was solved. Each branch has records of all its solved networks.
"""

Windows = npt.NDArray[np.int64]


class SolvedLog:
    """Writes a record for each network and branch as soon as the network is solved. One thread may add while another
    writes.

    Args:
        file: the path, which need not exist if the log is empty.
        end: the end of the log on disk.
        branch: the branch in training; None before the first command.
        known: int64 [replicas], the windows that the log has for this branch; 0 for networks without a record.
    """

    def __init__(self, file: Path, end: LogEnd, branch: int | None = None, known: Windows | None = None) -> None:
        self._file = file
        self._log = AppendLog(file, end)
        self._branch = branch
        self._known = known

    @property
    def length(self) -> int:
        """The length of the file in bytes once everything is on disk."""
        return self._log.length

    @property
    def end(self) -> LogEnd:
        """The end of what is surely on disk."""
        return self._log.end

    def command(self, command: RecordedCommand) -> None:
        """Record that another branch is in training from now on."""
        self._branch, self._known = command.branch, None

    def windows(self, progress: PopulationProgress) -> None:
        """Add records for the networks that were solved in these windows."""
        known = np.zeros_like(progress.solved_at) if self._known is None else self._known
        (new,) = np.nonzero(progress.solved_at != known)
        # the order must not depend on the sizes of pieces
        new = new[np.argsort(progress.solved_at[new], kind="stable")]
        if new.size and self._branch is not None:
            records = np.empty(new.size, SOLVED)
            records["branch"], records["replica"], records["window"] = self._branch, new, progress.solved_at[new]
            self._log.append(records.tobytes())
        self._known = progress.solved_at

    def flush(self, length: int) -> None:
        """Write everything up to an earlier value of `length` to the disk."""
        self._log.flush(length)


def read(file: Path, end: LogEnd) -> npt.NDArray[np.void]:
    """The records of a log up to ``end``, `SOLVED` [n]; fewer if the file is shorter."""
    if not end.length:
        return np.empty(0, SOLVED)
    with own_files.reader(file) as log:
        return own_files.read_records(log, SOLVED, end.length // SOLVED.itemsize)


def is_whole(file: Path, end: LogEnd) -> bool:
    """Whether the log up to ``end`` is unchanged since it was written."""
    try:
        return not end.length or ends_at(file, end)
    except OSError:
        return False


def solved_at(records: npt.NDArray[np.void], branch: int, replicas: int, windows: int) -> Windows:
    """The windows at which the networks of a branch were solved, according to the log.

    Args:
        records: `SOLVED` [n], the records of the log.
        windows: the number of windows along the branch's path; later records are ignored.

    Returns:
        int64 [replicas], windows along the path, from 1; 0 for networks without a record.
    """
    solved = np.zeros(replicas, np.int64)
    its = records[(records["branch"] == branch) & (records["replica"] < replicas) & (records["window"] <= windows)]
    solved[its["replica"]] = its["window"]
    return solved
