"""Compares losses of windows that were trained again with the recorded losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echornn.progress import Floats

MOST_DIGITS = 9
"""The number of decimal digits that distinguishes all float32 values."""


@dataclass(frozen=True)
class UnlikeRecord:
    """The first window whose loss differed when it was trained again.

    Attributes:
        window: the window's number along the path, from 1.
        recorded, again: the recorded loss, and the loss when trained again, in nats.
    """

    window: int
    recorded: float
    again: float

    def __str__(self) -> str:
        """A sentence about the difference, with enough digits to show it."""
        for digits in range(3, MOST_DIGITS + 1):
            recorded, again = f"{self.recorded:.{digits}g}", f"{self.again:.{digits}g}"
            if recorded != again:
                break
        return f"not as it was: loss {again} in window {self.window:,}, {recorded} on record"


def first_unlike(before: int, recorded: Floats, again: Floats) -> UnlikeRecord | None:
    """The first window whose loss differs from the record; None if there is none.

    Args:
        before: the number of windows on the path before the first of these.
        recorded: the recorded losses, float32 [n] or [n, replicas]; NaN for windows missing in the log.
        again: the losses when trained again, of the same shape.
    """
    unlike = ~np.isnan(recorded) & (recorded != again)
    if not unlike.any():
        return None
    first = int(np.flatnonzero(unlike.reshape(len(unlike), -1).any(axis=1))[0])
    which = unlike[first]
    return UnlikeRecord(before + first + 1, float(recorded[first][which].flat[0]), float(again[first][which].flat[0]))
