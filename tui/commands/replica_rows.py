"""A line for each network of a run: when it was solved, and how low its loss is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.population_state import PopulationState
from echornn.runs.branch import Moment
from echornn.runs.checkpoint import Checkpoint
from echornn.runs.newest_losses import newest_losses
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError
from tui.commands.replica_numbers import ReplicaNumbers


class ReplicaRow(NamedTuple):
    """A network at a moment.

    Attributes:
        replica: its number, see `ReplicaNumbers`.
        seed: its own.
        solved_at: the window along the path, from 1, at which it was solved; 0 where it is not.
        final_loss: mean loss of the newest windows, see `newest_losses`, in nats; NaN where there are none.
    """

    replica: int
    seed: int
    solved_at: int
    final_loss: float


HEADER = ",".join(ReplicaRow._fields)


def replica_rows(run: Run, moment: Moment | None = None) -> Iterator[ReplicaRow]:
    """Each network at a moment; where the run stands, unless given.

    Raises:
        RunError: nothing was ever saved of it.
        OSError: its losses cannot be read.
    """
    moment = run.stands if moment is None else moment
    owner = run.owner(moment)
    if run.checkpoint is None or owner is None:
        raise RunError(f"{run.folder} has no networks yet")
    config = run.config if moment == run.stands else owner.config
    newest = newest_losses(run, moment, config)
    means = newest.mean(axis=0, dtype=np.float64) if len(newest) else np.full(config.replicas, np.nan)
    first = ReplicaNumbers.of(run).first(config)
    solved = _solved_at(run, run.checkpoint, moment)
    for index, (solved_at, mean) in enumerate(zip(solved, means.tolist(), strict=True)):
        yield ReplicaRow(first + index, config.seed + index, solved_at, mean)


def _solved_at(run: Run, checkpoint: Checkpoint, moment: Moment) -> list[int]:
    """When each network was solved by then; as the checkpoint tells it where the run stands."""
    if moment == run.stands and isinstance(checkpoint.state, PopulationState):
        solved: list[int] = checkpoint.state.solved.at.tolist()
        return solved
    if moment == run.stands and checkpoint.solved_at is not None:  # which a record of version 0.1.0 does not say
        return [checkpoint.solved_at]
    timeline = run.timeline()
    lottery = timeline.lottery(moment)
    return [timeline.evidence(moment).solved_at or 0] if lottery is None else lottery.solved_at.tolist()


def as_csv(row: ReplicaRow) -> str:
    """A line; empty where it is not solved."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g}"


def as_json(row: ReplicaRow) -> str:
    """A line; null where it is not solved, and for a loss that is no finite number."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    return json.dumps({**row._asdict(), "solved_at": row.solved_at or None, "final_loss": loss})
