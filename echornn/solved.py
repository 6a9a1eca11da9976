"""Decides when the task was solved (the mean of the newest losses first fell below a level), and
when it was lost again (that mean rose well above the level).
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.levels import RECENT_WINDOWS, chance_level, deciding_windows, lost_level, solved_level
from echornn.progress import Floats

# Nats; a higher loss counts as this, NaN too, so that there are sums; no mean with it is below a
# level
HIGH = 1000.0
# Nats; losses are added as integer multiples, so that sums do not depend on the pieces that arrive
UNIT = 2.0**-24
UNKNOWN = -1  # the number of a window that is not known

Windows = npt.NDArray[np.int64]
Nats = npt.NDArray[np.float64]
# The window at which a run lost the task or solved it again, the run, its `lost_at`
Crossing = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Levels:
    """The mean losses that decide, float64 [runs], in nats or squared error."""

    solved: Nats  # the task is solved when the mean is below this; minus infinity if it never is
    # A solved task is lost when the mean is above this; between the two levels nothing changes
    lost: Nats
    # Guessing; in deciding whether the task is lost, a higher loss counts as this, so a spike does
    # not
    most: Nats
    # The number of windows whose mean counts; see `echornn.levels.deciding_windows`
    over: Windows

    @classmethod
    def of(cls, configs: Sequence[EchoConfig]) -> Levels:
        """The levels for runs of the same structure; they then depend only on the task."""
        # Replicas mostly share one task, and finding its levels may take a while
        rows: dict[object, tuple[float, float, float, int]] = {}
        levels = []
        for config in configs:
            task = config.the_task, config.solved_below
            if task not in rows:
                lost, chance = lost_level(config), chance_level(config)
                most = chance if chance > lost else HIGH
                rows[task] = solved_level(config), lost, most, deciding_windows(config)
            levels.append(rows[task])
        solved_levels, lost_levels, mosts, overs = np.array(levels).reshape(-1, 4).T
        return cls(solved_levels, lost_levels, mosts, overs.astype(np.int64))

    @property
    def longest(self) -> int:
        """The number of newest losses to keep: those of the mean of every run, and at least
        `RECENT_WINDOWS`."""
        return int(self.over.max(initial=RECENT_WINDOWS))


def _means(losses: Floats, most: float | Nats, over: Windows) -> Nats:
    """The mean of each loss, [n, runs], and the ``over - 1`` before it, exactly; NaN if there are
    not so many. Losses from ``most`` on, NaN too, count as that.
    """
    bounded = np.where(losses < most, np.maximum(losses, 0), most)
    units = np.rint(bounded / UNIT).astype(np.int64)
    sums = np.cumsum(np.concatenate([np.zeros_like(units[:1]), units]), axis=0)
    first = np.arange(1, len(sums))[:, np.newaxis] - over
    before = np.take_along_axis(sums, np.maximum(first, 0), axis=0)
    means = (sums[1:] - before) * (UNIT / over)
    return np.where(first < 0, np.nan, means)


@dataclass(frozen=True, eq=False)
class SolvedAt:
    """The windows at which runs solved the task. Only the newest losses are stored."""

    # [runs], from 1, the window at which the mean first fell below the level; 0 if never, or
    # `UNKNOWN`
    at: Windows
    windows: int  # the number of windows of the run so far, as far as known
    recent: Floats  # [up to Levels.longest, runs], the newest losses, oldest first
    # [runs], the window at which each run lost the task again; 0 if it has not, or solved it since
    lost_at: Windows

    @classmethod
    def never(cls, runs: int) -> SolvedAt:
        never = np.zeros(runs, np.int64)
        return cls(never, 0, np.empty((0, runs), np.float32), never)

    @classmethod
    def unknown(cls, runs: int) -> SolvedAt:
        """Of runs about which neither the number of windows is known, nor whether they solved the
        task."""
        unknown = np.full(runs, UNKNOWN, np.int64)
        return replace(cls.never(runs), at=unknown, lost_at=unknown)

    def only(self, runs: Sequence[int]) -> SolvedAt:
        which = list(runs)
        return replace(
            self, at=self.at[which], recent=self.recent[:, which], lost_at=self.lost_at[which]
        )

    def anew(self) -> SolvedAt:
        return replace(SolvedAt.never(len(self.at)), windows=self.windows)

    def until(self, windows: int, lost_at: Windows) -> SolvedAt:
        """After only the first ``windows`` windows, with this `lost_at` and without the newest
        losses."""
        return SolvedAt(np.where(self.at <= windows, self.at, 0), windows, self.recent[:0], lost_at)

    def past_unknown(self, windows: int) -> SolvedAt:
        """After so many windows whose losses are not known: means begin anew behind them."""
        return replace(self, windows=self.windows + windows, recent=self.recent[:0])

    @property
    def newest(self) -> Floats:
        """float32 [up to RECENT_WINDOWS, runs], of which means are shown."""
        return self.recent[-RECENT_WINDOWS:]

    def after(self, losses: Floats, levels: Levels) -> SolvedAt:
        return self.step(losses, levels)[0]

    def step(self, losses: Floats, levels: Levels) -> tuple[SolvedAt, list[Crossing]]:
        """After more losses, float32 [n, runs]; and the crossings."""
        joined = np.concatenate([self.recent, losses])
        windows = self.windows + len(losses)
        if self._is_settled(joined, levels):
            return replace(self, windows=windows, recent=_newest(joined, levels)), []
        return self.step_solved_at(self._first_below(joined, windows, levels), losses, levels)

    def step_solved_at(
        self, at: Windows, losses: Floats, levels: Levels
    ) -> tuple[SolvedAt, list[Crossing]]:
        """The same where it is known at which windows runs have solved the task."""
        joined = np.concatenate([self.recent, losses])
        windows = self.windows + len(losses)
        crossings = self._crossings(at, joined, len(losses), windows, levels)
        lost_at = lost_after(self.lost_at, crossings, windows)
        return SolvedAt(at, windows, _newest(joined, levels), lost_at), crossings

    def _first_below(self, joined: Floats, windows: int, levels: Levels) -> Windows:
        """`at` after these losses, of which the last is of this window."""
        at = self.at.copy()
        unsolved = np.flatnonzero(at == 0)
        if len(joined):
            means = _means(joined[:, unsolved], HIGH, levels.over[unsolved])
            is_below = means < levels.solved[unsolved]
            first = windows - len(joined) + 1 + is_below.argmax(axis=0)
            at[unsolved] = np.where(is_below.any(axis=0), first, 0)
        return at

    def _is_settled(self, joined: Floats, levels: Levels) -> bool:
        """Whether no mean of these losses can have crossed the level that counts next for a run, as
        mostly."""
        is_solved = (self.at != 0) & (self.lost_at <= 0)
        if is_solved.all():
            return bool((joined.max(initial=0, axis=0) < levels.lost).all())
        lowest = np.fmin.reduce(joined, axis=0, initial=HIGH)
        return not is_solved.any() and not (lowest < levels.solved).any()

    def _crossings(
        self, at: Windows, joined: Floats, new: int, windows: int, levels: Levels
    ) -> list[Crossing]:
        """Among the newest ``new`` windows, those at which runs lost the task, or solved it again,
        at a lower level."""
        runs = np.flatnonzero(at > 0)
        if not runs.size or not new:
            return []
        means = _means(joined[:, runs], levels.most[runs], levels.over[runs])[-new:]
        numbers = np.arange(windows - new + 1, windows + 1)
        is_below = means < levels.solved[runs]
        is_above = (means > levels.lost[runs]) & (numbers[:, np.newaxis] > at[runs])

        # Mostly nothing is crossed: go on with the runs that may have
        was_lost = self.lost_at[runs] > 0
        may_cross = np.where(was_lost, is_below.any(axis=0), is_above.any(axis=0))
        runs, was_lost = runs[may_cross], was_lost[may_cross]
        # 1 in a window that loses the task, -1 in one that solves it, 0 between the levels; first,
        # what a run was before these windows
        before = np.where(was_lost, np.int8(1), np.int8(-1))
        signs = is_above[:, may_cross].astype(np.int8) - is_below[:, may_cross]
        is_lost = _filled(np.concatenate([before[np.newaxis], signs])) > 0

        crossing, run = np.nonzero(is_lost[1:] != is_lost[:-1])
        lost_at = np.where(is_lost[1:][crossing, run], numbers[crossing], 0)
        columns = numbers[crossing], runs[run], lost_at
        return list(zip(*(column.tolist() for column in columns), strict=True))


def _newest(losses: Floats, levels: Levels) -> Floats:
    return losses[-levels.longest :].copy()  # not a view, which would keep all losses


def _filled(signs: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """In place of each 0 the last sign before it in its column: of -1, 0, 1, 0, 0, -1 one has -1,
    -1, 1, 1, 1, -1."""
    rows = np.arange(len(signs))[:, np.newaxis]
    last_sign = np.maximum.accumulate(np.where(signs != 0, rows, 0), axis=0)
    return np.take_along_axis(signs, last_sign, axis=0)


def lost_after(before: Windows, crossings: Sequence[Crossing], window: int) -> Windows:
    """`SolvedAt.lost_at` after a window, from its value before these crossings, in order."""
    lost_at = before.copy()
    seen = bisect.bisect_right(crossings, (window, len(before)))
    for _, run, lost in crossings[:seen]:
        lost_at[run] = lost
    return lost_at
