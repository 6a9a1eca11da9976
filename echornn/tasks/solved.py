"""Decides when the echo was solved (the mean of the last windows' losses first fell below a level) and when it was lost
again (that mean rose well above the level).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.levels import chance_level, lost_level, solved_level

RECENT_WINDOWS = 50
"""The number of windows whose mean loss decides whether the echo is solved."""

HIGH, MARGIN = 1000.0, 1e-6
"""Nats: a mean that contains a loss above the first is below no level; running sums are exact to far less than the
second.
"""

UNIT = 2.0**-24
"""Nats: losses are added as integer multiples of this, so that a sum does not depend on how they are cut into
pieces.
"""

UNKNOWN = -1
"""Stands for the number of a window that is not known."""

Windows = npt.NDArray[np.int64]
Nats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """The mean losses at which the echo counts as solved, or lost again, for many runs: float64 [runs], nats.

    Attributes:
        solved: below this mean the echo is solved.
        lost: above this mean a solved echo is lost; between the two nothing changes.
        chance: the loss of guessing; a window's loss is counted as at most this when deciding whether the echo is lost,
            so that the spike at an epoch's start does not count as a loss of the echo.
    """

    solved: Nats
    lost: Nats
    chance: Nats

    @classmethod
    def of(cls, configs: Sequence[EchoConfig]) -> Levels:
        """The levels of these runs; within networks of one structure, they depend on only two fields."""
        known: dict[tuple[int, str], tuple[float, float, float]] = {}
        for config in configs:
            if (config.echo_step, config.row_start) not in known:
                levels = solved_level(config), lost_level(config), chance_level(config)
                known[config.echo_step, config.row_start] = levels
        return cls(*np.array([known[config.echo_step, config.row_start] for config in configs]).reshape(-1, 3).T)


def first_below(losses: Floats, level: float) -> int | None:
    """The start of the first `RECENT_WINDOWS` losses, in float32 [n], whose mean is below a level; None if there are
    none.

    Running sums find the candidates, whose means are then computed again, so that earlier losses do not matter.
    """
    for first in np.flatnonzero(_means(losses) < level + MARGIN).tolist():
        if losses[first : first + RECENT_WINDOWS].mean(dtype=np.float64) < level:
            return int(first)
    return None


@dataclass(frozen=True, eq=False)
class Crossings:
    """The windows at which some of many runs lost the solved echo, or solved it again.

    Attributes:
        windows: int64 [n], numbers of windows in the run, from 1, in order.
        runs: int64 [n], the index of the run.
        lost_at: int64 [n], the window if the run lost the echo there; 0 if it solved it again.
    """

    windows: Windows
    runs: Windows
    lost_at: Windows

    def after(self, lost_at: Windows) -> Windows:
        """The window at which each run lost the echo, int64 [runs], after all of these; 0 if it has not, or has solved
        it again.

        Args:
            lost_at: the same before these.
        """
        known = lost_at.copy()
        known[self.runs] = self.lost_at  # if a run has several, the last counts
        return known


NO_CROSSINGS = Crossings(*np.empty((3, 0), np.int64))


def crossings(
    lost_at: Windows, solved_at: Windows, recent: Floats, losses: Floats, windows: int, levels: Levels
) -> Crossings:
    """The windows among some new ones at which runs lost the solved echo, or solved it again.

    Lost means that the mean of `RECENT_WINDOWS` is above one level, solved again that it is below a lower one (see
    `Levels`).

    Args:
        lost_at: int64 [runs], before the new windows, see `Crossings.after`.
        solved_at: int64 [runs], when each was first solved, as known after the new windows; 0 if it was not.
        recent: float32 [up to RECENT_WINDOWS, runs], the losses before the new windows.
        losses: float32 [n, runs], the losses of the new windows.
        windows: the number of windows in the run, including the new ones.
    """
    runs = np.flatnonzero(solved_at > 0)
    joined = np.concatenate([recent, losses])[:, runs]
    if not runs.size or not len(losses) or len(joined) < RECENT_WINDOWS:
        return NO_CROSSINGS
    means = _means_up_to(levels.chance[runs], joined)[-len(losses) :]
    numbers = np.arange(windows - len(means) + 1, windows + 1)
    solved = means < levels.solved[runs]
    lost = (means > levels.lost[runs]) & (numbers[:, np.newaxis] > solved_at[runs])
    was_lost = lost_at[runs] > 0
    crossing = np.flatnonzero(np.where(was_lost, solved.any(axis=0), lost.any(axis=0)))
    before = np.where(was_lost[crossing], np.int8(1), np.int8(-1))
    told = np.concatenate([before[np.newaxis], lost[:, crossing].astype(np.int8) - solved[:, crossing]])
    newest = np.maximum.accumulate(np.where(told != 0, np.arange(len(told))[:, np.newaxis], 0), axis=0)
    is_lost = np.take_along_axis(told, newest, axis=0) > 0
    at, which = np.nonzero(is_lost[1:] != is_lost[:-1])
    return Crossings(numbers[at], runs[crossing[which]], np.where(is_lost[1:][at, which], numbers[at], 0))


def lost_by(solved_at: Windows, recent: Floats, windows: int, levels: Levels) -> Windows:
    """The latest window by which each run had lost the echo, int64 [runs], if only its newest losses are known: the
    present window if their mean is above the lost level, 0 if it is below the solved level or the echo was never
    solved; else `UNKNOWN`.

    Args:
        solved_at: int64 [runs], when each was first solved; 0 if it was not.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses; empty if they are no longer in memory.
        windows: the number of windows in the run so far.
    """
    mean = _counted(levels.chance, recent).sum(axis=0) * UNIT / max(1, len(recent))
    told = np.select([mean > levels.lost, mean < levels.solved], [windows, 0], UNKNOWN)
    return np.where(solved_at == 0, 0, told if len(recent) else UNKNOWN)


def _means_up_to(most: Nats, losses: Floats) -> Nats:
    """The mean of each `RECENT_WINDOWS` consecutive losses, each counted as at most ``most``; exact, unlike
    `_means`.
    """
    counted = _counted(most, losses)
    sums = np.cumsum(np.concatenate([np.zeros_like(counted[:1]), counted]), axis=0)
    means: Nats = (sums[RECENT_WINDOWS:] - sums[:-RECENT_WINDOWS]) * (UNIT / RECENT_WINDOWS)
    return means


def _counted(most: Nats, losses: Floats) -> Windows:
    """Losses as multiples of `UNIT`, limited to 0 to ``most``; a loss that is not finite counts as ``most``."""
    counted: Windows = np.rint(np.where(losses < most, np.maximum(losses, 0), most) / UNIT).astype(np.int64)
    return counted


def _means(losses: Floats) -> Nats:
    """The approximate mean of each `RECENT_WINDOWS` consecutive losses; float32 [n, ...] to float64 [n + 1 -
    RECENT_WINDOWS, ...].
    """
    known = np.nan_to_num(np.minimum(losses, HIGH), nan=HIGH)
    sums = np.cumsum(np.concatenate([np.zeros_like(known[:1]), known]), axis=0, dtype=np.float64)
    means: Nats = (sums[RECENT_WINDOWS:] - sums[:-RECENT_WINDOWS]) / RECENT_WINDOWS
    return means


@dataclass(frozen=True, eq=False)
class SolvedAt:
    """When each of many runs solved the task, without keeping their losses; `LossStats` does the same for one run.

    Attributes:
        at: int64 [runs], the window in the run, from 1, at which the mean of `RECENT_WINDOWS` first fell below the
            level; 0 if it never did, `UNKNOWN` if that is not known.
        windows: the number of windows in the run so far, as far as they are known.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses, oldest first.
        lost_at: int64 [runs], the window at which each lost it again, see `crossings`; 0 if it has not.
    """

    at: Windows
    windows: int
    recent: Floats
    lost_at: Windows

    @classmethod
    def never(cls, runs: int) -> SolvedAt:
        """The value for runs that have not begun yet."""
        never = np.zeros(runs, np.int64)
        return cls(never, 0, np.empty((0, runs), np.float32), never)

    @classmethod
    def unknown(cls, runs: int) -> SolvedAt:
        """The value for runs of which it is not known whether they solved the task, nor how many windows they have."""
        never, unknown = cls.never(runs), np.full(runs, UNKNOWN, np.int64)
        return replace(never, at=unknown, lost_at=unknown)

    def only(self, runs: Sequence[int]) -> SolvedAt:
        """The value for only these runs, in this order."""
        which = list(runs)
        return replace(self, at=self.at[which], recent=self.recent[:, which], lost_at=self.lost_at[which])

    def anew(self) -> SolvedAt:
        """The value for a new task: no run has solved it, and no earlier loss counts."""
        never = SolvedAt.never(len(self.at))
        return replace(never, windows=self.windows)

    def after(self, losses: Floats, levels: Levels) -> SolvedAt:
        """The value after these further losses, float32 [n, runs]."""
        joined = np.concatenate([self.recent, losses])
        at = self.at.copy()
        unsolved = np.flatnonzero(at == 0)
        if unsolved.size and len(joined) >= RECENT_WINDOWS:
            maybe = (_means(joined[:, unsolved]) < levels.solved[unsolved] + MARGIN).any(axis=0)
            for run in unsolved[maybe].tolist():
                first = first_below(joined[:, run], levels.solved[run])
                if first is not None:
                    at[run] = self.windows - len(self.recent) + RECENT_WINDOWS + first
        windows = self.windows + len(losses)
        crossed = crossings(self.lost_at, at, self.recent, losses, windows, levels)
        return SolvedAt(at, windows, joined[-RECENT_WINDOWS:].copy(), crossed.after(self.lost_at))
