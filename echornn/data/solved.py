"""Decides when the task was solved (the mean of the newest losses first fell below a level), and when it was lost again
(that mean rose well above the level).
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import RECENT_WINDOWS as RECENT_WINDOWS
from echornn.data.levels import chance_level, deciding_windows, lost_level, solved_level
from echornn.progress import Floats

HIGH, MARGIN = 1000.0, 1e-6
"""In nats. A mean is below no level if one of its losses is above the first number. The second number is the tolerance
for the rounding of running sums.
"""

UNIT = 2.0**-24
"""Losses are added as integer multiples of this number of nats, so that a sum does not depend on the pieces in which
they arrive.
"""

UNKNOWN = -1
"""The value of a window number that is not known."""

Windows = npt.NDArray[np.int64]
Nats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """The mean losses below which the task counts as solved, and above which it counts as lost, float64 [runs], in
    nats or squared error.

    Attributes:
        solved: the task is solved when the mean is below this level; minus infinity if it never is.
        lost: a solved task is lost when the mean is above this level; between the two levels nothing changes.
        most: the loss of guessing, or `HIGH` if it is not known. In deciding whether the task is lost, a higher loss
            counts as ``most``, so that the spike at the start of an epoch is not a loss of the task.
        over: int64 [runs], the number of windows whose mean counts; see `echornn.data.levels.deciding_windows`.
    """

    solved: Nats
    lost: Nats
    most: Nats
    over: Windows

    @classmethod
    def of(cls, configs: Sequence[EchoConfig]) -> Levels:
        """The levels for these runs. All networks must have the same structure; the levels then depend only on the
        task.
        """
        tasks = [config.the_task for config in configs]
        known = {task: _levels(config) for task, config in dict(zip(tasks, configs, strict=True)).items()}
        solved, lost, most, over = np.array([known[task] for task in tasks]).reshape(-1, 4).T
        return cls(solved, lost, most, over.astype(np.int64))

    @property
    def longest(self) -> int:
        """The number of newest losses to keep: those of the mean of every run, and at least `RECENT_WINDOWS`."""
        return int(self.over.max(initial=RECENT_WINDOWS))


def _levels(config: EchoConfig) -> tuple[float, float, float, int]:
    lost, chance = lost_level(config), chance_level(config)
    return solved_level(config), lost, chance if chance > lost else HIGH, deciding_windows(config)


@dataclass(frozen=True, eq=False)
class Crossings:
    """The windows at which some of several runs lost the solved echo, or solved it again.

    Attributes:
        windows: int64 [n], the numbers of the windows in the run, from 1, in order.
        runs: int64 [n], the indices of the runs.
        lost_at: int64 [n], the window's number if the run lost the echo there; 0 if it solved the echo again.
    """

    windows: Windows
    runs: Windows
    lost_at: Windows

    def after(self, lost_at: Windows) -> Windows:
        """The window at which each run lost the echo, int64 [runs], after all of these crossings; 0 if it has not, or
        has solved the echo again.

        Args:
            lost_at: the same, before these crossings.
        """
        known = lost_at.copy()
        known[self.runs] = self.lost_at  # if a run has several crossings, the last one counts
        return known


NO_CROSSINGS = Crossings(*np.empty((3, 0), np.int64))


def crossings(
    lost_at: Windows, solved_at: Windows, recent: Floats, losses: Floats, windows: int, levels: Levels
) -> Crossings:
    """The windows at which runs lost the solved echo, or solved it again, among new windows.

    A run has lost the echo when the mean of `Levels.over` losses is above one level; it has solved the echo again when
    the mean is below a lower level.

    Args:
        lost_at: int64 [runs], before the new windows; see `Crossings.after`.
        solved_at: int64 [runs], the window at which each run was first solved, new windows included; 0 if it was not.
        recent: float32 [up to Levels.longest, runs], the losses before the new windows.
        losses: float32 [n, runs], the losses of the new windows.
        windows: the number of windows in the run, including the new ones.
    """
    runs = np.flatnonzero(solved_at > 0)
    joined = np.concatenate([recent, losses])[:, runs]
    if not runs.size or not len(losses):
        return NO_CROSSINGS
    over = levels.over[runs]
    means = _moving_sums(_counted(levels.most[runs], joined), over)[-len(losses) :] * (UNIT / over)  # exact
    numbers = np.arange(windows - len(means) + 1, windows + 1)
    solved = means < levels.solved[runs]
    lost = (means > levels.lost[runs]) & (numbers[:, np.newaxis] > solved_at[runs])
    was_lost = lost_at[runs] > 0
    crossing = np.flatnonzero(np.where(was_lost, solved.any(axis=0), lost.any(axis=0)))
    before = np.where(was_lost[crossing], np.int8(1), np.int8(-1))
    changes = np.concatenate([before[np.newaxis], lost[:, crossing].astype(np.int8) - solved[:, crossing]])
    newest = np.maximum.accumulate(np.where(changes != 0, np.arange(len(changes))[:, np.newaxis], 0), axis=0)
    is_lost = np.take_along_axis(changes, newest, axis=0) > 0
    at, which = np.nonzero(is_lost[1:] != is_lost[:-1])
    return Crossings(numbers[at], runs[crossing[which]], np.where(is_lost[1:][at, which], numbers[at], 0))


def lost_by(solved_at: Windows, recent: Floats, windows: int, levels: Levels) -> Windows:
    """The window at which each run lost the echo, int64 [runs], as far as the newest losses show it: the current window
    if the mean of these losses is above the lost level; 0 if the mean is below the solved level, or if the echo was
    never solved; otherwise `UNKNOWN`, also if there are too few losses for the mean that counts.

    Args:
        solved_at: int64 [runs], the window at which each run was first solved; 0 if it was not.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses; empty if they are not in memory any more.
        windows: the number of windows in the run so far.
    """
    mean = _counted(levels.most, recent).sum(axis=0) * UNIT / max(1, len(recent))
    lost = np.select([mean > levels.lost, mean < levels.solved], [windows, 0], UNKNOWN)
    return np.where(solved_at == 0, 0, np.where(len(recent) < levels.over, UNKNOWN, lost))


def _moving_sums(values: Nats | Windows, over: Windows) -> Nats:
    """The sum of each value, [n, runs], and the ``over - 1`` values before it; NaN if there are not so many."""
    sums = np.cumsum(np.concatenate([np.zeros_like(values[:1]), values]), axis=0)
    first = np.arange(1, len(sums))[:, np.newaxis] - over
    known = sums[1:] - np.take_along_axis(sums, np.maximum(first, 0), axis=0)
    return np.where(first < 0, np.nan, known)


def _counted(most: Nats, losses: Floats) -> Windows:
    """The losses as multiples of `UNIT`, limited to 0 to ``most``; NaN and infinite losses count as ``most``."""
    counted: Windows = np.rint(np.where(losses < most, np.maximum(losses, 0), most) / UNIT).astype(np.int64)
    return counted


@dataclass(frozen=True, eq=False)
class SolvedAt:
    """The windows at which runs solved the task. Only the newest losses are stored.

    Attributes:
        at: int64 [runs], the window of the run, from 1, at which the mean of `Levels.over` losses first fell below the
            level; 0 if it never did, `UNKNOWN` if this is not known.
        windows: the number of windows of the run so far, as far as known.
        recent: float32 [up to Levels.longest, runs], the newest losses, oldest first.
        lost_at: int64 [runs], the window at which each run lost the task again, see `crossings`; 0 if it has not.
    """

    at: Windows
    windows: int
    recent: Floats
    lost_at: Windows

    @classmethod
    def never(cls, runs: int) -> SolvedAt:
        """The `SolvedAt` of runs that have not begun yet."""
        never = np.zeros(runs, np.int64)
        return cls(never, 0, np.empty((0, runs), np.float32), never)

    @classmethod
    def unknown(cls, runs: int) -> SolvedAt:
        """The `SolvedAt` of runs about which nothing is known: neither the number of windows, nor whether they solved
        the task.
        """
        never, unknown = cls.never(runs), np.full(runs, UNKNOWN, np.int64)
        return replace(never, at=unknown, lost_at=unknown)

    def only(self, runs: Sequence[int]) -> SolvedAt:
        """The `SolvedAt` of only these runs, in this order."""
        which = list(runs)
        return replace(self, at=self.at[which], recent=self.recent[:, which], lost_at=self.lost_at[which])

    def anew(self) -> SolvedAt:
        """The `SolvedAt` at the start of a new task: no run has solved the task, and earlier losses do not count."""
        never = SolvedAt.never(len(self.at))
        return replace(never, windows=self.windows)

    def after(self, losses: Floats, levels: Levels) -> SolvedAt:
        """The `SolvedAt` after more losses, float32 [n, runs]."""
        return self.step(losses, levels)[0]

    def step(self, losses: Floats, levels: Levels, at: Windows | None = None) -> tuple[SolvedAt, Crossings]:
        """The `SolvedAt` after more losses, float32 [n, runs], and the windows at which runs lost the task, or solved
        it again.

        Args:
            at: the new value of `at`; by default it is found from the losses.
        """
        joined, windows = np.concatenate([self.recent, losses]), self.windows + len(losses)
        recent = joined[-levels.longest :].copy()
        if at is None and not self._can_change(joined, levels):
            return replace(self, windows=windows, recent=recent), NO_CROSSINGS
        at = self._solved(joined, levels) if at is None else at
        crossed = crossings(self.lost_at, at, self.recent, losses, windows, levels)
        return SolvedAt(at, windows, recent, crossed.after(self.lost_at)), crossed

    def _can_change(self, joined: Floats, levels: Levels) -> bool:
        """Whether a mean of these losses may have crossed the level that counts next for a run. If not, `step` has
        nothing to do.
        """
        is_solved = (self.at != 0) & (self.lost_at <= 0)
        if is_solved.all():
            return not (joined.max(initial=0, axis=0) < levels.lost - MARGIN).all()
        lowest = np.fmin.reduce(joined, axis=0, initial=HIGH)
        return bool(is_solved.any() or (lowest < levels.solved + MARGIN).any())

    def _solved(self, joined: Floats, levels: Levels) -> Windows:
        """The value of `at` after more losses, which are given together with the earlier newest losses."""
        unsolved = np.flatnonzero(self.at == 0)
        if not unsolved.size:
            return self.at
        at = self.at.copy()
        known = np.nan_to_num(np.minimum(joined[:, unsolved], HIGH), nan=HIGH).astype(np.float64)
        over = levels.over[unsolved]
        maybe = _moving_sums(known, over) / over < levels.solved[unsolved] + MARGIN
        for column in np.flatnonzero(maybe.any(axis=0)).tolist():
            run = int(unsolved[column])
            for last in np.flatnonzero(maybe[:, column]).tolist():  # sums from the start are rounded: once more, alone
                mean = joined[last + 1 - levels.over[run] : last + 1, run].mean(dtype=np.float64)
                if mean < levels.solved[run]:
                    at[run] = self.windows - len(self.recent) + last + 1
                    break
        return at

    @property
    def newest(self) -> Floats:
        """The newest losses of which means are shown, float32 [up to RECENT_WINDOWS, runs]."""
        return self.recent[-RECENT_WINDOWS:]

    def until(self, windows: int, lost_at: Windows) -> SolvedAt:
        """The `SolvedAt` after only the first ``windows`` windows, without the newest losses.

        Args:
            lost_at: the value of `lost_at` there.
        """
        return SolvedAt(np.where(self.at <= windows, self.at, 0), windows, self.recent[:0], lost_at)


class LostLog:
    """Records when each of many runs lost the echo, and when it solved the echo again; from this the state at any
    window follows.

    Attributes:
        now: int64 [runs], the window at which each run lost the echo, as known at the newest window; 0 if it has not,
            or has solved it again.

    Args:
        before: the value of `now` before the first window that is appended.
    """

    def __init__(self, before: Windows) -> None:
        self.now = before
        self._before = before
        self._windows: list[int] = []
        self._runs: list[int] = []
        self._lost_at: list[int] = []

    def append(self, crossings: Crossings) -> None:
        """Add the crossings of the next windows."""
        if crossings.windows.size:
            self.now = crossings.after(self.now)
            self._windows += crossings.windows.tolist()
            self._runs += crossings.runs.tolist()
            self._lost_at += crossings.lost_at.tolist()

    def at(self, window: int) -> Windows:
        """The value of `now` as it was after a window of the stretch."""
        count = bisect.bisect_right(self._windows, window)
        if count == len(self._windows):
            return self.now
        known = self._before.copy()
        known[self._runs[:count]] = self._lost_at[:count]  # if a run has several crossings, the last one counts
        return known
