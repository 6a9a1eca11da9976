"""The least squared error of networks with fewer units than outputs, which no learning of the cell can reduce."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from echornn import seeding
from echornn.config import EchoConfig
from echornn.data.levels import solved_level
from echornn.tasks.checked_task import draw_rows
from echornn.tasks.task import Numbers, Task

STEPS = 50_000
"""About how many time steps of targets are drawn."""


def least_error(config: EchoConfig) -> float:
    """The least mean squared error, as far as the number of units tells; 0 if there are enough, for symbols, and for a
    user's own task, whose text is not run to look at a map.

    The outputs are ``h W2 + b2`` with the state ``h`` of the top layer, so those of ``n`` units lie in a plane of ``n``
    dimensions. The error is at least the variance of the targets outside of their first ``n`` principal components
    (Eckart and Young 1936), which is measured with drawn targets. The cell, the layers below and the weights do not
    matter.
    """
    task, units = config.the_task, config.state_size
    outputs = task.outputs
    if not isinstance(outputs, Numbers) or outputs.count <= units or task.own is not None:
        return 0.0
    rows = config.batch_size
    return sum(_variances(task, rows, max(config.window_steps, STEPS // rows))[units:]) / outputs.count


def unreachable(config: EchoConfig) -> float:
    """The least mean squared error, if it is so high that the task cannot be solved; otherwise 0.

    It has to be twice the level that counts as solved, so that no luck of 50 windows is enough.
    """
    least = least_error(config)
    return least if least > max(0.0, 2 * solved_level(config)) else 0.0


@lru_cache(maxsize=64)
def _variances(task: Task, rows: int, steps: int) -> tuple[float, ...]:
    """The variances of the principal components of the targets, the largest first."""
    drawn = draw_rows(task, seeding.stream(0, seeding.DATA, 0, 0), rows, steps)
    targets = drawn.y[drawn.scored].astype(np.float64)
    variances = np.linalg.svd(targets - targets.mean(axis=0), compute_uv=False) ** 2 / len(targets)
    return tuple(variances.tolist())
