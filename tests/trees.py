"""Grows trees of branches by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.solved import Levels, SolvedAt
from echornn.history.curve import Cause
from echornn.history.windows import kept, losses_of
from echornn.timeline.branch import Branch, Position
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
    parent = None if at is None else Position(*at)
    if position is None:
        position = (0, 0) if parent is None else timeline.owner(parent).epoch_and_window(parent.window)
    number = len(timeline)
    timeline.begin(Branch(number, cause, parent, parent, *position, 0, 0, config))
    return number


def grow(
    timeline: Timeline,
    number: int,
    losses: npt.ArrayLike,
    error_rates: npt.ArrayLike = 0.0,
) -> None:
    """Add windows at the end of a branch: their losses, [n, replicas], or [n] for a lone network, and the share of
    predictions that are wrong.
    """
    config = timeline.branch(number).config
    each = np.asarray(losses, np.float32).reshape(-1, config.replicas)
    errors = np.rint(np.asarray(error_rates) * config.predictions_per_window).astype(np.int32)
    windows = kept(each, np.broadcast_to(errors.reshape(-1, 1), each.shape), config)
    solved = SolvedAt.never(config.replicas).after(losses_of(windows), Levels.of([config] * config.replicas))
    timeline.append(number, windows, solved.at)
