"""The log of when each of several networks solved the task, which the packed losses do not say exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from echornn.progress import PopulationProgress
from echornn.runs import own_files
from echornn.runs.append_log import AppendLog, ends_at
from echornn.runs.checkpoint import LogEnd
from echornn.runs.command import Command

SOLVED = np.dtype([("branch", "<u4"), ("replica", "<u4"), ("window", "<u8")])
"""A network in the log: the branch that was trained when it was told, which of the networks, from 0, and the window
along the branch's path, from 1, at which it was solved. Each branch tells all of its own."""

MOST_BYTES = 1 << 28
"""Of the log, that are read."""

Windows = npt.NDArray[np.int64]


class SolvedLog:
    """Tells of each network once a branch, as soon as it is solved. One thread may tell while another writes.

    Args:
        file: need not exist where nothing is in it.
        end: what is on disk.
        branch: that is trained; None before the first command.
        known: int64 [replicas], what the log tells of it: windows, 0 where it tells none.
    """

    def __init__(self, file: Path, end: LogEnd, branch: int | None = None, known: Windows | None = None) -> None:
        self._file = file
        self._log = AppendLog(file, end)
        self._branch = branch
        self._known = known

    @property
    def length(self) -> int:
        """Bytes that the file has when all is on disk."""
        return self._log.length

    @property
    def end(self) -> LogEnd:
        """What is on disk for certain."""
        return self._log.end

    def command(self, command: Command) -> None:
        """Another branch is trained now."""
        self._branch, self._known = command.branch, None

    def windows(self, progress: PopulationProgress) -> None:
        """These windows were trained."""
        known = np.zeros_like(progress.solved_at) if self._known is None else self._known
        (new,) = np.nonzero(progress.solved_at != known)
        new = new[np.argsort(progress.solved_at[new], kind="stable")]  # however the windows come in
        if new.size and self._branch is not None:
            told = np.empty(new.size, SOLVED)
            told["branch"], told["replica"], told["window"] = self._branch, new, progress.solved_at[new]
            self._log.append(told.tobytes())
        self._known = progress.solved_at

    def flush(self, length: int) -> None:
        """Bring all up to where `length` was this to the disk.

        Raises:
            OSError: not all of it is there; what is missing stays in memory.
        """
        if length > self._log.end.length == 0 and not own_files.is_regular(self._file):
            own_files.create(self._file)
        self._log.flush(length)


def read(file: Path, end: LogEnd) -> npt.NDArray[np.void]:
    """What a log tells up to there, `SOLVED` [n]; less where less is there.

    Raises:
        OSError: it could not be read.
    """
    if not end.length:
        return np.empty(0, SOLVED)
    with own_files.reader(file) as log:
        return np.fromfile(log, SOLVED, min(end.length, MOST_BYTES) // SOLVED.itemsize)


def is_whole(file: Path, end: LogEnd) -> bool:
    """Whether the log up to there is as it was written."""
    try:
        return not end.length or ends_at(file, end)
    except OSError:
        return False


def solved_at(told: npt.NDArray[np.void], branch: int, replicas: int, windows: int) -> Windows:
    """When each of a branch's networks was solved, as a log tells it.

    Args:
        told: `SOLVED` [n], the log.
        windows: along the branch's path; nothing is solved after its end.

    Returns:
        int64 [replicas], windows along its path, from 1; 0 where it tells none.
    """
    solved = np.zeros(replicas, np.int64)
    its = told[(told["branch"] == branch) & (told["replica"] < replicas) & (told["window"] <= windows)]
    solved[its["replica"]] = its["window"]
    return solved
