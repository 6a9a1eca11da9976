"""The losses of one branch, for one network or several."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from echornn.data.lost_log import LostLog
from echornn.data.solved import Levels, crossings
from echornn.diagnosis.loss_stats import RECENT_WINDOWS, LossStats
from echornn.diagnosis.seed_stats import SeedStats, solved_after, solved_by_half
from echornn.history.loss_history import LossHistory
from echornn.history.packed import Packed, losses_of
from echornn.history.population_history import PopulationHistory, ReplicaHistory
from echornn.history.quantiles import quantiles
from echornn.progress import Bools, Floats
from echornn.timeline.branch import Branch

GOOD_WINDOWS = 50
"""After this many consecutive windows with finite losses, training counts as sound again."""


class Track(ABC):
    """A branch with the windows that were trained in it.

    Attributes:
        branch: the branch.
        digest: a hash of what leads to the branch; see `echornn.timeline.branch.digest`.
        history: the losses of the branch's windows.
        task_since: the window of the path since which the task is the same; see `echornn.timeline.branch.task_since`.
        lost: when each network lost the echo again, as known at any window of the branch.
        bad: ranges (first, last) of bad windows along the path; a range ends after `GOOD_WINDOWS` finite losses.
    """

    history: LossHistory | PopulationHistory

    def __init__(self, branch: Branch, digest: int, lost_at: npt.NDArray[np.int64]) -> None:
        self.branch = branch
        self.digest = digest
        self.lost = LostLog(lost_at)
        self.task_since = 0
        self.bad: list[tuple[int, int]] = []

    @abstractmethod
    def __len__(self) -> int:
        """The number of windows trained in the branch."""

    @property
    def end(self) -> int:
        """The number of windows along the path to the branch's end."""
        return self.branch.start + len(self)

    @abstractmethod
    def of(self, replica: int) -> LossHistory | ReplicaHistory:
        """The losses of one network, by its index."""

    @property
    @abstractmethod
    def solved_at(self) -> int | None:
        """The window along the path, from 1, at which the task was solved (with several networks, by half of them);
        None if it was not.
        """

    @property
    @abstractmethod
    def lost_at(self) -> int | None:
        """The window along the path, from 1, at which a single network lost the task again; None if it has not, and for
        several networks.
        """

    @property
    @abstractmethod
    def recent(self) -> Floats:
        """The newest losses, float32 [up to `RECENT_WINDOWS`]; with several networks [..., replicas]."""

    @property
    def mean(self) -> float:
        """The mean of the recent losses in nats, with several networks the median; NaN if there are none, or if one is
        NaN.
        """
        recent = self.recent
        return _median(recent.mean(axis=0, dtype=np.float64)) if recent.size else math.nan

    @property
    def newest(self) -> float:
        """The newest loss in nats, with several networks the median; NaN if there is none."""
        recent = self.recent
        return _median(recent[-1]) if recent.size else math.nan

    def _note(self, diverged: Bools) -> None:
        """Record which of the next windows have a NaN or infinite loss."""
        for bad in (self.end + np.flatnonzero(diverged)).tolist():
            goes_on = bool(self.bad) and bad - self.bad[-1][1] <= GOOD_WINDOWS
            first = self.bad.pop()[0] if goes_on else bad
            self.bad.append((first, bad))


class TrackOfOne(Track):
    """A branch of one network, with its losses.

    Attributes:
        history: the network's losses.
        loss_stats: the loss statistics at the branch's end.
    """

    def __init__(self, branch: Branch, digest: int, loss_stats: LossStats) -> None:
        super().__init__(branch, digest, np.array([loss_stats.lost_at or 0]))
        self.history: LossHistory = LossHistory()
        self.loss_stats = loss_stats

    def __len__(self) -> int:
        return len(self.history)

    def append(self, losses: Floats, error_rates: Floats) -> None:
        """Add windows: losses in nats and error rates, 0 to 1, both float32 [n]."""
        config, before = self.branch.config, self.loss_stats
        self.loss_stats = before.after(losses, config, self.end, error_rates)
        self.lost.append(before.crossings(losses, config, self.end, self.loss_stats.solved_at))
        self._note(~np.isfinite(losses))
        self.history.append(losses, error_rates)

    def of(self, replica: int) -> LossHistory:
        return self.history

    @property
    def solved_at(self) -> int | None:
        return self.loss_stats.solved_at

    @property
    def lost_at(self) -> int | None:
        return self.loss_stats.lost_at

    @property
    def recent(self) -> Floats:
        return self.loss_stats.recent


class TrackOfMany(Track):
    """A branch of several networks that train side by side, with their losses.

    Attributes:
        history: the networks' losses.
        each_solved_at: int64 [replicas], the window along the path, from 1, at which each network solved the task; 0 if
            it had not by the branch's end.
        levels: the loss levels below which a network has solved the task, and above which it has lost it.

    Args:
        branch, digest: see `Track`.
        before: the counts when the branch began, if they still hold, otherwise None.
        recent: earlier losses that still count, float32 [up to `RECENT_WINDOWS`, replicas].
    """

    def __init__(self, branch: Branch, digest: int, before: SeedStats | None, recent: Floats) -> None:
        replicas = branch.config.replicas
        super().__init__(branch, digest, np.zeros(replicas, np.int64) if before is None else before.lost_at)
        self.history: PopulationHistory = PopulationHistory(replicas, branch.config)
        self.each_solved_at = np.zeros(replicas, np.int64) if before is None else before.solved_at
        self.levels = Levels.of([branch.config] * replicas)
        self._recent = recent

    def __len__(self) -> int:
        return len(self.history)

    def append(self, packed: Packed, solved_at: npt.NDArray[np.int64]) -> None:
        """Add windows: uint32 [n, replicas], see `echornn.history.packed`.

        Args:
            solved_at: the new value of `each_solved_at`.
        """
        losses = losses_of(packed)
        end = self.end + len(losses)
        self.lost.append(crossings(self.lost.now, solved_at, self._recent, losses, end, self.levels))
        self._recent = np.concatenate([self._recent, losses[-RECENT_WINDOWS:]])[-RECENT_WINDOWS:]
        self._note(np.asarray(~np.isfinite(losses).any(axis=1)))
        self.history.append(packed, solved_after(solved_at, self.end, len(packed)))
        self.each_solved_at = solved_at

    def of(self, replica: int) -> ReplicaHistory:
        return self.history.of(replica)

    @property
    def solved(self) -> int:
        """The number of networks that have solved the task."""
        return int(np.count_nonzero(self.each_solved_at))

    @property
    def lost_again(self) -> int:
        """The number of networks that have lost the task after solving it."""
        return int(np.count_nonzero(self.lost.now))

    @property
    def solved_at(self) -> int | None:
        return solved_by_half(self.each_solved_at)

    @property
    def lost_at(self) -> None:
        return None

    @property
    def recent(self) -> Floats:
        return self._recent


def _median(losses: Floats) -> float:
    """The median of several losses, with NaN counted as infinite; a single loss is returned unchanged."""
    return float(losses if losses.ndim == 0 else quantiles(losses[np.newaxis].astype(np.float32), (0.5,))[0, 0])
