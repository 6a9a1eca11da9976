"""How a loss is written as text, everywhere in the program."""

from __future__ import annotations

import math

LARGE = 1e5
"""From here on a loss is written as a power of ten."""


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss in nats with so many decimals, or as a power of ten if it is very large or all decimals would be zero."""
    if math.isfinite(loss) and abs(loss) >= LARGE:
        return f"{loss:.3e}"
    text = f"{loss:.{decimals}f}"
    return f"{loss:.1e}" if loss and not text.strip("-0.") else text
