"""When the echo was solved: the mean of so many windows' losses first fell below the level that says so; and when it
was lost again: that mean rose well above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.tasks.levels import chance_level, lost_level, solved_level

RECENT_WINDOWS = 50
"""Windows whose mean loss says whether the echo is solved."""

HIGH, MARGIN = 1000.0, 1e-6
"""Nats: a mean with a loss above the first is below no level; running sums are right to far less than the second."""

UNIT = 2.0**-24
"""Nats: losses that tell whether the echo is lost are added as whole multiples of it, so that a sum does not depend on
the pieces they come in."""

UNKNOWN = -1
"""Instead of the number of a window, where nothing says which."""

Windows = npt.NDArray[np.int64]
Nats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """Mean losses that say of many runs whether the echo is solved, or lost again: float64 [runs], nats.

    Attributes:
        solved: below it the echo is solved.
        lost: above it an echo that was solved is lost; between the two it stays what it was.
        chance: the loss of guessing; a window's loss counts as no more towards losing the echo, so that the spike at an
            epoch's start loses nothing.
    """

    solved: Nats
    lost: Nats
    chance: Nats

    @classmethod
    def of(cls, configs: Sequence[EchoConfig]) -> Levels:
        """Of these runs; of what networks of one structure differ in, the levels depend on two fields."""
        known: dict[tuple[int, str], tuple[float, float, float]] = {}
        for config in configs:
            if (config.echo_step, config.row_start) not in known:
                levels = solved_level(config), lost_level(config), chance_level(config)
                known[config.echo_step, config.row_start] = levels
        return cls(*np.array([known[config.echo_step, config.row_start] for config in configs]).reshape(-1, 3).T)


def first_below(losses: Floats, level: float) -> int | None:
    """Where the first `RECENT_WINDOWS` losses, of float32 [n], begin whose mean is below a level; None where none do.

    Running sums say which may be, and those are added up anew: so it does not depend on the losses before them.
    """
    for first in np.flatnonzero(_means(losses) < level + MARGIN).tolist():
        if losses[first : first + RECENT_WINDOWS].mean(dtype=np.float64) < level:
            return int(first)
    return None


@dataclass(frozen=True, eq=False)
class Crossings:
    """The windows at which some of many runs lost the echo that they had solved, or solved it again.

    Attributes:
        windows: int64 [n], numbers of windows in the run, from 1, in order.
        runs: int64 [n], which run.
        lost_at: int64 [n], the window where the run lost the echo there; 0 where it solved it again.
    """

    windows: Windows
    runs: Windows
    lost_at: Windows

    def after(self, lost_at: Windows) -> Windows:
        """When each run lost the echo, int64 [runs], after all of them; 0 where it has not, or has solved it again.

        Args:
            lost_at: the same before them.
        """
        known = lost_at.copy()
        known[self.runs] = self.lost_at  # of several of a run, the last counts
        return known


NO_CROSSINGS = Crossings(*np.empty((3, 0), np.int64))


def crossings(
    lost_at: Windows, solved_at: Windows, recent: Floats, losses: Floats, windows: int, levels: Levels
) -> Crossings:
    """Where many runs lost the echo that they had solved, or solved it again, in some more windows.

    Lost is a mean of `RECENT_WINDOWS` above one level, solved again one below a lower level (see `Levels`).

    Args:
        lost_at: int64 [runs], before them, see `Crossings.after`.
        solved_at: int64 [runs], when each was first solved, after them; 0 where it was not.
        recent: float32 [up to RECENT_WINDOWS, runs], the losses before them.
        losses: float32 [n, runs], theirs.
        windows: of the run, with them.
    """
    runs = np.flatnonzero(solved_at)
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
    """When many runs had lost the echo at the latest, int64 [runs], where just their newest losses are known: this
    window where their mean says that it is lost, 0 where it says that it is solved, or it never was; else `UNKNOWN`.

    Args:
        solved_at: int64 [runs], when each was first solved; 0 where it was not.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses; empty where they are forgotten.
        windows: of the run, by now.
    """
    mean = _counted(levels.chance, recent).sum(axis=0) * UNIT / max(1, len(recent))
    told = np.select([mean > levels.lost, mean < levels.solved], [windows, 0], UNKNOWN)
    return np.where(solved_at == 0, 0, told if len(recent) else UNKNOWN)


def _means_up_to(most: Nats, losses: Floats) -> Nats:
    """Of each `RECENT_WINDOWS` losses on end, where none counts as more than ``most``; as `_means`, but exactly."""
    counted = _counted(most, losses)
    sums = np.cumsum(np.concatenate([np.zeros_like(counted[:1]), counted]), axis=0)
    means: Nats = (sums[RECENT_WINDOWS:] - sums[:-RECENT_WINDOWS]) * (UNIT / RECENT_WINDOWS)
    return means


def _counted(most: Nats, losses: Floats) -> Windows:
    """Losses in whole `UNIT`, from 0 to at most so much; one that is not finite is the most."""
    counted: Windows = np.rint(np.where(losses < most, np.maximum(losses, 0), most) / UNIT).astype(np.int64)
    return counted


def _means(losses: Floats) -> Nats:
    """Of each `RECENT_WINDOWS` losses on end, nearly; float32 [n, ...] to float64 [n + 1 - RECENT_WINDOWS, ...]."""
    known = np.nan_to_num(np.minimum(losses, HIGH), nan=HIGH)
    sums = np.cumsum(np.concatenate([np.zeros_like(known[:1]), known]), axis=0, dtype=np.float64)
    means: Nats = (sums[RECENT_WINDOWS:] - sums[:-RECENT_WINDOWS]) / RECENT_WINDOWS
    return means


@dataclass(frozen=True, eq=False)
class SolvedAt:
    """When each of many runs was solved, without keeping their losses; what `Evidence` says of one.

    Attributes:
        at: int64 [runs], number in the run, from 1, of the window at which the mean of `RECENT_WINDOWS` first fell
            below the level; 0 where it never did.
        windows: of the run so far.
        recent: float32 [up to RECENT_WINDOWS, runs], the newest losses, oldest first.
        lost_at: int64 [runs], number of the window at which each lost it again, see `crossings`; 0 where it has not.
    """

    at: Windows
    windows: int
    recent: Floats
    lost_at: Windows

    @classmethod
    def never(cls, runs: int) -> SolvedAt:
        """Of runs that are yet to begin."""
        never = np.zeros(runs, np.int64)
        return cls(never, 0, np.empty((0, runs), np.float32), never)

    def anew(self) -> SolvedAt:
        """None is solved, and no loss so far counts: from here on another task is trained."""
        never = SolvedAt.never(len(self.at))
        return replace(never, windows=self.windows)

    def after(self, losses: Floats, levels: Levels) -> SolvedAt:
        """When these losses, float32 [n, runs], have come in too."""
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
