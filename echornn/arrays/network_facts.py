"""The results of each network of a run: the windows at which it was solved and lost, and its loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.arrays.facts import ReplicaNumbers
from echornn.arrays.positions import config_at
from echornn.data.solved import UNKNOWN, SolvedAt
from echornn.errors import RunError
from echornn.runs.run_dir import Run
from echornn.runs.summary import newest_losses, solved_there
from echornn.timeline.branch import Position


class NetworkFacts(NamedTuple):
    """The results of a network at a position of the run.

    Attributes:
        replica: the number of the network; see `ReplicaNumbers`.
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


def network_facts(run: Run, position: Position | None = None) -> Iterator[NetworkFacts]:
    """The results of each network at a position; by default at the run's current position.

    Raises:
        RunError: nothing was saved of the run.
        OSError: the losses cannot be read.
    """
    position = run.position if position is None else position
    if run.checkpoint is None or run.owner(position) is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = config_at(run, position)
    newest = newest_losses(run, position, config)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    first = ReplicaNumbers.of(run).first(config)
    solved = _solved(run, position)
    each = zip(solved.at.tolist(), solved.lost_at.tolist(), means.tolist(), strict=True)
    for index, (solved_at, lost_at, mean) in enumerate(each):
        yield NetworkFacts(first + index, config.seed + index, solved_at, mean, lost_at)


def _solved(run: Run, position: Position) -> SolvedAt:
    """When each network had solved the task and lost it again at a position: at the run's own position, as the
    checkpoint says.
    """
    solved = solved_there(run) if position == run.position else None
    if solved is None or UNKNOWN in solved.at or UNKNOWN in solved.lost_at:
        return run.timeline().solved(position)  # the records of early versions do not say it
    return solved
