"""A line for each network of a run: when it was solved, how low its loss is, and when it was lost again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.runs.newest_losses import newest_losses
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError
from echornn.runs.summary import lottery_of, solved_and_lost_at


class ReplicaRow(NamedTuple):
    """A network where the run stands.

    Attributes:
        replica: from 0.
        seed: its own.
        solved_at: the window along the path, from 1, at which it was solved; 0 where it is not.
        final_loss: mean loss of the newest windows, see `newest_losses`, in nats; NaN where there are none.
        lost_at: the window along the path at which it was lost again; 0 where it is not.
    """

    replica: int
    seed: int
    solved_at: int
    final_loss: float
    lost_at: int


HEADER = ",".join(ReplicaRow._fields)


def replica_rows(run: Run) -> Iterator[ReplicaRow]:
    """Each network, where the run stands.

    Raises:
        RunError: nothing was ever saved of it.
    """
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no networks yet")
    newest = newest_losses(run)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(run.config.replicas, np.nan)
    each = zip(*_solved_and_lost(run), means.tolist(), strict=True)
    for replica, (solved_at, lost_at, mean) in enumerate(each):
        yield ReplicaRow(replica, run.config.seed + replica, solved_at, mean, lost_at)


def _solved_and_lost(run: Run) -> tuple[list[int], list[int]]:
    """When each network solved the echo, and lost it again."""
    lottery = lottery_of(run)
    if lottery is not None:
        return lottery.solved_at.tolist(), lottery.lost_at.tolist()
    solved_at, lost_at = solved_and_lost_at(run)
    if solved_at is None:  # a record of version 0.1.0, which does not say, and a long one
        evidence = run.timeline().evidence(run.stands)
        solved_at, lost_at = evidence.solved_at, evidence.lost_at
    return [solved_at or 0], [lost_at or 0]


def as_csv(row: ReplicaRow) -> str:
    """A line; empty where it is not solved, or not lost."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g},{row.lost_at or ''}"


def as_json(row: ReplicaRow) -> str:
    """A line; null where it is not solved, or not lost, and for a loss that is no finite number."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    when = {"solved_at": row.solved_at or None, "lost_at": row.lost_at or None}
    return json.dumps({**row._asdict(), **when, "final_loss": loss})
