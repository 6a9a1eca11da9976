"""The data of many replicas as one array, time first and replicas last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from echornn import seeding
from echornn.config import EchoConfig
from echornn.progress import Symbols
from echornn.tasks.symbols import uniform_symbols

FEW = 8
"""The number of rows per configuration above which it is faster to copy a whole configuration at a time."""


def series_side_by_side(configs: Sequence[EchoConfig], data_version: int, epoch: int) -> tuple[Symbols, Symbols]:
    """The data of `EchoSeries.generate` for each configuration, bit for bit, at a third of the cost.

    Args:
        configs: configurations of one structure; seed, echo step and row start may differ.
        data_version, epoch: the version of the data, and the epoch.

    Returns:
        x and y, uint8 [row length, batch_size, configurations].
    """
    batch, length = configs[0].batch_size, configs[0].row_length
    rows = [_drawn(config, data_version, epoch)[: batch * length].reshape(batch, length) for config in configs]
    x = np.empty((length, batch, len(configs)), np.uint8)
    if FEW * len(configs) < batch:
        for replica, its_rows in enumerate(rows):
            x[:, :, replica] = its_rows.T
    else:
        drawn = np.stack(rows)
        for row in range(batch):
            x[:, row] = drawn[:, row].T
    y = np.empty_like(x)
    ways = {(config.echo_step, config.row_start) for config in configs}
    for echo_step, row_start in ways:
        alike = [(config.echo_step, config.row_start) == (echo_step, row_start) for config in configs]
        which = slice(None) if len(ways) == 1 else np.flatnonzero(alike)
        y[echo_step:, :, which] = x[: length - echo_step, :, which]
        y[:echo_step, :, which] = 0
        if row_start == "previous_row":
            y[:echo_step, 1:, which] = x[length - echo_step :, :-1, which]
    return x, y


def _drawn(config: EchoConfig, data_version: int, epoch: int) -> Symbols:
    rng = seeding.stream(config.seed, seeding.DATA, data_version, epoch)
    return uniform_symbols(rng, config.num_classes, config.total_series_length)
