"""A run's logs cut back to its checkpoint, where it goes on."""

from __future__ import annotations

import os
from pathlib import Path

from echornn.runs import own_files
from echornn.runs.append_log import PIECE_BYTES, end_of
from echornn.runs.checkpoint import LogEnd
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, LOST_WINDOW, Run


def cut_back(run: Run) -> tuple[LogEnd, LogEnd]:
    """Cut the logs back to the checkpoint, so that what is trained again is not recorded twice.

    A loss log that is too short is filled up with lost windows.

    Returns:
        The ends of the loss log and of the command log.

    Raises:
        OSError: they could not be changed.
    """
    losses, commands = run.folder / LOSS_FILE, run.folder / COMMAND_FILE
    ends = (LogEnd(), LogEnd()) if run.checkpoint is None else (run.checkpoint.losses, run.checkpoint.commands)
    _cut(losses, ends[0].length, LOST_WINDOW)
    _cut(commands, ends[1].length)
    return ends if run.intact or run.checkpoint is None else (end_of(losses), end_of(commands))


def _cut(file: Path, length: int, filler: bytes = b"") -> None:
    """Cut a file to this length; one that is shorter is filled up, where there is something to fill it up with."""
    descriptor = own_files.opened(file, os.O_WRONLY)
    try:
        there = min(length, os.fstat(descriptor).st_size)
        if filler:
            there -= there % len(filler)
        os.ftruncate(descriptor, there)
        while filler and there < length:
            count = min(length - there, PIECE_BYTES) // len(filler)
            there = own_files.write_all(descriptor, filler * count, there)
    finally:
        os.close(descriptor)
