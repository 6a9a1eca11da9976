"""Reads the newest losses of a run from the end of its loss log."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.history.kept_windows import losses_of
from echornn.progress import Floats
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, index_in, path_to_end, task_since


def newest_losses(run: Run, position: Position, config: EchoConfig) -> Floats:
    """The newest losses of each network at a position, float32 [up to RECENT_WINDOWS, replicas], oldest first.

    Losses from before the weights were new, or of another task, are left out; if a replica continues alone, so are the
    losses of other replicas.

    Args:
        config: the configuration at the position.
    """
    branches = run.tree[0]
    newest = [np.empty((0, config.replicas), np.float32)]
    if run.checkpoint is not None and branches:
        path = path_to_end(branches[position.branch], branches.__getitem__)
        for branch, _, windows in run.path(position, max(task_since(path), position.window - RECENT_WINDOWS)):
            own = index_in(branch.config, config)
            if 0 <= own <= branch.config.replicas - config.replicas:
                newest.append(losses_of(windows)[:, own : own + config.replicas])
    return np.concatenate(newest)
