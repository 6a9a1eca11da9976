"""What the windows trained tell, without keeping them all: whether and when the echo was solved."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.levels import solved_level

RECENT_WINDOWS = 50
"""Windows that a verdict looks back on."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the windows since the last start tell, without keeping them all.

    Attributes:
        windows: how many were trained since the weights or the task last changed.
        recent: float32 [up to RECENT_WINDOWS], the newest losses, oldest first.
        solved_at: number in the run, from 1, of the window at which the mean of `RECENT_WINDOWS` first fell below
            `solved_level`; None where it never did.
    """

    windows: int = 0
    recent: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    solved_at: int | None = None

    @property
    def mean(self) -> float:
        """Mean of the recent losses in nats; NaN where there are none, or one is."""
        return float(self.recent.mean(dtype=np.float64)) if self.recent.size else math.nan

    def after(self, losses: Floats, config: EchoConfig, trained: int | None = None) -> Evidence:
        """The evidence when these windows' losses, float32 [n], have come in too.

        Args:
            trained: windows of the run before them; as many as there is evidence of, unless given.
        """
        trained = self.windows if trained is None else trained
        joined = np.concatenate([self.recent, losses])
        solved_at = self.solved_at
        if solved_at is None and joined.size >= RECENT_WINDOWS:
            means = np.lib.stride_tricks.sliding_window_view(joined, RECENT_WINDOWS).mean(axis=-1, dtype=np.float64)
            below = np.flatnonzero(means < solved_level(config))
            if below.size:
                solved_at = trained - self.recent.size + int(below[0]) + RECENT_WINDOWS
        return replace(
            self, windows=self.windows + len(losses), recent=joined[-RECENT_WINDOWS:].copy(), solved_at=solved_at
        )
