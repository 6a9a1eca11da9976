"""`RunLogs`: the four logs of a run that is recorded, in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.files.safe_files import NO_LOG, LogEnd
from echornn.history.windows import StoredWindows
from echornn.run.branch import Branch, Position
from echornn.run.commands import RecordedCommand
from echornn.run.layout import LossLayout
from echornn.run.log import Log, WholeLog, WindowLog

SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])
"""A record of the log of solved networks: branch, index of the network, window along the branch's
path, from 1."""


class LogEnds(NamedTuple):
    """Of each log: its end, or its length."""

    losses: LogEnd = NO_LOG
    commands: LogEnd = NO_LOG
    solved: LogEnd = NO_LOG
    norms: LogEnd = NO_LOG


class RunLogs:
    """What was trained, and what began it, in the order in which it happened: appended on the
    training thread, flushed on another."""

    def __init__(
        self,
        layout: LossLayout,
        losses: WindowLog,
        commands: WholeLog,
        solved: WholeLog,
        norms: WindowLog,
        solved_at: npt.NDArray[np.int64],
    ) -> None:
        self.layout = layout
        self.losses = losses
        self._commands, self._solved, self._norms = commands, solved, norms
        self._all: tuple[Log, ...] = (losses, commands, solved, norms)
        # When the networks of the growing branch solved the task, as far as it is in the log; None
        # behind a command: all that have solved it are written with that branch
        self._solved_at: npt.NDArray[np.int64] | None = solved_at

    # ---- on the training thread

    def begins(self, branch: Branch, at: int) -> None:
        self.layout = self.layout.since(at, branch.config.replicas)
        self._command(RecordedCommand.begins(branch, at))

    def goes_on(self, branch: Branch, end: Position, at: int) -> None:
        self.layout = self.layout.since(at, branch.config.replicas)
        self._command(RecordedCommand.returns(branch, end, at))

    def _command(self, command: RecordedCommand) -> None:
        self._commands.append(command.as_line())
        self._solved_at = None

    def windows(
        self,
        number: int,
        windows: StoredWindows,
        norms: StoredWindows,
        solved_at: npt.NDArray[np.int64],
    ) -> None:
        """Append windows of a branch, and the networks that have solved the task in them."""
        self.losses.append(windows.tobytes())
        self._norms.append(norms.tobytes())
        logged = self._solved_at
        if logged is None:
            logged = np.zeros_like(solved_at)
        new = np.flatnonzero(solved_at != logged)
        self._solved_at = solved_at
        # The losses say exactly when a lone network was solved
        if not new.size or len(solved_at) == 1:
            return
        # Their order must not depend on the sizes of pieces
        new = new[np.argsort(solved_at[new], kind="stable")]
        records = np.empty(new.size, SOLVED)
        records["branch"] = number
        records["replica"] = new
        records["window"] = solved_at[new]
        self._solved.append(records.tobytes())

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of all logs once everything that was appended is on disk."""
        return tuple(log.length for log in self._all)

    @property
    def lost_windows(self) -> int:
        """The windows that neither the disk nor memory has."""
        written = self.losses.end.length
        return self.layout.windows(written + self.losses.lost_bytes) - self.layout.windows(written)

    # ---- on the thread that writes

    def flush(self, lengths: Sequence[int]) -> LogEnds:
        """Write everything up to earlier `lengths`; returns the ends, for a checkpoint."""
        for log, length in zip(self._all, lengths, strict=True):
            log.flush(length)
        return LogEnds(*(log.end for log in self._all))

    def cut(self) -> None:
        """Remove what is behind the ends, once a checkpoint says where they are."""
        for log in self._all:
            log.cut()
