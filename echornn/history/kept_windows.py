"""The stored form of windows, in memory and in the loss log: the loss and the wrong predictions of each network.

A single network's numbers are exact. Those of several networks are rounded and packed into four bytes (see
`echornn.history.packed`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.progress import Counts, Floats, PopulationProgress

StoredWindows = npt.NDArray[Any]
"""Stored windows, [n, replicas], of the type `kept_type`."""

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A stored window of a single network: mean cross-entropy in nats, and the number of wrong predictions among batch_size
* T.
"""

PACKED = np.dtype("<u4")
"""A stored window of one of several networks; see `echornn.history.packed`."""

LOST = b"\xff"
"""The value of every byte of a lost window, whose losses were dropped because the disk could not be written for too
long. It is read as a loss of NaN and an impossible number of errors for each network.
"""


def kept_type(replicas: int) -> np.dtype[Any]:
    """The type of a stored window, with this number of networks."""
    return WINDOW if replicas == 1 else PACKED


def kept(losses: Floats, errors: Counts, config: EchoConfig) -> StoredWindows:
    """Convert windows to their stored form.

    Args:
        losses: float32 [n, replicas], in nats.
        errors: int32 [n, replicas], the number of wrong predictions; -1 for a lost window.
    """
    if kept_type(config.replicas) == PACKED:
        return packed.pack(losses, errors, config)
    windows = np.empty(losses.shape, WINDOW)
    windows["loss"], windows["errors"] = losses, errors
    return windows


def stored_windows(progress: PopulationProgress, config: EchoConfig) -> StoredWindows:
    """The windows of a progress in their stored form."""
    return kept(progress.losses, progress.errors, config) if progress.packed is None else progress.packed


def as_stored(progress: PopulationProgress, config: EchoConfig) -> PopulationProgress:
    """The progress with its losses and errors rounded as they are stored; unchanged for a single network."""
    if kept_type(config.replicas) == WINDOW:
        return progress
    windows = stored_windows(progress, config)
    return replace(progress, losses=losses_of(windows), errors=errors_of(windows, config), packed=windows)


def lost(count: int, replicas: int) -> StoredWindows:
    """Lost windows in stored form."""
    of_each = kept_type(replicas)
    return np.full(count * replicas * of_each.itemsize, LOST[0], np.uint8).view(of_each).reshape(count, replicas)


def losses_of(windows: StoredWindows) -> Floats:
    """The losses of stored windows in nats, float32 [n, replicas]; NaN for a lost window."""
    losses: Floats = windows["loss"] if windows.dtype == WINDOW else packed.losses_of(windows)
    return losses


def errors_of(windows: StoredWindows, config: EchoConfig) -> Counts:
    """The number of wrong predictions in stored windows, int32 [n, replicas]; negative for a lost window."""
    errors: Counts = windows["errors"] if windows.dtype == WINDOW else packed.errors_of(windows, config)
    return errors


def error_rates_of(windows: StoredWindows, config: EchoConfig) -> Floats:
    """The share of wrong predictions in stored windows, 0 to 1, float32 [n, replicas]; NaN for a lost window."""
    if windows.dtype != WINDOW:
        return packed.error_rates_of(windows, config)
    rates = (windows["errors"] / config.predictions_per_window).astype(np.float32)
    rates[windows["errors"] < 0] = np.nan
    return rates
