"""A line for each network of a run: when it was solved, and how low its loss is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.population_state import PopulationState
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.newest_losses import newest_losses
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError


class ReplicaRow(NamedTuple):
    """A network where the run stands.

    Attributes:
        replica: from 0.
        seed: its own.
        solved_at: the window along the path, from 1, at which it was solved; 0 where it is not.
        final_loss: mean loss of the newest windows, see `newest_losses`, in nats; NaN where there are none.
    """

    replica: int
    seed: int
    solved_at: int
    final_loss: float


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
    for replica, (solved_at, mean) in enumerate(zip(_solved_at(run, run.checkpoint), means.tolist(), strict=True)):
        yield ReplicaRow(replica, run.config.seed + replica, solved_at, mean)


def _solved_at(run: Run, checkpoint: Checkpoint) -> list[int]:
    if isinstance(checkpoint.state, PopulationState):
        solved: list[int] = checkpoint.state.solved.at.tolist()
        return solved
    if checkpoint.solved_at is None:  # a record of version 0.1.0, which does not say
        return [run.timeline().evidence(run.stands).solved_at or 0]
    return [checkpoint.solved_at]


def as_csv(row: ReplicaRow) -> str:
    """A line; empty where it is not solved."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g}"


def as_json(row: ReplicaRow) -> str:
    """A line; null where it is not solved, and for a loss that is no finite number."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    return json.dumps({**row._asdict(), "solved_at": row.solved_at or None, "final_loss": loss})
