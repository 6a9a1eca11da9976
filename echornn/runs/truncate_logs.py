"""Cuts the logs of a run back to the checkpoint from which it continues."""

from __future__ import annotations

import os
from pathlib import Path

from echornn.files import own_files
from echornn.files.append_log import PIECE_BYTES, LogEnd, end_of, size_of
from echornn.history.windows import LOST
from echornn.runs.command_log import SOLVED
from echornn.runs.loss_layout import LossLayout
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, Run
from echornn.runs.run_files import SOLVED_FILE


def truncate_logs(run: Run) -> tuple[LogEnd, LogEnd, LogEnd]:
    """Cut the logs back to the checkpoint, so that windows trained again are not recorded twice.

    A loss log that is too short is extended with lost windows.

    Returns:
        The ends of the loss log, of the command log, and of the log of solved networks.
    """
    losses, commands = run.folder / LOSS_FILE, run.folder / COMMAND_FILE
    kept = run.checkpoint
    ends = (LogEnd(), LogEnd()) if kept is None else (kept.losses, kept.commands)
    _cut(losses, ends[0].length, run.layout)
    _cut(commands, ends[1].length)
    if not (run.intact or kept is None):
        ends = (end_of(losses), end_of(commands))
    return *ends, _cut_solved(run.folder / SOLVED_FILE, LogEnd() if kept is None else kept.solved)


def _cut_solved(file: Path, end: LogEnd) -> LogEnd:
    """Cut the log of solved networks, if it exists, back to whole records; returns its end."""
    if not os.path.lexists(file):
        return LogEnd()
    there = min(end.length, size_of(file))
    _cut(file, there - there % SOLVED.itemsize)
    return end_of(file)


def _cut(file: Path, length: int, layout: LossLayout | None = None) -> None:
    """Cut a file to this length; with a layout, a file that is shorter is extended with lost windows."""
    descriptor = own_files.opened(file, os.O_WRONLY)
    try:
        there = min(length, os.fstat(descriptor).st_size)
        if layout is not None:
            there = layout.offset(layout.windows(there))
        os.ftruncate(descriptor, there)
        while layout is not None and there < length:
            there = own_files.write_all(descriptor, LOST * min(length - there, PIECE_BYTES), there)
    finally:
        os.close(descriptor)
