"""Effects: how each prediction of the newest window changes if one input is changed."""

from __future__ import annotations

from echornn.probes.changed_inputs.flipping import flip_each
from echornn.probes.prepared import Prepared
from echornn.probes.rows_read import rows_read
from echornn.readings import Effects


def effects(prepared: Prepared, row: int | None = None) -> Effects | None:
    """How much each prediction moves if a single input of its row is changed, for each input; None without a window.

    Args:
        row: the row to read; see `rows_read`.
    """
    read = rows_read(prepared, row)
    if read is None:
        return None
    moved, turned = flip_each(prepared.config, prepared.weights, read.x, read.before[0])
    return Effects(moved, read.outputs, read.first_row, read.first_step, turned=turned)
