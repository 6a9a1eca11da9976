"""Windows as they are kept in memory and in the loss log: the loss and the wrong predictions of each network.

Those of a lone network are exact; those of several are packed into four bytes (`echornn.history.packed`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history import packed
from echornn.progress import Counts, Floats, PopulationProgress

Kept = npt.NDArray[Any]
"""Windows as they are kept, [n, replicas] of `kept_type`."""

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A window of a lone network: mean cross-entropy in nats, and wrong predictions among batch_size * T."""

PACKED = np.dtype("<u4")
"""A window of one of several networks, see `echornn.history.packed`."""

LOST = b"\xff"
"""Each byte of a window that was trained while nothing could be saved, for longer than memory could hold: it reads as
a loss of NaN and an impossible number of errors for each network.
"""


def kept_type(replicas: int) -> np.dtype[Any]:
    """How a window is kept for each of so many networks."""
    return WINDOW if replicas == 1 else PACKED


def kept(losses: Floats, errors: Counts, config: EchoConfig) -> Kept:
    """Windows as they are kept.

    Args:
        losses: float32 [n, replicas], in nats.
        errors: int32 [n, replicas], wrong predictions; -1 if the window is lost.
    """
    if kept_type(config.replicas) == PACKED:
        return packed.pack(losses, errors, config)
    windows = np.empty(losses.shape, WINDOW)
    windows["loss"], windows["errors"] = losses, errors
    return windows


def kept_of(progress: PopulationProgress, config: EchoConfig) -> Kept:
    """The windows of this progress as they are kept."""
    return kept(progress.losses, progress.errors, config) if progress.packed is None else progress.packed


def as_kept(progress: PopulationProgress, config: EchoConfig) -> PopulationProgress:
    """The progress with the losses and errors that are kept of it: unchanged, unless they are packed."""
    if kept_type(config.replicas) == WINDOW:
        return progress
    windows = kept_of(progress, config)
    return replace(progress, losses=losses_of(windows), errors=errors_of(windows, config), packed=windows)


def lost(count: int, replicas: int) -> Kept:
    """So many windows that are lost, for so many networks."""
    of_each = kept_type(replicas)
    return np.full(count * replicas * of_each.itemsize, LOST[0], np.uint8).view(of_each).reshape(count, replicas)


def losses_of(windows: Kept) -> Floats:
    """The losses of kept windows, float32 [n, replicas], in nats; NaN for a lost window."""
    losses: Floats = windows["loss"] if windows.dtype == WINDOW else packed.losses_of(windows)
    return losses


def errors_of(windows: Kept, config: EchoConfig) -> Counts:
    """The wrong predictions of kept windows, int32 [n, replicas]; negative for a lost window."""
    errors: Counts = windows["errors"] if windows.dtype == WINDOW else packed.errors_of(windows, config)
    return errors


def error_rates_of(windows: Kept, config: EchoConfig) -> Floats:
    """The share of wrong predictions in kept windows, float32 [n, replicas], 0 to 1; NaN for a lost window."""
    if windows.dtype != WINDOW:
        return packed.error_rates_of(windows, config)
    rates = (windows["errors"] / config.predictions_per_window).astype(np.float32)
    rates[windows["errors"] < 0] = np.nan
    return rates
