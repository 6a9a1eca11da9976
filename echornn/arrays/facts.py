"""What a run, its branches and its networks came to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from echornn.arrays.numbers import Numbering
from echornn.config import EchoConfig
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.errors import RunError
from echornn.history.windows import median_mean
from echornn.levels import can_be_solved, solved_level
from echornn.run.branch import Position, letter_of
from echornn.run.run import Run


@dataclass(frozen=True, eq=False)
class Summary:
    """A run in a list of runs; of several networks the median loss, solved when half of them solved
    the task."""

    config: EchoConfig
    epoch: int  # of the newest window, from 1
    window: int  # in its epoch, from 1; 0 before the first
    windows: int  # in the whole run
    # The mean of the newest losses; NaN if there are none, infinite if the run diverged
    loss: float
    solved_at: int | None  # along the path, from 1
    lost_at: int | None  # None also for several networks
    seed_stats: SeedStats | None  # None for a single network, and if nothing was saved


def summary(folder: Path) -> Summary:
    """The summary of the run in a folder, without all of its losses; a RunError if there is none,
    or an OSError."""
    run = Run.read(folder, quickly=True)
    config, position = run.config, run.position
    newest, solved = run.newest_losses(position), run.solved(position)
    loss = median_mean(newest)
    if len(newest) and not np.isfinite(newest[-1]).any():
        loss = math.inf
    lost_at = seed_stats = None
    if config.replicas == 1:
        lost_at = int(solved.lost_at[0]) or None
    elif run.checkpoint is not None:
        counts = can_be_solved(config)
        seed_stats = SeedStats.after(newest, solved.at, position.window, solved.lost_at, counts)
    epoch, window = _newest_window(run)
    solved_at = solved_by_half(solved.at)
    return Summary(config, epoch, window, run.trained, loss, solved_at, lost_at, seed_stats)


def _newest_window(run: Run) -> tuple[int, int]:
    """The epoch of the newest window and its number there, both from 1; 0 before the first."""
    if run.checkpoint is None:
        return 0, 0
    state = run.checkpoint.state
    if state.window:
        return state.epoch + 1, state.window
    if state.epoch:
        return state.epoch, run.config.windows_per_epoch
    return 0, 0


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
        parent = None if branch.parent is None else branch.parent.branch
        results = losses.results(number)
        level = solved_level(branch.config)
        yield BranchFacts(
            number,
            letter_of(number),
            parent,
            branch.start,
            tree.windows_of(number),
            end.window,
            tree.differs(number),
            newest_loss=results.newest_loss,
            mean_loss=results.mean_loss,
            solved_at=results.solved_at,
            lost_at=results.lost_at,
            here=number == run.position.branch,
            seed_stats=losses.seed_stats(end),
            solved_level=level if math.isfinite(level) else None,
        )


class NetworkFacts(NamedTuple):
    """The results of a network at a position of the run."""

    replica: int  # its number, the same in all branches
    seed: int
    solved_at: int  # the window of the path, from 1; 0 if it was not solved
    final_loss: float  # the mean of the newest losses; NaN if there are none
    lost_at: int  # the window at which it was lost again, or 0


def network_facts(run: Run, position: Position) -> tuple[NetworkFacts, ...]:
    """The results of each network at a position; a RunError if nothing was saved of the run."""
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config_at(position)
    solved, newest = run.solved(position), run.newest_losses(position)
    means = np.full(config.replicas, np.nan)
    if len(newest):
        means = newest.mean(axis=0, dtype=np.float64)
    facts = []
    for index, number in enumerate(Numbering.of(run).numbers(config)):
        solved_at, lost_at = int(solved.at[index]), int(solved.lost_at[index])
        mean = float(means[index])
        facts.append(NetworkFacts(number, config.seed + index, solved_at, mean, lost_at))
    return tuple(facts)
