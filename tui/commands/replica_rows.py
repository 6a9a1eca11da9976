"""A row for each network of a run: windows at which it was solved and lost, and its loss."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.files.run_error import RunError
from echornn.runs.newest_losses import newest_losses
from echornn.runs.run_dir import Run
from echornn.runs.summary import seed_stats_of, solved_and_lost_at
from echornn.timeline.branch import Moment
from tui.commands.replica_numbers import ReplicaNumbers


class ReplicaRow(NamedTuple):
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


HEADER = ",".join(ReplicaRow._fields)


def replica_rows(run: Run, moment: Moment | None = None) -> Iterator[ReplicaRow]:
    """A row for each network at a position; by default at the run's current position.

    Raises:
        RunError: nothing was saved of the run.
        OSError: the losses cannot be read.
    """
    moment = run.stands if moment is None else moment
    owner = run.owner(moment)
    if run.checkpoint is None or owner is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config if moment == run.stands else owner.config
    newest = newest_losses(run, moment, config)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    first = ReplicaNumbers.of(run).first(config)
    each = zip(*_solved_and_lost(run, moment), means.tolist(), strict=True)
    for index, (solved_at, lost_at, mean) in enumerate(each):
        yield ReplicaRow(first + index, config.seed + index, solved_at, mean, lost_at)


def _solved_and_lost(run: Run, moment: Moment) -> tuple[list[int], list[int]]:
    """The windows at which each network was solved and lost again; at the run's position, as the checkpoint records
    them.
    """
    if moment == run.stands and (seed_stats := seed_stats_of(run)) is not None:
        return seed_stats.solved_at.tolist(), seed_stats.lost_at.tolist()
    if moment == run.stands:
        solved_at, lost_at = solved_and_lost_at(run)
        if solved_at is not None and lost_at is not None:
            return [solved_at], [lost_at]
    timeline = run.timeline()  # records of early versions lack these windows
    seed_stats, loss_stats = timeline.seed_stats(moment), timeline.loss_stats(moment)
    if seed_stats is None:
        return [loss_stats.solved_at or 0], [loss_stats.lost_at or 0]
    return seed_stats.solved_at.tolist(), seed_stats.lost_at.tolist()


def as_csv(row: ReplicaRow) -> str:
    """The row as a line of CSV; cells are empty if the task was not solved, or not lost."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g},{row.lost_at or ''}"


def as_json(row: ReplicaRow) -> str:
    """The row as a line of JSON; null if the task was not solved or not lost, or if the loss is NaN or infinite."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    when = {"solved_at": row.solved_at or None, "lost_at": row.lost_at or None}
    return json.dumps({**row._asdict(), **when, "final_loss": loss})
