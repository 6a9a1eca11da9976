"""Trees of branches, grown by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.curve import Cause
from echornn.history.packed import pack
from echornn.tasks.solved import Levels, SolvedAt
from echornn.timeline.branch import Branch, Moment
from echornn.timeline.timeline import Timeline


def branch_off(
    timeline: Timeline,
    config: EchoConfig,
    cause: Cause = "start",
    at: tuple[int, int] | None = None,
    position: tuple[int, int] | None = None,
) -> int:
    """Begin the next branch, at (branch, window along its path); its number.

    Args:
        at: where it goes on from; unset, it is the run's start.
        position: epoch and window in it, from 0, where it is not the one that comes next there.
    """
    parent = None if at is None else Moment(*at)
    if position is None:
        position = (0, 0) if parent is None else timeline.owner(parent).position(parent.window)
    number = len(timeline)
    timeline.begin(Branch(number, cause, parent, parent, *position, 0, 0, config))
    return number


def grow(
    timeline: Timeline,
    number: int,
    losses: npt.ArrayLike,
    error_rates: npt.NDArray[np.float32] | None = None,
) -> None:
    """Windows of these losses at the end of a branch; a quarter of their predictions is wrong, unless given."""
    told = np.asarray(losses, np.float32)
    rates = np.full(len(told), 0.25, np.float32) if error_rates is None else error_rates
    timeline.append(number, told, rates)


def grow_many(timeline: Timeline, number: int, losses: npt.ArrayLike) -> None:
    """Windows of these losses, [n, replicas], at the end of a branch of a lottery; nothing predicted is wrong."""
    told, config = np.asarray(losses, np.float32), timeline.branch(number).config
    levels = Levels.of([config] * told.shape[1])
    solved = SolvedAt.never(told.shape[1]).after(told, levels)
    timeline.append_many(number, pack(told, np.zeros(told.shape, np.int32), config), solved.at)
