"""What a run, its branches and its networks came to; and which network a number means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data.solved import UNKNOWN, SolvedAt
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.errors import RunError
from echornn.history.path_history import error_rates_of, losses_of
from echornn.history.quantiles import median_mean
from echornn.progress import Floats
from echornn.runs import folders, run_dir
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, index_in, letter_of, path_to, task_since
from echornn.timeline.timeline import Timeline

MOST_READ = 1 << 22
"""The most windows that are read for a list of runs, of a run whose record (of an early version) does not contain the
windows at which it was solved or lost.
"""


@dataclass(frozen=True, eq=False)
class Summary:
    """A run in a list of runs, read quickly from the newest checkpoint and the end of the loss log.

    Attributes:
        saved: when the run was last saved, in seconds since 1970.
        config: the current configuration.
        epoch, window: the epoch of the newest window, and its number in it, both from 1; window 0 means before the
            first.
        windows: the number of windows trained in the whole run.
        loss: mean loss of the newest `RECENT_WINDOWS` since the weights were new; NaN if there are none, infinite if
            the run diverged. With several networks, the median.
        solved_at: the window along the path, from 1, at which the task was solved; 0 if it was not, None if unknown.
            With several networks, the window by which half of them had solved it.
        lost_at: the window along the path, from 1, at which the task was lost again; 0 if it was not, None if unknown,
            and with several networks.
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
    config, is_alone, newest = run.config, run.config.replicas == 1, newest_losses(run, run.position, run.config)
    each = _recorded_solved(run)
    if each is None and run.checkpoint is None:
        each = SolvedAt.never(config.replicas)
    elif each is None:
        is_short = run.trained <= MOST_READ
        each = run.timeline().solved(run.position) if is_short else SolvedAt.unknown(config.replicas)
    lost_at = np.maximum(each.lost_at, 0)
    stats = None
    if not is_alone and run.checkpoint is not None:
        stats = SeedStats.after(newest, each.at, run.position.window, lost_at)
    return Summary(
        folder,
        folders.last_saved(folder),
        config,
        *_epoch_and_window(run),
        run.trained,
        math.inf if _has_diverged(run) else median_mean(newest),
        None if UNKNOWN in each.at else solved_by_half(each.at) or 0,
        int(lost_at[0]) if is_alone and UNKNOWN not in each.lost_at else None,
        folders.size(folder),
        stats,
    )


def _has_diverged(run: Run) -> bool:
    """Whether the newest loss is NaN or infinite, but not lost; with several networks, all newest losses."""
    for piece in run.path(run.position, run.position.window - 1):
        is_lost = np.isnan(error_rates_of(piece.windows, piece.branch.config)).any()
        return not is_lost and not np.isfinite(losses_of(piece.windows)).any()
    return False


def _epoch_and_window(run: Run) -> tuple[int, int]:
    branches, position = run.tree.branches, run.position
    if not branches:
        return 0, 0
    branch = branches[position.branch]
    if position.window == branch.start and not branch.window:
        return branch.epoch, 0 if branch.epoch == 0 else run.config.windows_per_epoch
    epoch, window = branch.epoch_and_window(position.window - 1)
    return epoch + 1, window + 1


def _recorded_solved(run: Run) -> SolvedAt | None:
    """When each network at the run's position solved the task and lost it again; None if the checkpoint does not say
    so, as those of early versions.
    """
    kept = run.checkpoint
    if kept is None or kept.solved_at is None or kept.lost_at is None:
        return None
    if run.config.replicas > 1:
        return kept.state.solved
    return SolvedAt(np.array([kept.solved_at]), 0, np.empty((0, 1), np.float32), np.array([kept.lost_at]))


def newest_losses(run: Run, position: Position, config: EchoConfig) -> Floats:
    """The newest losses of each network at a position, float32 [up to RECENT_WINDOWS, replicas], oldest first.

    Losses from before the weights were new, or of another task, are left out; if a replica continues alone, so are the
    losses of other replicas.

    Args:
        config: the configuration at the position.
    """
    newest = [np.empty((0, config.replicas), np.float32)]
    since = max(task_since(run.path_of(position.branch)), position.window - RECENT_WINDOWS)
    for branch, _, _, windows in run.path(position, since):
        own = index_in(branch.config, config)
        if 0 <= own <= branch.config.replicas - config.replicas:
            newest.append(losses_of(windows)[:, own : own + config.replicas])
    return np.concatenate(newest)


# ---- branches


@dataclass(frozen=True, eq=False)
class BranchFacts:
    """A branch of a run. With several networks, the losses are medians.

    Attributes:
        number: the number of the branch, from 0, in the order in which they began.
        letter: its name on the screen.
        parent: the parent's number; None for the first branch.
        at: the window of the parent's path at which the branch begins.
        windows: the number of windows trained in the branch itself.
        path: the number of windows along its path.
        differs: what changed at its beginning, in words.
        newest_loss: the loss of the last window of its path, in nats or squared error; NaN if there is none.
        mean_loss: the mean of the last windows of its path, see `echornn.diagnosis.loss_stats.RECENT_WINDOWS`.
        solved_at: the window of its path, from 1, at which the task was solved; None if it was not. With several
            networks, the window by which half of them had solved it.
        lost_at: the window at which it was lost again; None if it was not, and for several networks.
        here: whether the run's position is on the branch.
        seed_stats: the results of the networks, if there are several; else None.
    """

    number: int
    letter: str
    parent: int | None
    at: int
    windows: int
    path: int
    differs: str
    newest_loss: float
    mean_loss: float
    solved_at: int | None
    lost_at: int | None
    here: bool
    seed_stats: SeedStats | None


