"""What the numbers mean: levels that can be known beforehand, and the evidence of the windows trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from echornn.config import EchoConfig
from echornn.progress import Floats

RECENT_WINDOWS = 50
"""Windows that a verdict looks back on."""

SOLVED_SHARE = 0.07
"""A mean loss within this share of chance above its floor counts as solved: 0.05 nats for two classes."""

AT_CHANCE_SHARE = 0.05
"""A mean loss within this share of chance, to either side, counts as at chance."""

BELOW_CHANCE = 1 - 2 * AT_CHANCE_SHARE
"""A mean loss below this share of chance is learned, not luck."""


def chance_level(config: EchoConfig) -> float:
    """Loss in nats of one who knows nothing and guesses evenly: ``ln(num_classes)``."""
    return math.log(config.num_classes)


def boundary_floor(config: EchoConfig, window: int = 0) -> float:
    """Least mean loss in nats, on average over data, of an epoch's window number ``window`` (from 0), where the row is
    known.

    With rows that start with the echo of the row above, a state that began at zero cannot know the first
    ``echo_step`` targets of any row but the first (whose are blank):
    ``(B - 1)/B * min(max(echo - window * stride, 0), T)/T * ln(num_classes)``. Blank row starts have no floor.
    """
    if config.row_start == "zero":
        return 0.0
    length = config.truncated_backprop_length
    unknown = min(max(config.echo_step - window * config.window_stride, 0), length)
    return (config.batch_size - 1) / config.batch_size * unknown / length * chance_level(config)


@lru_cache(maxsize=8)
def mean_floor(config: EchoConfig) -> float:
    """Least mean loss in nats over all windows of an epoch, for a network.

    A network does not see which row it reads. Where `boundary_floor` is paid by all rows but the first, whose targets
    are blank, it pays the entropy of the mixture in all of them: ``-(num_classes - 1) p ln(p) - q ln(q)``, with
    ``p = (B - 1)/(B * num_classes)`` for each symbol that is not blank, and ``q`` what is left.
    """
    if config.row_start == "zero" or config.batch_size == 1:
        return 0.0
    windows = config.windows_per_epoch
    with_floor = min(windows, -(-config.echo_step // config.window_stride))
    of_one_who_knows = sum(boundary_floor(config, window) for window in range(with_floor)) / windows
    others = (config.batch_size - 1) / config.batch_size
    p = others / config.num_classes
    q = 1 - (config.num_classes - 1) * p
    entropy = -(config.num_classes - 1) * p * math.log(p) - q * math.log(q)
    return of_one_who_knows * entropy / (others * chance_level(config))


def solved_level(config: EchoConfig) -> float:
    """Mean loss in nats below which the echo counts as solved: near its floor, and well below chance."""
    chance = chance_level(config)
    return min(mean_floor(config) + SOLVED_SHARE * chance, BELOW_CHANCE * chance)


def credit_coverage(config: EchoConfig) -> float:
    """Share of a window's targets whose error reaches the input that they echo: ``max(0, T - echo)/T``.

    The gradient is cut at the window's first step (truncated back-propagation), so a source before it gets none.
    """
    length = config.truncated_backprop_length
    return max(0, length - config.echo_step) / length


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
