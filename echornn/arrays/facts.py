"""What a run, its branches and its networks came to; and which network a number means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data.levels import can_be_solved, solved_level
from echornn.data.solved import SolvedAt
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.errors import RunError
from echornn.history.windows import are_lost, losses_of, median_mean
from echornn.progress import Floats
from echornn.run import folders, kept_runs
from echornn.run.branch import Position, index_in, letter_of, task_since
from echornn.run.run import Run


@dataclass(frozen=True, eq=False)
class Summary:
    """A run in a list of runs; of several networks the median loss, solved when half of them solved
    the task."""

    folder: Path
    saved: float  # in seconds since 1970
    config: EchoConfig
    epoch: int  # of the newest window, from 1
    window: int  # in its epoch, from 1; 0 before the first
    windows: int  # in the whole run
    # The mean of the newest losses; NaN if there are none, infinite if the run diverged
    loss: float
    solved_at: int  # along the path, from 1; 0 if it was not solved
    lost_at: int | None  # 0 if it was not lost, None with several networks
    bytes: int
    seed_stats: SeedStats | None = None


def summary(folder: Path) -> Summary:
    """The summary of the run in a folder, without all of its losses; a RunError if there is none,
    or an OSError."""
    run = Run.read(folder, quickly=True)
    config, position = run.config, run.position
    newest, solved = newest_losses(run, position, config), _solved(run, position)
    epoch, window = _newest_window(run)
    loss = median_mean(newest)
    if len(newest) and not np.isfinite(newest[-1]).any():
        loss = math.inf
    lost_at = seed_stats = None
    if config.replicas == 1:
        lost_at = int(solved.lost_at[0])
    elif run.checkpoint is not None:
        counts = can_be_solved(config)
        seed_stats = SeedStats.after(newest, solved.at, position.window, solved.lost_at, counts)
    return Summary(
        folder,
        kept_runs.last_saved(folder),
        config,
        epoch,
        window,
        run.trained,
        loss,
        solved_by_half(solved.at) or 0,
        lost_at,
        folders.size(folder),
        seed_stats,
    )


def _newest_window(run: Run) -> tuple[int, int]:
    """The epoch of the newest window and its number there, both from 1; 0 before the first."""
    if run.checkpoint is None:
        return 0, 0
    state = run.checkpoint.state
    if state.window:
        return state.epoch + 1, state.window
    return state.epoch, run.config.windows_per_epoch if state.epoch else 0


def _solved(run: Run, position: Position) -> SolvedAt:
    """When each network at a position solved the task and lost it again; quick if the checkpoint
    knows."""
    kept = run.checkpoint
    if kept is None:
        return SolvedAt.never(run.config.replicas)
    if position == run.position and kept.solved_at is not None and kept.lost_at is not None:
        if run.config.replicas > 1:
            return kept.state.solved
        return SolvedAt(
            np.array([kept.solved_at]), 0, np.empty((0, 1), np.float32), np.array([kept.lost_at])
        )
    return run.losses.solved(position)


def newest_losses(run: Run, position: Position, config: EchoConfig) -> Floats:
    """The newest losses of each network of ``config`` at a position, oldest first: float32 [up to
    RECENT_WINDOWS, replicas]. Losses from before the weights were new, of another task, or of
    networks left behind are left out.
    """
    newest = np.empty((0, config.replicas), np.float32)
    if not len(run.tree):
        return newest
    path = run.tree.path(run.tree.end(position.branch))
    since = max(task_since(path), position.window - RECENT_WINDOWS)
    for part, windows, _ in run.stored(run.tree.ranges(position, since)):
        own = index_in(part.branch.config, config)
        if not 0 <= own <= part.branch.config.replicas - config.replicas:
            continue
        windows = windows[:, own : own + config.replicas]
        unknown = np.flatnonzero(are_lost(windows))
        if len(unknown):  # means begin anew behind what is not known
            newest, windows = newest[:0], windows[unknown[-1] + 1 :]
        newest = np.concatenate([newest, losses_of(windows)])
    return newest


# ---- branches


@dataclass(frozen=True, eq=False)
class BranchFacts:
    """A branch of a run.

    With several networks, the losses are medians, and the task is solved when half solved it.
    """

    number: int  # from 0, in the order in which they began
    letter: str
    parent: int | None
    at: int  # the window of the parent's path at which it begins
    windows: int  # trained in the branch itself
    path: int  # windows along its path
    differs: str  # what changed at its beginning
    newest_loss: float  # of its path, in nats or squared error; NaN if there is none
    mean_loss: float  # of the last `RECENT_WINDOWS` windows
    solved_at: int | None  # the window of its path, from 1
    lost_at: int | None  # None also for several networks
    here: bool  # whether the run's position is on it
    seed_stats: SeedStats | None  # None for a single network
    solved_level: float | None  # the mean loss that decides; None if nothing counts as solved


def branch_facts(run: Run) -> Iterator[BranchFacts]:
    """The facts about each branch, in the order in which they began."""
    tree, losses = run.tree, run.losses
    for branch in tree.branches:
        number = branch.number
        end = tree.end(number)
        level = solved_level(branch.config)
        yield BranchFacts(
            number,
            letter_of(number),
            None if branch.parent is None else branch.parent.branch,
            branch.start,
            tree.windows_of(number),
            end.window,
            tree.differs(number),
            *losses.results(number),
            number == run.position.branch,
            losses.seed_stats(end),
            level if math.isfinite(level) else None,
        )


# ---- networks, by number: a network's is its seed minus the seed of the run's first network


class NetworkFacts(NamedTuple):
    """The results of a network at a position of the run."""

    replica: int  # its number, the same in all branches
    seed: int
    solved_at: int  # the window of the path, from 1; 0 if it was not solved
    final_loss: float  # the mean of the newest losses; NaN if there are none
    lost_at: int  # the window at which it was lost again, or 0


def network_facts(run: Run, position: Position) -> tuple[NetworkFacts, ...]:
    """The results of each network at a position; a RunError if nothing was saved of the run."""
    if run.checkpoint is None or run.owner(position) is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config_at(position)
    newest = newest_losses(run, position, config)
    means = (
        newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    )
    solved, numbers = _solved(run, position), numbers_of(run, config)
    seeds = range(config.seed, config.seed + config.replicas)
    each = (numbers, seeds, solved.at.tolist(), means.tolist(), solved.lost_at.tolist())
    return tuple(map(NetworkFacts, *each))


def numbers_of(run: Run, config: EchoConfig) -> range:
    """The numbers of the networks of a configuration: 0 if the run never trained several; kept by
    one alone."""
    first = next((config.seed - one.seed for one in configs_of(run) if one.replicas > 1), 0)
    return range(first, first + config.replicas)


def require_replica(run: Run, number: int | None, configs: Sequence[EchoConfig]) -> None:
    """Check that some network of these configurations has this number, or that it is None."""
    if number is None or any(number in numbers_of(run, config) for config in configs):
        return
    ranges = sorted({numbers_of(run, config) for config in configs}, key=lambda one: one.start)
    apart = [one for one in ranges if not any(set(one) < set(other) for other in ranges)]
    words = ", ".join(f"{one[0]} to {one[-1]}" if len(one) > 1 else str(one[0]) for one in apart)
    allowed = f"only {words}, a single network" if words.isdigit() else words
    raise RunError(f"replica = {number} cannot be used: {allowed}")


def data_seed_of(run: Run) -> int:
    """The seed of the held-out data of all networks of a run, on which they can be compared: that
    with which the run began."""
    return configs_of(run)[0].seed


def configs_of(run: Run, end: Position | None = None) -> list[EchoConfig]:
    """The configuration of each branch of a run; with ``end``, of those on the path to that
    position."""
    if not len(run.tree):
        return [run.config]
    branches = run.tree.branches if end is None else run.tree.path(end)
    return [branch.config for branch in branches]


def network_at(run: Run, position: Position, replica: int | None = None) -> tuple[EchoConfig, int]:
    """The configuration before a position, and the index of the network: that number, the first, or
    one alone."""
    owner = run.owner(position)
    config = run.config if owner is None else owner.config
    if replica is not None:
        require_replica(run, replica, [config])
        return config, numbers_of(run, config).index(replica)
    return config, 0 if owner is None else index_in(config, run.tree.branch(position.branch).config)
