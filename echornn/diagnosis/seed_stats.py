"""`SeedStats`: how many replicas solved the task, when, and the losses of all replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.history.windows import quantiles
from echornn.progress import Bools, Floats

Order = Literal["solved", "seed", "loss"]
# The standard deviations on either side of the mean that contain 95 % of a normal distribution
NORMAL_95 = 1.959964
NOTHING_COUNTS = "nothing counts as solved: --solved-below decides"
"""What is said in place of counts if a task has no ladder, or one that is never solved."""

Indices = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


class SolvedCounts(NamedTuple):
    """How many of several networks have solved the task at least once, and how many of these have
    lost it again."""

    replicas: int
    solved: int
    lost: int
    can_be_solved: bool = True  # see `echornn.levels.can_be_solved`

    def __str__(self) -> str:
        if not self.can_be_solved:
            return NOTHING_COUNTS
        lost = f", {self.lost:,} lost again" if self.lost else ""
        return f"{self.solved:,} of {self.replicas:,} solved{lost}"


@dataclass(frozen=True, eq=False)
class SeedStats:
    """The results of several replicas after some windows.

    Attributes:
        solved_at: int64 [replicas], the window of the path, from 1, at which each replica solved
            the task, or 0.
        mean: float32 [replicas], mean loss of up to 50 newest windows in nats; NaN or infinite if
            one of them is.
        newest: float32 [replicas], the loss of the newest window in nats.
        diverged: bool [replicas], whether the newest loss is NaN or infinite.
        windows: the number of windows trained along the path.
        lost_at: int64 [replicas], the window at which each replica lost the task again; 0 if it has
            not.
        can_be_solved: whether there is a level below which the task counts as solved.
    """

    solved_at: Indices
    mean: Floats
    newest: Floats
    diverged: Bools
    windows: int
    lost_at: Indices
    can_be_solved: bool = True

    @classmethod
    def after(
        cls,
        recent: Floats,
        solved_at: Indices,
        windows: int,
        lost_at: Indices,
        can_be_solved: bool = True,
    ) -> SeedStats:
        """The results after ``windows`` windows along the path, of which ``recent`` has up to 50
        newest losses, float32 [n, replicas]. Entries of ``solved_at`` after ``windows`` are
        ignored.
        """
        mean = newest = np.full(len(solved_at), np.nan, np.float32)
        diverged = np.zeros(len(solved_at), np.bool_)
        if len(recent):
            mean = recent.mean(axis=0, dtype=np.float64).astype(np.float32)
            newest = recent[-1].copy()  # the array of all newest losses need not stay for it
            diverged = ~np.isfinite(newest)
        solved_by_now = np.where(solved_at <= windows, solved_at, 0)
        return cls(solved_by_now, mean, newest, diverged, windows, lost_at, can_be_solved)

    @property
    def replicas(self) -> int:
        return len(self.solved_at)

    @property
    def solved(self) -> int:
        return int(np.count_nonzero(self.solved_at))

    @property
    def lost(self) -> int:
        return int(np.count_nonzero(self.lost_at))

    @property
    def counts(self) -> SolvedCounts:
        return SolvedCounts(self.replicas, self.solved, self.lost, self.can_be_solved)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share of seeds that solve the task by now; see `wilson`."""
        return wilson(self.solved, self.replicas)

    @property
    def median_window(self) -> int | None:
        """The median window at which replicas solved the task, the smaller of two middle ones; None
        if none has."""
        windows = np.sort(self.solved_at[self.solved_at > 0])
        if not len(windows):
            return None
        return int(windows[(len(windows) - 1) // 2])

    @property
    def quantiles(self) -> tuple[float, float, float]:
        """The 10, 50 and 90 % quantiles of the mean losses, with NaN as infinite; all NaN if
        nothing was trained."""
        was_trained = self.diverged.any() or not np.isnan(self.newest).all()
        if not was_trained:
            return np.nan, np.nan, np.nan
        low, middle, high = quantiles(self.mean[np.newaxis], (0.1, 0.5, 0.9))[:, 0].tolist()
        return low, middle, high

    def order(self, by: Order = "solved") -> Indices:
        """The indices of the replicas in a sorted order, int64 [replicas]: by the window at which
        the task was solved, and the unsolved by loss in coarse steps, so that replicas at chance
        keep their places; by mean loss; or by seed. Ties are sorted by seed; NaN and infinite
        losses come last.
        """
        seeds = np.arange(self.replicas)
        losses = np.where(np.isfinite(self.mean), self.mean, np.inf)
        if by == "seed":
            return seeds
        if by == "loss":
            return np.lexsort((seeds, losses))
        is_unsolved = self.solved_at == 0
        tenths = np.round(losses, 1)
        powers = 1 + np.floor(np.log2(np.maximum(losses, 1)))
        coarse = np.where(losses < 1, tenths, powers)
        coarse[~is_unsolved] = 0
        return np.lexsort((seeds, coarse, self.solved_at, is_unsolved))

    def in_words(self) -> str:
        """The success rate with its interval, and the median number of windows needed, as text; or
        that nothing counts as solved."""
        if not self.can_be_solved:
            return NOTHING_COUNTS
        low, high = (round(100 * share) for share in self.interval)
        text = f"{self.solved:,} of {self.replicas:,} solved ({low} to {high} %)"
        median = self.median_window
        if median is None:
            return text
        return f"{text}, median window {median:,}"


def solved_by_half(solved_at: Indices) -> int | None:
    """The window by which half of all replicas (rounded up) had solved the task; None if fewer
    have."""
    windows = np.sort(solved_at[solved_at > 0])
    half = (len(solved_at) + 1) // 2
    if len(windows) < half:
        return None
    return int(windows[half - 1])


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share, 0 to 1, from ``successes`` among ``trials`` (Wilson
    1927)."""
    low, high = wilson_of(np.array([successes]), np.array([trials]))
    return float(low[0]), float(high[0])


def wilson_of(
    successes: npt.NDArray[np.integer[Any]], trials: npt.NDArray[np.integer[Any]]
) -> tuple[Shares, Shares]:
    """`wilson` for arrays: lower and upper ends, float64 [n] each; 0 and 1 if there are no
    trials."""
    z = NORMAL_95
    n = np.maximum(trials, 1)
    p = successes / n
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2.0))
    whole = 1 + z**2 / n
    # without a success the lower end is exactly 0, and without a failure the upper end exactly 1,
    # whatever is rounded
    low = np.where(successes > 0, np.clip((middle - half) / whole, 0, 1), 0.0)
    high = np.where(successes < trials, np.clip((middle + half) / whole, 0, 1), 1.0)
    return low, high