def timeline_of(run: Run) -> Timeline:
    """The timeline of a run; a RunError if the losses cannot be read."""
    try:
        return run.timeline()
    except OSError as error:
        raise RunError(f"{run.folder} cannot be read: {error.strerror or error}") from error


def branch_facts(run: Run, timeline: Timeline) -> Iterator[BranchFacts]:
    """The facts about each branch, in the order in which they began."""
    for number in range(len(timeline)):
        branch, end = timeline.branch(number), timeline.end(number)
        yield BranchFacts(
            number,
            letter_of(number),
            None if branch.parent is None else branch.parent.branch,
            branch.start,
            timeline.windows_of(number),
            end.window,
            timeline.differs(number),
            timeline.newest_loss(number),
            timeline.mean_loss(number),
            timeline.solved_at(number),
            timeline.lost_at(number),
            number == run.position.branch,
            timeline.seed_stats(end),
        )


# ---- networks, by number: a network's is its seed minus the seed of the run's first network


class NetworkFacts(NamedTuple):
    """The results of a network at a position of the run.

    Attributes:
        replica: the number of the network, the same in all branches.
        seed: its seed.
        solved_at: the window of the path, from 1, at which the task was solved; 0 if it was not.
        final_loss: mean loss of the newest windows in nats, see `newest_losses`; NaN if there are none.
        lost_at: the window of the path at which the task was lost again; 0 if it was not.
    """

    replica: int
    seed: int
    solved_at: int
    final_loss: float
    lost_at: int


def network_facts(run: Run, position: Position) -> Iterator[NetworkFacts]:
    """The results of each network at a position.

    Raises:
        RunError: nothing was saved of the run.
        OSError: the losses cannot be read.
    """
    if run.checkpoint is None or run.owner(position) is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config_at(position)
    newest = newest_losses(run, position, config)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    solved = _recorded_solved(run) if position == run.position else None
    if solved is None or UNKNOWN in solved.at or UNKNOWN in solved.lost_at:
        solved = run.timeline().solved(position)
    first = first_number(run, config)
    each = zip(solved.at.tolist(), solved.lost_at.tolist(), means.tolist(), strict=True)
    for index, (solved_at, lost_at, mean) in enumerate(each):
        yield NetworkFacts(first + index, config.seed + index, solved_at, mean, lost_at)


def first_number(run: Run, config: EchoConfig) -> int:
    """The number of the first network of a configuration; the others have the following numbers. A network keeps its
    number if it continues alone. If the run never trained several side by side, the number is 0, whatever the seed.
    """
    return next((config.seed - one.seed for one in configs_of(run) if one.replicas > 1), 0)


def require_replica(run: Run, number: int | None, configs: Sequence[EchoConfig]) -> None:
    """Check that some network of these configurations has this number, or that it is None."""
    firsts = [(first_number(run, config), config.replicas) for config in configs]
    if number is not None and not any(first <= number < first + replicas for first, replicas in firsts):
        there = sorted({first + index for first, replicas in firsts for index in range(replicas)})
        allowed = f"only {there[0]}, a single network" if len(there) == 1 else _ranges(there)
        raise RunError(f"replica = {number} cannot be used: {allowed}")


def _ranges(numbers: Sequence[int]) -> str:
    """Increasing numbers as text; consecutive numbers become a range."""
    firsts = [one for at, one in enumerate(numbers) if not at or numbers[at - 1] != one - 1]
    lasts = [one for at, one in enumerate(numbers) if at + 1 == len(numbers) or numbers[at + 1] != one + 1]
    return ", ".join(
        str(first) if first == last else f"{first} to {last}" for first, last in zip(firsts, lasts, strict=True)
    )


def configs_of(run: Run, end: Position | None = None) -> list[EchoConfig]:
    """The configuration of each branch of a run, in the order in which they began; with ``end``, only of the branches
    on the path to that position.
    """
    branches = run.tree.branches if end is None else path_to(end.window, run.path_of(end.branch))
    return [branch.config for branch in branches] or [run.config]


def network_at(run: Run, position: Position, replica: int | None = None) -> tuple[EchoConfig, int]:
    """The configuration that trained the windows before a position, and the index of a network in it, from 0.

    Args:
        replica: the number of the network; by default the first, or the one that later continues alone.

    Raises:
        RunError: no network has this number there.
    """
    owner = run.owner(position)
    config = run.config if owner is None else owner.config
    if replica is not None:
        require_replica(run, replica, [config])
        return config, replica - first_number(run, config)
    return config, 0 if owner is None else index_in(config, run.tree.branches[position.branch].config)
