"""Phrases that views share."""

from __future__ import annotations

import math

from echornn.config import EchoConfig
from echornn.data.series import lags_beyond


def shortened(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut_off(config: EchoConfig) -> str:
    """The phrase which says that the learning rule does not reach back to the nearest source that it misses."""
    return f"{config.rule} stops before t-{min(lags_beyond(config), default=0):,}"


def source_name(config: EchoConfig) -> str:
    """The name of an input on which a target depends."""
    return "echo" if config.value("task") == "echo" else "source"


def percent(share: float) -> str:
    """A share (0 to 1) as text: 21 %, 0.3 %, under 0.1 %."""
    if not math.isfinite(share):
        return "? %"
    if share <= 0:
        return "0 %"
    if share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0095 else f"{share:.0%}".replace("%", " %")
