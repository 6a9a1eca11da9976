"""The format of the loss log: what it stores for each window, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.files import own_files
from echornn.history import packed
from echornn.progress import Floats, PopulationProgress
from echornn.runs.loss_layout import LossLayout, row_bytes

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A window of a single network: mean cross-entropy in nats, and the number of wrong predictions of batch_size * T."""

PACKED = np.dtype("<u4")
"""A window of one of several networks, see `echornn.history.packed`; the networks are stored one after the other."""

LOST = b"\xff"
"""Every byte of a lost window: one that was trained while nothing could be saved, for longer than memory could hold. It
reads as a loss of NaN and an impossible number of errors.
"""

LOST_WINDOW = LOST * WINDOW.itemsize

BYTES_AT_A_TIME = 1 << 21
"""The number of bytes that are read at once."""


def windows_at_a_time(replicas: int) -> int:
    """The number of windows of ``replicas`` networks that are read at once."""
    return max(1, BYTES_AT_A_TIME // row_bytes(replicas))


def read_windows(file: Path, layout: LossLayout, first: int, last: int, replicas: int = 1) -> npt.NDArray[Any]:
    """Windows ``first`` to ``last`` of a loss log, as windows of ``replicas`` networks.

    Returns:
        `WINDOW` [n] for one network, uint32 [n, replicas] for several (see `echornn.history.packed`). Windows that are
        missing, or have another number of networks, are returned as lost windows.

    Raises:
        OSError: the log could not be read.
    """
    windows = _lost(last - first, replicas)
    with own_files.reader(file) as log:
        for rows in layout.rows(first, last):
            if rows.replicas == replicas:
                log.seek(rows.offset)
                there = np.fromfile(log, windows.dtype, (rows.last - rows.first) * replicas)
                whole = len(there) // replicas
                begin = rows.first - first
                windows[begin : begin + whole] = there[: whole * replicas].reshape(whole, *windows.shape[1:])
    return windows


def _lost(count: int, replicas: int) -> npt.NDArray[Any]:
    lost = np.full(count * row_bytes(replicas), LOST[0], np.uint8)
    return lost.view(WINDOW) if replicas == 1 else lost.view(PACKED).reshape(count, replicas)


def records_of(progress: PopulationProgress, config: EchoConfig) -> bytes:
    """The bytes to append to the log for windows that were trained with this configuration."""
    if config.replicas > 1:
        return packed.packed_of(progress, config).astype(PACKED).tobytes()
    records = np.empty(len(progress.losses), WINDOW)
    records["loss"], records["errors"] = progress.losses[:, 0], progress.errors[:, 0]
    return records.tobytes()


def losses_of(windows: npt.NDArray[Any]) -> Floats:
    """The losses of windows as returned by `read_windows`: float32 [n], or [n, replicas]; NaN for lost windows."""
    losses: Floats = windows["loss"] if windows.dtype == WINDOW else packed.losses_of(windows)
    return losses


def error_rates(windows: npt.NDArray[Any], config: EchoConfig) -> npt.NDArray[Any]:
    """The shares of wrong predictions, 0 to 1, of windows as returned by `read_windows`: float64 [n], or float32 [n,
    replicas]; NaN for lost windows.
    """
    if windows.dtype != WINDOW:
        return packed.error_rates_of(windows, config)
    errors = windows["errors"]
    return np.where(errors < 0, np.nan, errors / float(config.predictions_per_window))
