"""A loss as text, in the same form everywhere in the program."""

from __future__ import annotations

import math

LARGE = 1e5
"""Losses from this size on are written as powers of ten."""


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss in nats with ``decimals`` decimals; as a power of ten if it is very large or would round to zero."""
    if math.isfinite(loss) and abs(loss) >= LARGE:
        return f"{loss:.3e}"
    text = f"{loss:.{decimals}f}"
    return f"{loss:.1e}" if loss and not text.strip("-0.") else text
