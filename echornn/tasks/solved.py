"""When the echo was solved: the mean of so many windows' losses first fell below the level that says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from echornn.progress import Floats

RECENT_WINDOWS = 50
"""Windows whose mean loss says whether the echo is solved."""

HIGH, MARGIN = 1000.0, 1e-6
"""Nats: a mean with a loss above the first is below no level; running sums are right to far less than the second."""


def first_below(losses: Floats, level: float) -> int | None:
    """Where the first `RECENT_WINDOWS` losses, of float32 [n], begin whose mean is below a level; None where none do.

    Running sums say which may be, and those are added up anew: so it does not depend on the losses before them.
    """
    for first in np.flatnonzero(_means(losses) < level + MARGIN).tolist():
        if losses[first : first + RECENT_WINDOWS].mean(dtype=np.float64) < level:
            return int(first)
    return None


def _means(losses: Floats) -> npt.NDArray[np.float64]:
    """Of each `RECENT_WINDOWS` losses on end, nearly; float32 [n, ...] to float64 [n + 1 - RECENT_WINDOWS, ...]."""
    known = np.nan_to_num(np.minimum(losses, HIGH), nan=HIGH)
    sums = np.cumsum(np.concatenate([np.zeros_like(known[:1]), known]), axis=0, dtype=np.float64)
    means: npt.NDArray[np.float64] = (sums[RECENT_WINDOWS:] - sums[:-RECENT_WINDOWS]) / RECENT_WINDOWS
    return means


@dataclass(frozen=True, eq=False)
class SolvedAt:
    """When each of many runs was solved, without keeping their losses; what `Evidence` says of one.

    Attributes:
        at: int64 [runs], number in the run, from 1, of the window at which the mean of `RECENT_WINDOWS` first fell
            below the level; 0 where it never did.
        windows: of the run so far.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses, oldest first.
    """

    at: npt.NDArray[np.int64]
    windows: int = 0
    recent: Floats = field(default_factory=lambda: np.empty((0, 0), np.float32))

    @classmethod
    def never(cls, runs: int) -> SolvedAt:
        """Of runs that are yet to begin."""
        return cls(np.zeros(runs, np.int64), 0, np.empty((0, runs), np.float32))

    def anew(self) -> SolvedAt:
        """None is solved, and no loss so far counts: from here on another task is trained."""
        never = SolvedAt.never(len(self.at))
        return replace(never, windows=self.windows)

    def after(self, losses: Floats, levels: npt.NDArray[np.float64]) -> SolvedAt:
        """When these losses, float32 [n, runs], have come in too; solved is a mean below ``levels``, float [runs]."""
        joined = np.concatenate([self.recent, losses])
        at = self.at.copy()
        unsolved = np.flatnonzero(at == 0)
        if unsolved.size and len(joined) >= RECENT_WINDOWS:
            maybe = (_means(joined[:, unsolved]) < levels[unsolved] + MARGIN).any(axis=0)
            for run in unsolved[maybe].tolist():
                first = first_below(joined[:, run], levels[run])
                if first is not None:
                    at[run] = self.windows - len(self.recent) + RECENT_WINDOWS + first
        return replace(self, at=at, windows=self.windows + len(losses), recent=joined[-RECENT_WINDOWS:].copy())
