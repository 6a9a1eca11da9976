"""What a run, its branches and its networks came to; and which network a number means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.diagnosis.loss_stats import RECENT_WINDOWS
from echornn.diagnosis.seed_stats import SeedStats, solved_by_half
from echornn.errors import RunError
from echornn.history.windows import error_rates_of, losses_of, median_mean
from echornn.progress import Floats
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.timeline.branch import Position, index_in, letter_of, path_to, task_since
from echornn.timeline.timeline import Timeline


@dataclass(frozen=True, eq=False)
class Summary:
    """A run in a list of runs, read quickly from the newest checkpoint and the end of the loss log. With several
    networks, the loss is their median, and the task is solved when half of them solved it.

    Attributes:
        saved: when the run was last saved, in seconds since 1970.
        epoch, window: the place of the newest window, from 1; window 0 means before the first.
        windows: the number of windows trained in the whole run.
        loss: mean of the newest losses, see `newest_losses`; NaN if there are none, infinite if the run diverged.
        solved_at, lost_at: the windows along the path, from 1, at which the task was solved, and lost again; 0 if it
            was not. When several networks lost it, is None.
    """

    folder: Path
    saved: float
    config: EchoConfig
    epoch: int
    window: int
    windows: int
    loss: float
    solved_at: int
    lost_at: int | None
    bytes: int
    seed_stats: SeedStats | None = None


def summary(folder: Path) -> Summary:
    """The summary of the run in a folder; a RunError if there is none, or an OSError if it cannot be read."""
    run = Run.read(folder, quickly=True)
    config, position, newest = run.config, run.position, newest_losses(run, run.position, run.config)
    solved = SolvedAt.never(config.replicas) if run.checkpoint is None else _solved(run, position)
    state, is_alone = run.checkpoint.state if run.checkpoint else None, config.replicas == 1
    epoch, window = (state.epoch, state.window) if state else (0, 0)
    after = SeedStats.after(newest, solved.at, position.window, solved.lost_at)
    return Summary(
        folder,
        folders.last_saved(folder),
        config,
        *((epoch + 1, window) if window else (epoch, config.windows_per_epoch if epoch else 0)),
        run.trained,
        math.inf if _has_diverged(run) else median_mean(newest),
        solved_by_half(solved.at) or 0,
        int(solved.lost_at[0]) if is_alone else None,
        folders.size(folder),
        None if is_alone or state is None else after,
    )


def _has_diverged(run: Run) -> bool:
    """Whether the newest loss is NaN or infinite, but not lost; with several networks, all newest losses."""
    for piece in run.path(run.position, run.position.window - 1):
        is_lost = np.isnan(error_rates_of(piece.windows, piece.branch.config)).any()
        return not is_lost and not np.isfinite(losses_of(piece.windows)).any()
    return False


def _solved(run: Run, position: Position) -> SolvedAt:
    """When each network at a position solved the task and lost it again: at the run's own position, as the checkpoint
    says, except those of early versions.
    """
    kept = run.checkpoint
    if position == run.position and kept is not None and kept.solved_at is not None and kept.lost_at is not None:
        if run.config.replicas > 1:
            return kept.state.solved
        return SolvedAt(np.array([kept.solved_at]), 0, np.empty((0, 1), np.float32), np.array([kept.lost_at]))
    return run.timeline().solved(position)


def newest_losses(run: Run, position: Position, config: EchoConfig) -> Floats:
    """The newest losses of each network of ``config`` at a position, oldest first: float32 [up to RECENT_WINDOWS,
    replicas]. Losses from before the weights were new, of another task, or of networks left behind are left out.
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


def network_facts(run: Run, position: Position) -> tuple[NetworkFacts, ...]:
    """The results of each network at a position; a RunError if nothing was saved of the run."""
    if run.checkpoint is None or run.owner(position) is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config_at(position)
    newest = newest_losses(run, position, config)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    solved, numbers = _solved(run, position), numbers_of(run, config)
    seeds = range(config.seed, config.seed + config.replicas)
    each = (numbers, seeds, solved.at.tolist(), means.tolist(), solved.lost_at.tolist())
    return tuple(map(NetworkFacts, *each))


def numbers_of(run: Run, config: EchoConfig) -> range:
    """The numbers of the networks of a configuration. A network keeps its number if it continues alone. If the run
    never trained several side by side, the number is 0, whatever the seed.
    """
    first = next((config.seed - one.seed for one in configs_of(run) if one.replicas > 1), 0)
    return range(first, first + config.replicas)


def require_replica(run: Run, number: int | None, configs: Sequence[EchoConfig]) -> None:
    """Check that some network of these configurations has this number, or that it is None."""
    if number is None or any(number in numbers_of(run, config) for config in configs):
        return
    there: list[range] = []
    for one in sorted((numbers_of(run, config) for config in configs), key=lambda one: one.start):
        if there and one.start <= there[-1].stop:
            there[-1] = range(there[-1].start, max(one.stop, there[-1].stop))
        else:
            there.append(one)
    words = ", ".join(f"{one[0]} to {one[-1]}" if len(one) > 1 else str(one[0]) for one in there)
    allowed = f"only {words}, a single network" if words.isdigit() else words
    raise RunError(f"replica = {number} cannot be used: {allowed}")


def configs_of(run: Run, end: Position | None = None) -> list[EchoConfig]:
    """The configuration of each branch of a run, in the order in which they began; with ``end``, only of the branches
    on the path to that position.
    """
    branches = run.tree.branches if end is None else path_to(end.window, run.path_of(end.branch))
    return [branch.config for branch in branches] or [run.config]


def network_at(run: Run, position: Position, replica: int | None = None) -> tuple[EchoConfig, int]:
    """The configuration that trained the windows before a position, and the index of a network in it, from 0: of the
    one with this number, by default of the first, or of the one that later continues alone.
    """
    owner = run.owner(position)
    config = run.config if owner is None else owner.config
    if replica is not None:
        require_replica(run, replica, [config])
        return config, numbers_of(run, config).index(replica)
    return config, 0 if owner is None else index_in(config, run.tree.branches[position.branch].config)
