"""How many time steps of a window are compiled together; no TensorFlow is needed."""

from __future__ import annotations

UNROLLED_WHOLE = 32
"""The longest window, in time steps, that is unrolled completely: an unrolled step is up to 1.8 times as fast, but
takes 45 ms to compile.
"""


def block_length(window_length: int) -> int:
    """The time steps unrolled together: all if the window is short, otherwise a divisor from 10 to 16, or else 10."""
    if window_length <= UNROLLED_WHOLE:
        return window_length
    return next((block for block in range(10, 17) if window_length % block == 0), 10)
