"""A summary of a run for lists, read quickly from the newest checkpoint and the end of the loss log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.data.solved import UNKNOWN, Levels, SolvedAt, lost_by
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.history.windows import StoredWindows, error_rates_of, losses_of, median_mean
from echornn.progress import Floats
from echornn.runs import kept_runs, run_dir
from echornn.runs.run_dir import LOSS_FILE, Run
from echornn.timeline.branch import Position, index_in, path_to_end, task_since

MOST_READ = 1 << 22
"""The most windows that are read of a run whose record (of an early version) does not contain the windows at which it
was solved or lost.
"""


@dataclass(frozen=True, eq=False)
class Summary:
    """A run in a list of runs.

    Attributes:
        folder: the run's folder.
        saved: when the run was last saved, in seconds since 1970.
        config: the current configuration.
        epoch, window: the epoch of the newest window, and its number in it, both from 1; window 0 means before the
            first.
        windows: the number of windows trained in the whole run.
        loss: mean cross-entropy of the newest `RECENT_WINDOWS` since the weights were new, in nats; NaN if there are
            none, infinite if the run diverged. With several networks, the median.
        solved_at: the window along the path, from 1, at which the task was solved; 0 if it was not, None if unknown.
            With several networks, the window by which half of them had solved it.
        lost_at: the window along the path, from 1, at which the task was lost again, or by which it was lost if the
            record does not contain the window; 0 if it was not, None if unknown, and with several networks.
        bytes: the size on disk.
        seed_stats: the results of several replicas; None for a single network.
    """

    folder: Path
    saved: float
    config: EchoConfig
    epoch: int
    window: int
    windows: int
    loss: float
    solved_at: int | None
    lost_at: int | None
    bytes: int
    seed_stats: SeedStats | None = None

    @property
    def differs(self) -> dict[str, Any]:
        """The fields that differ from the defaults, with their values."""
        return EchoConfig().changes_to(self.config)


def summary(folder: Path) -> Summary:
    """The summary of the run in a folder.

    Raises:
        RunError: the folder has no run that can be read.
        OSError: the disk could not be read.
    """
    run = run_dir.glance(folder)
    diverged_at = _diverged_after_the_checkpoint(run)
    windows = diverged_at or run.trained
    epoch, window = _position(run, windows)
    solved = solved_there(run)
    each, is_alone = solved or SolvedAt.never(run.config.replicas), run.config.replicas == 1
    stats = SeedStats.after(each.newest, each.at, each.windows, np.maximum(each.lost_at, 0))
    return Summary(
        folder,
        kept_runs.last_saved(folder),
        run.config,
        epoch,
        window,
        windows,
        math.inf if diverged_at or _has_diverged(run) else median_mean(each.newest),
        None if each.at[0] == UNKNOWN else solved_by_half(each.at) or 0,
        int(each.lost_at[0]) if is_alone and each.lost_at[0] != UNKNOWN else None,
        run_dir.size(folder),
        None if is_alone or solved is None else stats,
    )


def _has_diverged(run: Run) -> bool:
    """Whether the newest loss of the run is NaN or infinite; with several networks, all newest losses."""
    newest = list(run.path(run.position, run.position.window - 1)) if run.checkpoint is not None else []
    return any(_is_no_number(windows, branch.config) for branch, _, windows in newest)


def _diverged_after_the_checkpoint(run: Run) -> int:
    """The number of windows until the loss became NaN or infinite, if that was after the last checkpoint; otherwise 0.

    Some versions saved no state after a divergence; their loss log then extends beyond the checkpoint, as after a kill.
    """
    count = run.layout.windows((run.folder / LOSS_FILE).stat().st_size)
    if count <= run.trained:
        return 0
    newest = run.windows(count - 1, count, run.layout.changes[-1][1])
    return count if _is_no_number(newest, run.config) else 0


def _is_no_number(windows: StoredWindows, config: EchoConfig) -> bool:
    """Whether all of these losses are NaN or infinite, in windows that are not lost."""
    lost, finite = np.isnan(error_rates_of(windows, config)), np.isfinite(losses_of(windows))
    return not (lost.any() or finite.any())


def _position(run: Run, windows: int) -> tuple[int, int]:
    """The epoch of the newest window, and its number in that epoch, both from 1, if the log has ``windows`` windows;
    window 0 means before the first.
    """
    branches = run.tree[0]
    if run.checkpoint is None or not branches:
        return 0, 0
    position = run.position
    branch, along = branches[position.branch], position.window + windows - run.trained
    if along == branch.start and not branch.window:
        return branch.epoch, 0 if branch.epoch == 0 else run.config.windows_per_epoch
    epoch, window = branch.epoch_and_window(along - 1)
    return epoch + 1, window + 1


def solved_there(run: Run) -> SolvedAt | None:
    """When each network at the run's position solved the echo, and lost it again, with its newest losses; `UNKNOWN` for
    windows that are not on record. None if nothing was saved yet.
    """
    kept = run.checkpoint
    if kept is None:
        return None
    config, window = kept.state.config, run.position.window
    recent, recorded = newest_losses(run, run.position, run.config), kept.state.solved
    at, lost_at = recorded.at, recorded.lost_at
    if config.replicas == 1:
        at = np.array([UNKNOWN if kept.solved_at is None else kept.solved_at])
        lost_at = np.array([kept.lost_at or 0])
    by_now = np.where(at == UNKNOWN, UNKNOWN, lost_by(at, recent, window, Levels.of(kept.state.configs)))
    is_early = (by_now == UNKNOWN) & (kept.lost_at is None)
    unsure = (at == UNKNOWN) | ((lost_at == 0) & ((by_now > 0) | is_early))  # the record does not tell
    if unsure.any() and run.trained <= MOST_READ:
        return run.timeline().solved(run.position)
    return SolvedAt(at, window, recent, np.where(unsure, by_now, lost_at))


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
