"""Draws losses as shaded blocks: the darker a block, the closer the loss is to chance (the loss of guessing)."""

from __future__ import annotations

import numpy as np

from echornn.progress import Floats
from tui.kit.paint import Characters

SHADES, ASCII_SHADES = "·░▒▓█", ".:+*#"
"""The blocks, from solved to chance."""

EDGES = (0.07, 0.3, 0.6, 0.9)
"""Losses, as shares of the loss of guessing, at which the next block begins; below the first one is solved."""

DIVERGED = "!"


def shaded(losses: Floats, chance: float, ascii_only: bool = False) -> Characters:
    """A block for each loss; NaN and infinite losses are marked as diverged.

    Args:
        losses: float32 [...], nats.
        chance: the loss of guessing, nats, above 0.

    Returns:
        str [...], one character each.
    """
    ramp = np.array([*(ASCII_SHADES if ascii_only else SHADES), DIVERGED])
    finite = np.isfinite(losses)
    level = np.digitize(np.where(finite, losses, 0) / chance, EDGES)
    blocks: Characters = ramp[np.where(finite, level, len(ramp) - 1)]
    return blocks


def shades_in_words(ascii_only: bool = False) -> str:
    """The meaning of the blocks, in words."""
    blocks = ASCII_SHADES if ascii_only else SHADES
    return f"{blocks[-1]} chance {blocks[-2:0:-1]} {blocks[0]} solved"
