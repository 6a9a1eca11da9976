"""The loss and the number of errors of a window, for many networks, packed into four bytes each.

The upper 24 bits are a float32 loss without its sign, rounded to 16 bits of mantissa (to within 4 millionths of it);
the lower 8 are the wrong predictions: their number, if a window has at most 255 predictions, else in 255ths of all.
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
"""Bits dropped from the 23 of a float32's mantissa."""

NAN = np.uint32(0x7FC00000 >> DROPPED_BITS)
INFINITE = np.uint32(0x7F800000 >> DROPPED_BITS)

LOST = np.uint32(0xFFFFFFFF)
"""A window that was trained but is not known any more: its loss is NaN, and its wrong predictions are -1."""


def pack(losses: Floats, errors: Counts, config: EchoConfig) -> Packed:
    """Pack the windows of several networks.

    Args:
        losses: float32 [...], in nats: 0 or more, infinite, or NaN.
        errors: int32 [...], wrong predictions among ``config.predictions_per_window``; -1 if the window is lost.

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


def unpack(packed: Packed, config: EchoConfig) -> tuple[Floats, Counts]:
    """Losses, float32 [...], and wrong predictions, int32 [...]; NaN and -1 for a lost window.

    Packing the result gives the same numbers again.
    """
    return losses_of(packed), errors_of(packed, config)


def losses_of(packed: Packed) -> Floats:
    """The losses alone, float32 [...]; NaN for a lost window."""
    bits = (packed >> np.uint32(ERROR_BITS)) << np.uint32(DROPPED_BITS)
    # in a damaged file, NaNs of a kind that makes arithmetic warn
    if (no_number := bits > np.uint32(0x7F800000)).any():
        bits = np.where(no_number, bits | np.uint32(0x00400000), bits)
    losses: Floats = bits.view(np.float32)
    return losses


def errors_of(packed: Packed, config: EchoConfig) -> Counts:
    """The wrong predictions alone, int32 [...]; -1 for a lost window."""
    predictions, errors = config.predictions_per_window, (packed & np.uint32(MOST_ERRORS)).astype(np.int32)
    if predictions > MOST_ERRORS:
        errors = np.rint(errors * (predictions / MOST_ERRORS)).astype(np.int32)
    errors[packed == LOST] = -1
    return errors


def error_rates_of(packed: Packed, config: EchoConfig) -> Floats:
    """Share of wrong predictions, float32 [...], 0 to 1; NaN for a lost window."""
    rates = (packed & np.uint32(MOST_ERRORS)).astype(np.float32)
    rates /= np.float32(min(config.predictions_per_window, MOST_ERRORS))
    rates[packed == LOST] = np.nan
    return rates


def _in_a_byte(errors: Counts, predictions: int) -> Packed:
    known = np.maximum(errors, 0)
    return (np.rint(known * (MOST_ERRORS / predictions)) if predictions > MOST_ERRORS else known).astype(np.uint32)
