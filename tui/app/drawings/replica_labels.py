"""The label before a replica's losses: seed, window at which it was solved, mean loss."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats
from tui.app.views.seeds_words import mean_of

LOSS_WIDTH = 7

NOT_YET = "-"


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of all replicas, in columns of equal width.

    Attributes:
        seed: the seed of the first replica; the following replicas have the following seeds.
        seed_stats: the results of the replicas.
        seeds, windows: the widths of the columns for seeds and for windows, in characters.
    """

    seed: int
    seed_stats: SeedStats
    seeds: int
    windows: int

    @classmethod
    def of(cls, config: EchoConfig, seed_stats: SeedStats) -> Labels:
        """The labels of all replicas. The widths depend only on the number of digits, so that columns do not jump."""
        seeds = len(str(config.seed + seed_stats.replicas - 1))
        return cls(config.seed, seed_stats, max(4, seeds), max(6, len(f"{seed_stats.windows:,}")))

    @property
    def width(self) -> int:
        """The width of a label in columns, including the mark before it and the space after it."""
        return 1 + len(self.head) + 1

    @property
    def head(self) -> str:
        """The headings of the columns."""
        return f"{'seed':>{self.seeds}} {'solved':>{self.windows}} {'mean':>{LOSS_WIDTH}}"

    def line(self, replica: int) -> str:
        """The label of a replica (index from 0)."""
        at = int(self.seed_stats.solved_at[replica])
        solved = f"{at:,}" if at else NOT_YET
        loss = mean_of(self.seed_stats, replica)
        return f"{self.seed + replica:>{self.seeds}} {solved:>{self.windows}} {loss:>{LOSS_WIDTH}}"
