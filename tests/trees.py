"""Grows trees of branches by hand."""

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
    """Begin the next branch, at (branch, window along its path); returns its number.

    Args:
        at: the position where it begins; by default the run's start.
        position: epoch and window in it, from 0, if not the next window there.
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
    """Add windows with these losses at the end of a branch; by default a quarter of their predictions is wrong."""
    told = np.asarray(losses, np.float32)
    rates = np.full(len(told), 0.25, np.float32) if error_rates is None else error_rates
    timeline.append(number, told, rates)


def grow_many(timeline: Timeline, number: int, losses: npt.ArrayLike) -> None:
    """Add windows with these losses, [n, replicas], at the end of a branch of several networks; no prediction is
    wrong.
    """
    told, config = np.asarray(losses, np.float32), timeline.branch(number).config
    levels = Levels.of([config] * told.shape[1])
    solved = SolvedAt.never(told.shape[1]).after(told, levels)
    timeline.append_many(number, pack(told, np.zeros(told.shape, np.int32), config), solved.at)
