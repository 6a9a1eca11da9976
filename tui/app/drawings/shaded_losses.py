"""Draws losses as shaded blocks: the darker a block, the closer the loss is to chance (the loss of guessing)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import chance_level, ladder_of, mean_floor, solved_level
from echornn.progress import Floats
from tui.kit.paint import Characters

SHADES = "·░▒▓█"
"""The blocks, from solved to chance."""

EDGES = (0.07, 0.3, 0.6, 0.9)
"""Shares of the way from the least possible loss to chance at which the next block begins. If the task has a solved
level, it takes the place of the first.
"""

DIVERGED = "!"


@dataclass(frozen=True)
class LossScale:
    """The losses that the blocks stand for.

    Attributes:
        chance: the loss of guessing, or another large loss if that is not known.
        floor: the least possible loss, or 0.
        solved: the loss below which the task counts as solved; None if there is no such level.
        top: the name of ``chance`` for the user.
    """

    chance: float
    floor: float = 0.0
    solved: float | None = None
    top: str = "chance"

    @classmethod
    def of(cls, config: EchoConfig, losses: Floats) -> LossScale:
        """The scale of a task: from its solved level to chance. If chance is not known, up to the largest of the
        losses.
        """
        chance, solved = chance_level(config), solved_level(config)
        if math.isfinite(chance):
            top = "chance" if ladder_of(config) else "guessing"
            return cls(chance, mean_floor(config), solved if math.isfinite(solved) else None, top)
        known = losses[np.isfinite(losses)]
        return cls(float(known.max(initial=0)) or 1.0, top="highest")

    @property
    def edges(self) -> list[float]:
        """The loss at which each block but the first begins, in increasing order."""
        shares = [self.floor + share * (self.chance - self.floor) for share in EDGES]
        first = shares[0] if self.solved is None else self.solved
        return [first, *(max(first, edge) for edge in shares[1:])]

    def words(self) -> str:
        """The meaning of the blocks, in words."""
        last = "near 0" if self.solved is None else "solved"
        return f"{SHADES[-1]} {self.top} {SHADES[-2:0:-1]} {SHADES[0]} {last}"


def shaded(losses: Floats, scale: LossScale) -> Characters:
    """A block for each loss; NaN and infinite losses are marked as diverged.

    Args:
        losses: float32 [...], in the unit of the scale.

    Returns:
        str [...], one character each.
    """
    ramp = np.array([*SHADES, DIVERGED])
    finite = np.isfinite(losses)
    level = np.digitize(np.where(finite, losses, 0), scale.edges)
    blocks: Characters = ramp[np.where(finite, level, len(ramp) - 1)]
    return blocks
