"""The losses of one branch, for one network or several."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from echornn.data.levels import most_loss
from echornn.data.solved import Levels, LostLog, SolvedAt
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SolvedCounts, solved_by_half
from echornn.history.loss_history import LossHistory, ReplicaHistory
from echornn.history.path_history import StoredWindows, error_rates_of, losses_of
from echornn.history.quantiles import median_mean
from echornn.progress import Bools
from echornn.timeline.branch import Branch

GOOD_WINDOWS = 50
"""The number of consecutive windows with finite losses after which training counts as sound again."""


class Track:
    """A branch and the windows that were trained in it.

    Attributes:
        branch: the branch.
        digest: identifies what leads to the branch; see `echornn.timeline.branch.digest`.
        history: the losses of its windows.
        task_since: see `echornn.timeline.branch.task_since`, for the branch's path.
        solved: when each network solved the task, up to the branch's end, and the newest losses.
        lost: when each network had lost the echo again, for any window of the branch.
        known: more statistics of a single network: the block means, and the last edit; not used for several networks.
        levels: the levels that its losses are compared with.
        bad: stretches of windows along the path with NaN or infinite losses, as (first, last). Fewer than
            `GOOD_WINDOWS` finite losses in a row do not end a stretch.

    Args:
        branch, digest, known: see above.
        solved: when each network had solved the task when the branch began, and the newest losses of that task.
    """

    def __init__(self, branch: Branch, digest: int, solved: SolvedAt, known: LossStats) -> None:
        self.branch = branch
        self.digest = digest
        self.history = LossHistory(branch.config)
        self.task_since = 0
        self.solved = solved
        self.lost = LostLog(solved.lost_at)
        self.known = known
        self.bad: list[tuple[int, int]] = []
        self.levels = Levels.of([branch.config] * branch.config.replicas)

    def __len__(self) -> int:
        """The number of windows."""
        return len(self.history)

    @property
    def is_alone(self) -> bool:
        """Whether the branch has a single network."""
        return self.branch.config.replicas == 1

    @property
    def end(self) -> int:
        """The number of windows along the path to the branch's end."""
        return self.branch.start + len(self)

    def append(self, windows: StoredWindows, solved_at: npt.NDArray[np.int64]) -> None:
        """Add windows that were trained.

        Args:
            windows: [n, replicas], see `echornn.history.path_history`.
            solved_at: int64 [replicas], the window along the path, from 1, at which each network was solved, as known
                after these windows; 0 if it was not. Not used for a single network, whose losses are exact.
        """
        losses = losses_of(windows)
        solved, crossings = self.solved.step(losses, self.levels, None if self.is_alone else solved_at)
        if self.is_alone:
            rates = error_rates_of(windows, self.branch.config)
            known = self.known.diverging(losses[:, 0], self.end, most_loss(self.branch.config))
            self.known = replace(known, block_means=known.block_means.after(losses[:, 0], rates[:, 0]))
        self.lost.append(crossings)
        self._note(np.asarray(~np.isfinite(losses).any(axis=1)))
        self.history.add(windows, solved.at, self.end)
        self.solved = solved

    def _note(self, diverged: Bools) -> None:
        """Record which of the next windows have a NaN or infinite loss."""
        for bad in (self.end + np.flatnonzero(diverged)).tolist():
            goes_on = bool(self.bad) and bad - self.bad[-1][1] <= GOOD_WINDOWS
            first = self.bad.pop()[0] if goes_on else bad
            self.bad.append((first, bad))

    def solved_by(self, window: int) -> SolvedAt:
        """When each network had solved the task, as it was known after ``window`` windows of the path; without the
        newest losses.
        """
        return self.solved.until(window, self.lost.at(window))

    def of(self, seed: int) -> ReplicaHistory:
        """The losses of the network that has this seed at the end of its path."""
        return self.history.of(0 if self.is_alone else seed - self.branch.config.seed)

    @property
    def solved_at(self) -> int | None:
        """The window along the path, from 1, at which the task was solved, or by which half of the networks had solved
        it; None if not.
        """
        return solved_by_half(self.solved.at)

    @property
    def lost_at(self) -> int | None:
        """The window along the path, from 1, at which a single network lost the task again; None if it has not, and for
        several networks.
        """
        return (int(self.solved.lost_at[0]) or None) if self.is_alone else None

    @property
    def counts(self) -> SolvedCounts:
        """How many networks have solved the task, and lost it again."""
        each = (self.solved.at, self.solved.lost_at)
        return SolvedCounts(self.branch.config.replicas, *(int(np.count_nonzero(one)) for one in each))

    @property
    def mean(self) -> float:
        """The mean of the recent losses in nats; with several networks, the median. NaN without losses."""
        return median_mean(self.solved.newest)

    @property
    def newest(self) -> float:
        """The newest loss in nats; with several networks, the median. NaN without losses."""
        return median_mean(self.solved.recent[-1:])
