"""The loss log: stored windows (`echornn.history.kept_windows`), one after the other."""

from __future__ import annotations

from pathlib import Path

from echornn.files import own_files
from echornn.history.kept_windows import StoredWindows, lost
from echornn.runs.logs.loss_layout import LossLayout, row_bytes

BYTES_AT_A_TIME = 1 << 21
"""The number of bytes that are read at once."""


def windows_at_a_time(replicas: int) -> int:
    """The number of windows of ``replicas`` networks that are read at once."""
    return max(1, BYTES_AT_A_TIME // row_bytes(replicas))


def read_windows(file: Path, layout: LossLayout, first: int, last: int, replicas: int = 1) -> StoredWindows:
    """Windows ``first`` to ``last`` of a loss log, which have ``replicas`` networks.

    Windows that the log lacks, or has for another number of networks, are returned as lost windows.

    Raises:
        OSError: the log could not be read.
    """
    windows = lost(last - first, replicas)
    with own_files.reader(file) as log:
        for rows in layout.rows(first, last):
            if rows.replicas == replicas:
                log.seek(rows.offset)
                there = own_files.read_records(log, windows.dtype, (rows.last - rows.first) * replicas)
                whole = len(there) // replicas
                begin = rows.first - first
                windows[begin : begin + whole] = there[: whole * replicas].reshape(whole, replicas)
    return windows
