"""Trees of branches by hand, and the statistics of their losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.curve import Cause
from echornn.history.windows import kept, losses_of
from echornn.levels import guessing_errors
from echornn.progress import Floats
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
    parent = None if at is None else Position(*at)
    if position is None:
        position = (
            (0, 0)
            if parent is None
            else timeline.tree.owner(parent).epoch_and_window(parent.window)
        )
    number = len(timeline)
    branch = Branch(number, cause, parent, parent, *position, 0, 0, config)
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
    each = np.asarray(losses, np.float32).reshape(-1, config.replicas)
    errors = np.rint(np.asarray(error_rates) * config.predictions_per_window).astype(np.int32)
    windows = kept(each, np.broadcast_to(errors.reshape(-1, 1), each.shape), config)
    solved = SolvedAt.never(config.replicas).after(
        losses_of(windows), Levels.of([config] * config.replicas)
    )
    stored = None
    if norms is not None:
        of_each = np.broadcast_to(np.asarray(norms, np.float32).reshape(len(each), -1), each.shape)
        clipped = (of_each > (config.clip_norm or np.inf)) * np.int32(config.predictions_per_window)
        stored = kept(of_each, clipped, config)
    if timeline.tree.growing != number:
        timeline.tree.go_on(number)
    timeline.append(number, windows, solved.at, stored)
    timeline.tree.grew(len(windows))


def after(
    loss_stats: LossStats,
    losses: Floats,
    config: EchoConfig,
    trained: int | None = None,
    errors: Floats | None = None,
) -> LossStats:
    """The statistics after more windows, which have these losses, float32 [n].

    Args:
        trained: the number of windows along the path before these windows; by default those of the
            statistics.
        errors: float32 [n], the windows' shares of wrong predictions, 0 to 1; by default those of
            guessing.
    """
    trained = loss_stats.windows if trained is None else trained
    errors = np.full(len(losses), guessing_errors(config), np.float32) if errors is None else errors
    when = np.array([[loss_stats.solved_at or 0], [loss_stats.lost_at or 0]])
    before = SolvedAt(when[0], trained, loss_stats.recent[:, np.newaxis], when[1])
    now = before.after(losses[:, np.newaxis], Levels.of([config]))
    return replace(
        loss_stats,
        windows=loss_stats.windows + len(losses),
        recent=now.recent[:, 0],
        solved_at=int(now.at[0]) or None,
        block_means=loss_stats.block_means.after(losses, errors),
        lost_at=int(now.lost_at[0]) or None,
    )
