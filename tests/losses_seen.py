"""The loss statistics of a lone network after more windows, as a timeline has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import guessing_errors
from echornn.data.solved import Levels, SolvedAt
from echornn.diagnosis.loss_stats import LossStats
from echornn.progress import Floats


def after(
    loss_stats: LossStats, losses: Floats, config: EchoConfig, trained: int | None = None, errors: Floats | None = None
) -> LossStats:
    """The statistics after more windows, which have these losses, float32 [n].

    Args:
        trained: the number of windows along the path before these windows; by default those of the statistics.
        errors: float32 [n], the windows' shares of wrong predictions, 0 to 1; by default those of guessing.
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
