"""How well a network does on data that no training saw, perhaps of other settings of its task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from echornn.config import EchoConfig
from echornn.data import held_out_batch, held_out_config, load_own_task
from echornn.network.shapes import carried_size
from echornn.probes.prepared import Prepared
from echornn.progress import Floats
from echornn.readings import Doubles, HeldOut
from echornn.tasks.task import Batch, Numbers


def held_out(
    prepared: Prepared, settings: Mapping[str, Any], trials: int | None, data_seed: int | None
) -> HeldOut:
    """Run the network on the data of `echornn.data.held_out_batch`; arguments as there."""
    load_own_task(prepared.config)  # other settings may have another length
    config = held_out_config(prepared.config, settings, trials)
    batch = held_out_batch(config, data_seed)
    x = np.ascontiguousarray(np.swapaxes(batch.x, 0, 1))
    first, noise = (
        np.zeros((len(batch.x), carried_size(config)), np.float32),
        prepared.noise(*x.shape[:2]),
    )
    outputs = prepared.run(x, first, *noise).outputs
    return measured(np.swapaxes(outputs, 0, 1), batch, config)


def measured(outputs: Floats, batch: Batch, config: EchoConfig) -> HeldOut:
    """The losses and errors of outputs, float32 [rows, steps, outputs]."""
    scored, wrong = batch.scored, np.full(batch.scored.shape, np.nan)
    wrong_of = seen_of = np.empty(0)  # predictions, by their target
    if isinstance(config.the_task.outputs, Numbers):
        losses = np.square(outputs.astype(np.float64) - batch.y).mean(axis=-1)
    else:
        said = np.take_along_axis(outputs, batch.y[..., np.newaxis].astype(np.intp), axis=-1)[
            ..., 0
        ]
        losses = -np.log(np.maximum(said, np.finfo(np.float32).tiny), dtype=np.float64)
        wrong = (outputs.argmax(axis=-1) != batch.y).astype(np.float64)
        wrong_of = np.bincount(batch.y[scored], wrong[scored], outputs.shape[-1]).astype(np.float64)
        seen_of = np.bincount(batch.y[scored], minlength=outputs.shape[-1]).astype(np.float64)

    def mean(values: Doubles, axis: int | None = None) -> Any:
        return np.where(scored, values, 0).sum(axis) / scored.sum(axis)

    def spread(values: Doubles) -> float:
        of_rows = mean(values, 1)[scored.any(axis=1)]
        return (
            2 * float(of_rows.std(ddof=1)) / math.sqrt(len(of_rows))
            if len(of_rows) > 1
            else math.nan
        )

    with np.errstate(invalid="ignore"):  # the mean of no scored step, and of no target, is NaN
        of_all = (float(mean(losses)), spread(losses), float(mean(wrong)), spread(wrong))
        by_step = (mean(losses, 0).astype(np.float32), mean(wrong, 0).astype(np.float32))
        by_target = (wrong_of / seen_of).astype(np.float32)
        return HeldOut(*of_all, len(scored), scored.shape[1], *by_step, by_target)
