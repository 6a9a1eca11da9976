"""Numbers as people read them."""

from __future__ import annotations

import math


def loss_text(loss: float) -> str:
    """A loss with four decimals, or as a power of ten where that is longer."""
    return f"{loss:.4f}" if abs(loss) < 1e5 or not math.isfinite(loss) else f"{loss:.3e}"
