"""The log of the windows at which networks were solved; with several networks, packed losses do not show this
exactly.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from echornn.files import own_files
from echornn.files.append_log import AppendLog, LogEnd, ends_at
from echornn.progress import PopulationProgress
from echornn.runs.logs.command_log import RecordedCommand

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
