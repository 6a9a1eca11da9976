"""The losses and errors of windows as they are stored, in memory and on disk; and means over many
of them.

The norms of gradients are stored alike: each in the place of a loss, and all predictions are wrong
if it was clipped.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Bools, Counts, Floats, PopulationProgress

StoredWindows = npt.NDArray[Any]  # [n, replicas], of the type `kept_type`

WINDOW = np.dtype([("loss", "<f4"), ("errors", "<i4")])
"""A stored window of a single network: its mean loss, and its number of wrong predictions, both
exact."""

PACKED = np.dtype("<u4")
"""A stored window of one of several networks. The upper 24 bits are the loss, a float32 without
sign and with 16 bits of mantissa (accurate to 8 millionths of the loss). The lower 8 bits are the
number of wrong predictions, or, if a window has more than 255 predictions, their share in units of
1/255.
"""

LOST = b"\xff"
"""Every byte of a window that the disk does not have, as it was full for too long or is damaged: a
loss of NaN, -1 errors."""

PACKED_LOST = np.uint32(0xFFFFFFFF)
ERROR_BITS, MOST_ERRORS = 8, 255
DROPPED_BITS = 7  # of the 23 bits of a float32's mantissa
NAN, INFINITE = np.uint32(0x7FC00000 >> DROPPED_BITS), np.uint32(0x7F800000 >> DROPPED_BITS)


def kept_type(replicas: int) -> np.dtype[Any]:
    return WINDOW if replicas == 1 else PACKED


def kept(losses: Floats, errors: Counts, config: EchoConfig) -> StoredWindows:
    """Losses and errors, [n, replicas], in their stored form; -1 errors for a lost window."""
    if config.replicas == 1:
        windows = np.empty(losses.shape, WINDOW)
        windows["loss"], windows["errors"] = losses, errors
        return windows
    bits = np.ascontiguousarray(losses, np.float32).view(np.uint32) & np.uint32(0x7FFFFFFF)
    half = np.uint32(2 ** (DROPPED_BITS - 1) - 1)
    odd = (bits >> np.uint32(DROPPED_BITS)) & np.uint32(1)
    rounded = np.minimum((bits + half + odd) >> np.uint32(DROPPED_BITS), INFINITE - np.uint32(1))
    special = bits >= np.uint32(0x7F800000)
    if special.any():
        rounded = np.where(special, np.where(np.isnan(losses), NAN, INFINITE), rounded)
    known, predictions = np.maximum(errors, 0), config.predictions_per_window
    in_a_byte = np.rint(known * (MOST_ERRORS / predictions)) if predictions > MOST_ERRORS else known
    packed = rounded << np.uint32(ERROR_BITS) | in_a_byte.astype(np.uint32)
    lost = errors < 0
    return np.where(lost, PACKED_LOST, packed) if lost.any() else packed


def stored_windows(progress: PopulationProgress, config: EchoConfig) -> tuple[StoredWindows, ...]:
    """Of the losses, and of the norms."""
    if progress.packed is not None:
        return progress.packed
    is_clipped = progress.grad_norms > (config.clip_norm or np.inf)
    norms = kept(progress.grad_norms, is_clipped * np.int32(config.predictions_per_window), config)
    return kept(progress.losses, progress.errors, config), norms


def as_stored(progress: PopulationProgress, config: EchoConfig) -> PopulationProgress:
    """The progress with its numbers of windows rounded as they are stored; unchanged for a single
    network."""
    if config.replicas == 1:
        return progress
    packed = windows, norms = stored_windows(progress, config)
    losses, errors = losses_of(windows), errors_of(windows, config)
    return replace(
        progress, losses=losses, errors=errors, grad_norms=losses_of(norms), packed=packed
    )


def lost(count: int, replicas: int) -> StoredWindows:
    of_each = kept_type(replicas)
    return (
        np.full(count * replicas * of_each.itemsize, LOST[0], np.uint8)
        .view(of_each)
        .reshape(count, replicas)
    )


def is_lost(windows: StoredWindows) -> Bools:
    """Whether each window is lost, so that its loss is unknown, bool [n, replicas]."""
    if windows.dtype == WINDOW:
        return np.asarray(windows["errors"] < 0)
    return np.asarray(windows == PACKED_LOST)


def are_lost(windows: StoredWindows) -> Bools:
    """Whether each window is lost in all networks, bool [n]."""
    return np.asarray(is_lost(windows).all(axis=1))


def losses_of(windows: StoredWindows) -> Floats:
    """The losses of stored windows in nats, float32 [n, replicas]; NaN for a lost window."""
    if windows.dtype == WINDOW:
        return np.asarray(windows["loss"])
    bits = (windows >> np.uint32(ERROR_BITS)) << np.uint32(DROPPED_BITS)
    # a damaged file may contain NaNs that make NumPy warn
    if (no_number := bits > np.uint32(0x7F800000)).any():
        bits = np.where(no_number, bits | np.uint32(0x00400000), bits)
    return bits.view(np.float32)


def errors_of(windows: StoredWindows, config: EchoConfig) -> Counts:
    """The number of wrong predictions in stored windows, int32 [n, replicas]; negative for a lost
    window."""
    if windows.dtype == WINDOW:
        return np.asarray(windows["errors"])
    predictions, errors = (
        config.predictions_per_window,
        (windows & np.uint32(MOST_ERRORS)).astype(np.int32),
    )
    if predictions > MOST_ERRORS:
        errors = np.rint(errors * (predictions / MOST_ERRORS)).astype(np.int32)
    errors[windows == PACKED_LOST] = -1
    return errors


def error_rates_of(windows: StoredWindows, config: EchoConfig) -> Floats:
    """The share of wrong predictions in stored windows, 0 to 1, float32 [n, replicas]; NaN for a
    lost window."""
    errors, most = errors_of(windows, config), config.predictions_per_window
    if windows.dtype != WINDOW and most > MOST_ERRORS:
        errors, most = np.where(errors < 0, errors, windows & np.uint32(MOST_ERRORS)), MOST_ERRORS
    return np.where(errors < 0, np.float32(np.nan), (errors / most).astype(np.float32))


def summed(sums: npt.NDArray[np.float64], losses: Floats) -> npt.NDArray[np.float64]:
    """The sums, [replicas], with further losses, [n, replicas], whose bits do not depend on the
    pieces they come in."""
    return np.asarray(np.cumsum(np.concatenate([sums[np.newaxis], losses]), axis=0)[-1])


def quantiles(losses: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles, float32 [shares, n], of losses, [n, replicas], linearly interpolated; NaN counts
    as infinite."""
    ordered = np.sort(np.where(np.isnan(losses), np.float32(np.inf), losses), axis=-1)
    found = []
    for share in shares:
        place = share * (losses.shape[-1] - 1)
        below, part = int(place), np.float32(place - int(place))
        lower = ordered[:, below]
        found.append(lower * (1 - part) + ordered[:, below + 1] * part if part else lower)
    return np.stack(found)


def median_mean(losses: Floats) -> float:
    """The median of the networks' mean losses, of [n, replicas], with NaN counted as infinite; NaN
    without windows."""
    if not len(losses):
        return math.nan
    means = losses.mean(axis=0, dtype=np.float64)
    return float(
        means[0]
        if len(means) == 1
        else quantiles(means[np.newaxis].astype(np.float32), (0.5,))[0, 0]
    )
