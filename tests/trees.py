"""Trees of branches by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.history.curve import Cause
from echornn.history.windows import StoredWindows, kept, losses_of
from echornn.run.branch import Branch, Position
from echornn.run.losses import Losses
from echornn.solved import Levels, SolvedAt


def branch_off(
    timeline: Losses,
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
    parent = None
    epoch, window = 0, 0
    if at is not None:
        parent = Position(*at)
        epoch, window = timeline.tree.owner(parent).epoch_and_window(parent.window)
    if position is not None:
        epoch, window = position
    number = len(timeline)
    branch = Branch(number, cause, parent, parent, epoch, window, 0, 0, config)
    timeline.begin(timeline.tree.begin(branch))
    return number


def grow(
    timeline: Losses,
    number: int,
    losses: npt.ArrayLike,
    error_rates: npt.ArrayLike = 0.0,
    norms: npt.ArrayLike | None = None,
) -> None:
    """Add windows at the end of a branch: their losses, [n, replicas], or [n] for a lone network,
    the share of predictions that are wrong, and the norms of gradients.
    """
    config = timeline.tree.branch(number).config
    losses = np.asarray(losses, np.float32).reshape(-1, config.replicas)
    errors = np.rint(np.asarray(error_rates) * config.predictions_per_window)
    errors_by_row = errors.astype(np.int32).reshape(-1, 1)
    windows = kept(losses, np.broadcast_to(errors_by_row, losses.shape), config)
    levels = Levels.of([config] * config.replicas)
    solved = SolvedAt.never(config.replicas).after(losses_of(windows), levels)
    if timeline.tree.growing != number:
        timeline.tree.go_on(number)
    timeline.append(number, windows, solved.at, kept_norms(norms, losses.shape, config))
    timeline.tree.grew(len(windows))


def kept_norms(
    norms: npt.ArrayLike | None, shape: tuple[int, ...], config: EchoConfig
) -> StoredWindows | None:
    """The norms of gradients as they are stored, and which of them were clipped."""
    if norms is None:
        return None
    norms_by_row = np.asarray(norms, np.float32).reshape(shape[0], -1)
    every_norm = np.broadcast_to(norms_by_row, shape)
    is_clipped = every_norm > (config.clip_norm or np.inf)
    return kept(every_norm, is_clipped * np.int32(config.predictions_per_window), config)
