"""Phrases that views share."""

from __future__ import annotations

import math

import numpy as np

from echornn.config import RULES, EchoConfig
from echornn.data.coverage import lags_beyond
from echornn.readings import Gradient


def shortened(text: str, most: int = 24) -> str:
    """A text that a user wrote, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def cut_off(config: EchoConfig) -> str:
    """The phrase which says that the learning rule does not reach back to the nearest source that it misses."""
    return f"{config.rule} stops before t-{min(lags_beyond(config), default=0):,}"


def steps_text(count: int) -> str:
    """A number of time steps as text: 1 step, 1,000 steps."""
    return f"{count:,} step{'s' * (count != 1)}"


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


def missed_words(config: EchoConfig, gradient: Gradient) -> str:
    """The share of the gradient that a cut at T misses; for a rule without a cut, what a cut would miss."""
    cut = f"{next(name for name, rule in RULES.items() if rule.cuts)} with T {config.truncated_backprop_length}"
    share = gradient.bias_of_windows
    if not gradient.travels:
        return "no error travels back"
    if not np.isfinite(gradient.by_lag).all():
        return "the error grows too large on its way back"
    if gradient.complete and config.truncated_backprop_length >= config.window_steps:
        return f"errors reach a trial's start, {config.window_steps} steps back"
    if math.isnan(share):
        return f"what {cut} misses is within the noise"
    misses = ("would miss" if config.is_uncut else "misses") if share < 1 else "is off by"
    return f"{config.rule} misses nothing; " * config.is_uncut + f"{cut} {misses} {percent(share)}"


def loss_text(loss: float, decimals: int = 4) -> str:
    """A loss in nats with ``decimals`` decimals; as a power of ten if it is very large or would round to zero."""
    if math.isfinite(loss) and abs(loss) >= 1e5:
        return f"{loss:.3e}"
    text = f"{loss:.{decimals}f}"
    return f"{loss:.1e}" if loss and not text.strip("-0.") else text
