"""The loss and the number of errors of a window, packed into four bytes for each network.

The upper 24 bits are the loss, a float32 without sign, with 16 bits of mantissa (accurate to 8 millionths of the loss).
The lower 8 bits are the number of wrong predictions, or, if a window has more than 255 predictions, their share in
units of 1/255.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Counts, Floats

Packed = npt.NDArray[np.uint32]

ERROR_BITS = 8
MOST_ERRORS = 2**ERROR_BITS - 1
DROPPED_BITS = 7
"""The number of bits that are dropped from the 23 bits of a float32's mantissa."""

NAN = np.uint32(0x7FC00000 >> DROPPED_BITS)
INFINITE = np.uint32(0x7F800000 >> DROPPED_BITS)

LOST = np.uint32(0xFFFFFFFF)
"""The packed form of a lost window: its loss is NaN, and its number of wrong predictions is -1."""


def pack(losses: Floats, errors: Counts, config: EchoConfig) -> Packed:
    """Pack the windows of several networks into four bytes each.

    Args:
        losses: float32 [...], in nats: 0 or more, infinite, or NaN.
        errors: int32 [...], wrong predictions among ``config.predictions_per_window``; -1 for a lost window.

    Returns:
        uint32 [...].
    """
    bits = np.ascontiguousarray(losses, np.float32).view(np.uint32) & np.uint32(0x7FFFFFFF)
    half = np.uint32(2 ** (DROPPED_BITS - 1) - 1)
    odd = (bits >> np.uint32(DROPPED_BITS)) & np.uint32(1)
    rounded = np.minimum((bits + half + odd) >> np.uint32(DROPPED_BITS), INFINITE - np.uint32(1))
    special = bits >= np.uint32(0x7F800000)
    if special.any():
        rounded = np.where(special, np.where(np.isnan(losses), NAN, INFINITE), rounded)
    packed: Packed = rounded << np.uint32(ERROR_BITS) | _in_a_byte(errors, config.predictions_per_window)
    lost = errors < 0
    return np.where(lost, LOST, packed) if lost.any() else packed


def losses_of(packed: Packed) -> Floats:
    """The losses in nats, float32 [...]; NaN for a lost window."""
    bits = (packed >> np.uint32(ERROR_BITS)) << np.uint32(DROPPED_BITS)
    # a damaged file may contain NaNs that make NumPy warn
    if (no_number := bits > np.uint32(0x7F800000)).any():
        bits = np.where(no_number, bits | np.uint32(0x00400000), bits)
    losses: Floats = bits.view(np.float32)
    return losses


def errors_of(packed: Packed, config: EchoConfig) -> Counts:
    """The numbers of wrong predictions, int32 [...]; -1 for a lost window."""
    predictions, errors = config.predictions_per_window, (packed & np.uint32(MOST_ERRORS)).astype(np.int32)
    if predictions > MOST_ERRORS:
        errors = np.rint(errors * (predictions / MOST_ERRORS)).astype(np.int32)
    errors[packed == LOST] = -1
    return errors


def error_rates_of(packed: Packed, config: EchoConfig) -> Floats:
    """The shares of wrong predictions, 0 to 1, float32 [...]; NaN for a lost window."""
    rates = (packed & np.uint32(MOST_ERRORS)).astype(np.float32)
    rates /= np.float32(min(config.predictions_per_window, MOST_ERRORS))
    rates[packed == LOST] = np.nan
    return rates


def _in_a_byte(errors: Counts, predictions: int) -> Packed:
    known = np.maximum(errors, 0)
    return (np.rint(known * (MOST_ERRORS / predictions)) if predictions > MOST_ERRORS else known).astype(np.uint32)
