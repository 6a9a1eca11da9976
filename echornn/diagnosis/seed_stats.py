"""How many of several replicas solved the task, when they did, and the losses of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.history.quantiles import quantiles
from echornn.progress import Floats

Order = Literal["solved", "seed", "loss"]
"""The orders in which replicas can be sorted."""

NORMAL_95 = 1.959964
"""A normal variable lies within so many standard deviations of its mean in 95 % of cases."""

Indices = npt.NDArray[np.int64]


class SolvedCounts(NamedTuple):
    """How many of several networks have solved the task, and lost it again.

    Attributes:
        replicas: the number of networks.
        solved: the number that have solved the task at least once.
        lost: the number of these that have lost it again.
    """

    replicas: int
    solved: int
    lost: int

    def __str__(self) -> str:
        lost = f", {self.lost:,} lost again" if self.lost else ""
        return f"{self.solved:,} of {self.replicas:,} solved{lost}"


@dataclass(frozen=True, eq=False)
class SeedStats:
    """The results of several replicas after some windows.

    Attributes:
        solved_at: int64 [replicas], the window along the path, from 1, at which each solved the task; 0 if not yet.
        mean: float32 [replicas], mean loss of up to 50 newest windows, nats; not finite if one of them was not.
        newest: float32 [replicas], loss of the newest window, nats.
        diverged: bool [replicas], whether the newest loss is not finite.
        windows: the windows trained along the path, in each replica.
        lost_at: int64 [replicas], the window along the path, from 1, at which each lost the solved task again, see
            `echornn.tasks.solved.crossings`; 0 if it has not.
    """

    solved_at: Indices
    mean: Floats
    newest: Floats
    diverged: npt.NDArray[np.bool_]
    windows: int
    lost_at: Indices

    @classmethod
    def after(cls, recent: Floats, solved_at: Indices, windows: int, lost_at: Indices) -> SeedStats:
        """The results of replicas after so many windows along the path.

        Args:
            recent: float32 [n, replicas], the newest losses up to there, oldest first; 50, if there are as many.
            solved_at: as in `SeedStats`; it may be of a later moment.
            lost_at: as in `SeedStats`.
        """
        there = np.where(solved_at <= windows, solved_at, 0)
        if not len(recent):
            nothing = np.full(len(solved_at), np.nan, np.float32)
            return cls(there, nothing, nothing, np.zeros(len(solved_at), np.bool_), windows, lost_at)
        mean = recent.mean(axis=0, dtype=np.float64).astype(np.float32)
        return cls(there, mean, recent[-1].copy(), ~np.isfinite(recent[-1]), windows, lost_at)

    @property
    def replicas(self) -> int:
        """The number of replicas."""
        return len(self.solved_at)

    @property
    def solved(self) -> int:
        """How many have solved the task."""
        return int(np.count_nonzero(self.solved_at))

    @property
    def lost(self) -> int:
        """How many replicas that solved the task have lost it again."""
        return int(np.count_nonzero(self.lost_at))

    @property
    def counts(self) -> SolvedCounts:
        """How many replicas solved the task, and lost it."""
        return SolvedCounts(self.replicas, self.solved, self.lost)

    @property
    def is_blank(self) -> bool:
        """Whether no window has been trained yet, so that no loss is known."""
        return bool(np.isnan(self.newest).all()) and not self.diverged.any()

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share of all seeds that solve the task by now; see `wilson`."""
        return wilson(self.solved, self.replicas)

    @property
    def median_window(self) -> int | None:
        """The median number of windows that the solving replicas needed; of two middle ones, the smaller. None if none
        solved it.
        """
        known = np.sort(self.solved_at[self.solved_at > 0])
        return int(known[(len(known) - 1) // 2]) if len(known) else None

    @property
    def quantiles(self) -> tuple[float, float, float]:
        """The 10, 50 and 90 % quantiles of the mean losses; a loss that is not finite counts as infinite. NaN if
        nothing was trained.
        """
        if self.is_blank:
            return np.nan, np.nan, np.nan
        low, middle, high = quantiles(self.mean[np.newaxis], (0.1, 0.5, 0.9))[:, 0].tolist()
        return low, middle, high

    def order(self, by: Order = "solved") -> Indices:
        """The replicas, int64 [replicas], sorted.

        Args:
            by: ``solved`` sorts by the window at which each solved the task, then the others by loss in coarse steps,
                so that those at chance do not change places; ``loss`` puts the smallest mean loss first; ``seed`` sorts
                by seed. Equal replicas are sorted by seed, and losses that are not finite come last.
        """
        seeds = np.arange(self.replicas)
        losses = np.where(np.isfinite(self.mean), self.mean, np.inf)
        if by == "seed":
            return seeds
        if by == "loss":
            return np.lexsort((seeds, losses))
        not_yet = self.solved_at == 0
        coarse = np.where(losses < 1, np.round(losses, 1), 1 + np.floor(np.log2(np.maximum(losses, 1))))
        return np.lexsort((seeds, np.where(not_yet, coarse, 0), self.solved_at, not_yet))

    def histogram(self, most: int) -> tuple[int, Indices]:
        """How many replicas solved the task in which windows, in at most so many bins of a round width.

        Returns:
            The windows in a bin; and int64 [bins], how many replicas solved the task in each, the first bin from window
            1 on. No bins if none solved it.
        """
        known = self.solved_at[self.solved_at > 0]
        last = int(known.max()) if len(known) else 0
        width = _round_up(-(-last // max(1, most)))
        return width, np.bincount((known - 1) // width, minlength=-(-last // width)).astype(np.int64)

    def in_words(self) -> str:
        """The success rate with its interval, and the median of the windows that were needed, as text."""
        low, high = (round(100 * share) for share in self.interval)
        text = f"{self.solved:,} of {self.replicas:,} solved ({low} to {high} %)"
        median = self.median_window
        return text if median is None else f"{text}, median window {median:,}"


Lottery = SeedStats
"""The former name of `SeedStats`."""


def solved_by_half(solved_at: Indices) -> int | None:
    """The window at which half of all replicas had solved the task, rounded up if their number is odd; None if they
    have not.

    Args:
        solved_at: as in `SeedStats`.
    """
    known = np.sort(solved_at[solved_at > 0])
    half = (len(solved_at) + 1) // 2
    return int(known[half - 1]) if len(known) >= half else None


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0 to 1, if so many successes were seen in so many trials (Wilson 1927)."""
    low, high = wilson_of(np.array([successes]), np.array([trials]))
    return float(low[0]), float(high[0])


def wilson_of(
    successes: npt.NDArray[np.integer[Any]], trials: npt.NDArray[np.integer[Any]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """`wilson` for arrays: both ends, float64 [n]; without any trials, 0 and 1."""
    known, z = np.maximum(trials, 1), NORMAL_95
    share = successes / known
    middle = share + z**2 / (2 * known)
    half = z * np.sqrt(share * (1 - share) / known + z**2 / (4 * known**2.0))
    whole = 1 + z**2 / known
    low, high = np.clip((middle - half) / whole, 0, 1), np.clip((middle + half) / whole, 0, 1)
    return np.where(trials > 0, low, 0.0), np.where(trials > 0, high, 1.0)


def _round_up(width: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    power: int = 10 ** (len(str(width)) - 1)
    return next((step * power for step in (1, 2, 5) if step * power >= width), 10 * power)
