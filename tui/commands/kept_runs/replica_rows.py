"""A line for each network of a run: windows at which it was solved and lost, and its loss."""

from __future__ import annotations

import json
import math

from echornn.arrays.network_facts import NetworkFacts

HEADER = ",".join(NetworkFacts._fields)


def as_csv(row: NetworkFacts) -> str:
    """The row as a line of CSV; cells are empty if the task was not solved, or not lost."""
    return f"{row.replica},{row.seed},{row.solved_at or ''},{row.final_loss:.9g},{row.lost_at or ''}"


def as_json(row: NetworkFacts) -> str:
    """The row as a line of JSON; null if the task was not solved or not lost, or if the loss is NaN or infinite."""
    loss = row.final_loss if math.isfinite(row.final_loss) else None
    when = {"solved_at": row.solved_at or None, "lost_at": row.lost_at or None}
    return json.dumps({**row._asdict(), **when, "final_loss": loss})
