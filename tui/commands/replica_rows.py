"""A line for each network of a run: when it was solved, and how low its loss is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from echornn.analysis.evidence import RECENT_WINDOWS
from echornn.population_state import PopulationState
from echornn.progress import Floats
from echornn.runs.branch import task_since, whole_path
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError
from tui.commands.windows import losses_and_errors


class ReplicaRow(NamedTuple):
    """A network where the run stands.

    Attributes:
        replica: from 0.
        seed: its own.
        solved_at: the window along the path, from 1, at which it was solved; 0 where it is not, or not known.
        final_loss: mean loss of the newest windows, up to `RECENT_WINDOWS`, in nats; NaN where there are none.
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
    state = run.checkpoint.state
    solved = state.solved.at.tolist() if isinstance(state, PopulationState) else [run.checkpoint.solved_at or 0]
    means = _final_losses(run).tolist()
    for replica, (solved_at, mean) in enumerate(zip(solved, means, strict=True)):
        yield ReplicaRow(replica, run.config.seed + replica, solved_at, mean)


def _final_losses(run: Run) -> Floats:
    """float32 [replicas]: mean losses of the newest windows under the present weights and task."""
    stands, branches = run.stands, run.tree[0]
    path = whole_path(branches[stands.branch], branches.__getitem__)
    since = max(task_since(path), stands.window - RECENT_WINDOWS)
    newest = [np.empty((0, run.config.replicas), np.float32)]
    for branch, _, windows in run.path(stands, since):
        losses, _ = losses_and_errors(windows, branch.config)
        own = run.config.seed - branch.config.seed  # of several networks, the one that goes on alone
        newest.append(losses[:, own : own + run.config.replicas])
    losses = np.concatenate(newest)
    return losses.mean(axis=0, dtype=np.float64) if len(losses) else np.full(run.config.replicas, np.nan)


def as_csv(row: ReplicaRow) -> str:
    """A line; empty where it is not solved."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g}"


def as_json(row: ReplicaRow) -> str:
    """A line; null where it is not solved, and for a loss that is no finite number."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    return json.dumps({**row._asdict(), "solved_at": row.solved_at or None, "final_loss": loss})
