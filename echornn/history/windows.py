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
INFINITY_BITS = np.uint32(0x7F800000)  # of a float32; those of NaN are higher
QUIET = np.uint32(0x00400000)  # the bit of a NaN that does not make NumPy warn
INFINITE = INFINITY_BITS >> np.uint32(DROPPED_BITS)
NAN = (INFINITY_BITS | QUIET) >> np.uint32(DROPPED_BITS)


def kept_type(replicas: int) -> np.dtype[Any]:
    return WINDOW if replicas == 1 else PACKED


def kept(losses: Floats, errors: Counts, config: EchoConfig) -> StoredWindows:
    """Losses and errors, [n, replicas], in their stored form; -1 errors for a lost window."""
    if config.replicas == 1:
        windows = np.empty(losses.shape, WINDOW)
        windows["loss"], windows["errors"] = losses, errors
        return windows
    predictions = config.predictions_per_window
    in_a_byte = np.maximum(errors, 0)
    if predictions > MOST_ERRORS:
        in_a_byte = np.rint(in_a_byte * (MOST_ERRORS / predictions))
    packed = _packed(losses) << np.uint32(ERROR_BITS) | in_a_byte.astype(np.uint32)
    is_lost = errors < 0
    if is_lost.any():
        packed[is_lost] = PACKED_LOST
    return packed


def _packed(losses: Floats) -> npt.NDArray[np.uint32]:
    """The upper bits of losses, without the sign, rounded to the nearest or else an even number.
    What is finite stays finite."""
    bits = np.ascontiguousarray(losses, np.float32).view(np.uint32) & np.uint32(0x7FFFFFFF)
    half = np.uint32(2 ** (DROPPED_BITS - 1) - 1)
    odd = (bits >> np.uint32(DROPPED_BITS)) & np.uint32(1)
    rounded: npt.NDArray[np.uint32] = (bits + half + odd) >> np.uint32(DROPPED_BITS)
    rounded = np.minimum(rounded, INFINITE - np.uint32(1))
    is_special = bits >= INFINITY_BITS
    if is_special.any():  # rarely, and a mask takes long
        rounded[is_special] = np.where(bits[is_special] > INFINITY_BITS, NAN, INFINITE)
    return rounded


def stored_windows(progress: PopulationProgress, config: EchoConfig) -> tuple[StoredWindows, ...]:
    """Of the losses, and of the norms."""
    if progress.packed is not None:
        return progress.packed
    is_clipped = progress.grad_norms > (config.clip_norm or np.inf)
    errors = is_clipped * np.int32(config.predictions_per_window)
    norms = kept(progress.grad_norms, errors, config)
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
    dtype = kept_type(replicas)
    lost_bytes = bytearray(
        LOST * (count * replicas * dtype.itemsize)
    )  # an array of bytes is frozen
    return np.frombuffer(lost_bytes, dtype).reshape(count, replicas)


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
    is_nan = bits > INFINITY_BITS
    if is_nan.any():
        bits[is_nan] |= QUIET  # a damaged file may contain others
    return bits.view(np.float32)


def errors_of(windows: StoredWindows, config: EchoConfig) -> Counts:
    """The number of wrong predictions in stored windows, int32 [n, replicas]; negative for a lost
    window."""
    if windows.dtype == WINDOW:
        return np.asarray(windows["errors"])
    predictions = config.predictions_per_window
    errors = (windows & np.uint32(MOST_ERRORS)).astype(np.int32)
    if predictions > MOST_ERRORS:
        errors = np.rint(errors * (predictions / MOST_ERRORS)).astype(np.int32)
    errors[windows == PACKED_LOST] = -1
    return errors


def error_rates_of(windows: StoredWindows, config: EchoConfig) -> Floats:
    """The share of wrong predictions in stored windows, 0 to 1, float32 [n, replicas]; NaN for a
    lost window."""
    errors = errors_of(windows, config)
    most = config.predictions_per_window
    is_unknown = errors < 0
    if windows.dtype != WINDOW and most > MOST_ERRORS:
        errors = (windows & np.uint32(MOST_ERRORS)).astype(np.int32)  # a share
        most = MOST_ERRORS
    rates = (errors / most).astype(np.float32)
    rates[is_unknown] = np.nan
    return rates


def summed(sums: npt.NDArray[np.float64], losses: Floats) -> npt.NDArray[np.float64]:
    """The sums, [replicas], with further losses, [n, replicas], whose bits do not depend on the
    pieces they come in."""
    joined = np.concatenate([sums[np.newaxis], losses])
    return np.asarray(np.cumsum(joined, axis=0)[-1])


def quantiles(losses: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles, float32 [shares, n], of losses, [n, replicas], linearly interpolated; NaN counts
    as infinite."""
    numbers = np.where(np.isnan(losses), np.float32(np.inf), losses)
    ordered = np.sort(numbers, axis=-1)
    rows = []
    for share in shares:
        place = share * (losses.shape[-1] - 1)
        below = int(place)
        part = np.float32(place - below)
        quantile = ordered[:, below]
        if part:
            quantile = quantile * (1 - part) + ordered[:, below + 1] * part
        rows.append(quantile)
    return np.stack(rows)


def median_mean(losses: Floats) -> float:
    """The median of the networks' mean losses, of [n, replicas], with NaN counted as infinite; NaN
    without windows."""
    if not len(losses):
        return math.nan
    means = losses.mean(axis=0, dtype=np.float64)
    if len(means) == 1:
        return float(means[0])
    (median,) = quantiles(means[np.newaxis].astype(np.float32), (0.5,))
    return float(median[0])
