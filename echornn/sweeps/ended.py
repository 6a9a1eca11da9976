"""Decides when a network of a sweep is finished, and its result; independent of how windows are divided into calls."""

from __future__ import annotations

import numpy as np

from echornn.data.solved import RECENT_WINDOWS
from echornn.progress import Floats
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until


def ended(losses: Floats, last: int, solved_at: int, until: Until, finished: bool, seconds: float) -> Result | None:
    """The result of a network; None if it has to continue.

    A network with a NaN or infinite loss is finished, since it never recovers.

    Args:
        losses: float32 [n], the newest losses that were not checked yet, with `RECENT_WINDOWS` losses before them.
        last: the window of the last loss, counted in the run from 1.
        solved_at: the window at which the network was solved; 0 if it was not yet.
        until: the rule for the end of training.
        finished: whether all its epochs are trained.
        seconds: as in `Result`.
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
