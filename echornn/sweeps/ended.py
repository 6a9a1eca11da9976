"""Decides when a network of a sweep is finished, and with which result, however its windows were cut into calls."""

from __future__ import annotations

import numpy as np

from echornn.progress import Floats
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until
from echornn.tasks.solved import RECENT_WINDOWS


def ended(losses: Floats, last: int, solved_at: int, until: Until, finished: bool, seconds: float) -> Result | None:
    """The result of a network; None while it has to train on.

    A network whose loss is not finite is finished, since it never recovers.

    Args:
        losses: float32 [n], the newest losses, and `RECENT_WINDOWS` before those that were not checked yet.
        last: the window in the run, from 1, to which the last loss belongs.
        solved_at: the window at which it was solved; 0 if it was not yet.
        until: the rule for how long it trains.
        finished: whether all its epochs are trained.
        seconds: see `Result`.
    """
    before = last - len(losses)
    if solved_at and until == "solved":
        return Result(solved_at, _mean(losses[: solved_at - before]), solved_at, seconds)
    broken = np.flatnonzero(~np.isfinite(losses))
    if broken.size:
        first = int(broken[0])
        return Result(solved_at or None, float(losses[first]), before + first + 1, seconds)
    if finished:
        return Result(solved_at or None, _mean(losses), last, seconds)
    return None


def _mean(losses: Floats) -> float:
    return float(losses[-RECENT_WINDOWS:].mean(dtype=np.float64))
