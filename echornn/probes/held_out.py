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
from echornn.progress import Bools, Floats, Scores
from echornn.readings import STANDARD_ERRORS, Doubles, Evaluation, HeldOut, TaskSettings
from echornn.tasks.task import Batch


def held_out(
    prepared: Prepared, settings: Mapping[str, Any], trials: int | None, data_seed: int | None
) -> HeldOut:
    """Run the network on the data of `echornn.data.held_out_batch`; arguments as there."""
    load_own_task(prepared.config)  # other settings may have another length
    config = held_out_config(prepared.config, settings, trials)
    batch = held_out_batch(config, data_seed)
    x = np.ascontiguousarray(np.swapaxes(batch.x, 0, 1))
    steps, rows = x.shape[:2]
    zero = np.zeros((rows, carried_size(config)), np.float32)
    outputs = prepared.run(x, zero, *prepared.noise(steps, rows)).outputs
    return measured(np.swapaxes(outputs, 0, 1), batch, config)


def evaluation(
    prepared: Prepared, sizes: tuple[TaskSettings, ...], data_seed: int | None
) -> Evaluation:
    """`held_out` for the settings of each size."""
    settings = [dict(size) for size in sizes] or [{}]
    scores = [held_out(prepared, size, None, data_seed) for size in settings]
    return Evaluation(sizes, tuple(scores))


def measured(outputs: Floats, batch: Batch, config: EchoConfig) -> HeldOut:
    """The losses and errors of outputs, float32 [rows, steps, outputs]."""
    weights = batch.scored
    scored: Bools = weights > 0
    if config.has_classes:
        losses = _cross_entropies(outputs, batch)
        wrong = (outputs.argmax(axis=-1) != batch.y).astype(np.float64)
        wrong_by_target = _wrong_by_target(wrong, batch, config.output_size)
    else:
        losses = np.square(outputs.astype(np.float64) - batch.y).mean(axis=-1)
        wrong = np.full(scored.shape, np.nan)
        wrong_by_target = np.zeros(0)

    rows, steps = scored.shape
    return HeldOut(
        loss=float(_mean(losses, weights)),
        loss_spread=_spread(losses, weights),
        wrong=float(_mean(wrong, scored)),
        wrong_spread=_spread(wrong, scored),
        rows=rows,
        steps=steps,
        loss_by_step=_mean(losses, weights, axis=0).astype(np.float32),
        wrong_by_step=_mean(wrong, scored, axis=0).astype(np.float32),
        wrong_by_target=wrong_by_target.astype(np.float32),
    )


def _cross_entropies(probabilities: Floats, batch: Batch) -> Doubles:
    targets = batch.y[..., np.newaxis].astype(np.intp)
    likelihoods = np.take_along_axis(probabilities, targets, axis=-1)[..., 0]
    least = np.finfo(np.float32).tiny  # of 0 the loss would be infinite
    return -np.log(np.maximum(likelihoods, least), dtype=np.float64)


def _wrong_by_target(wrong: Doubles, batch: Batch, classes: int) -> Doubles:
    """The share of wrong answers among the scored steps of each target; NaN where there are
    none."""
    scored = batch.scored > 0
    targets = batch.y[scored]
    counts = np.bincount(targets, minlength=classes)
    wrong_counts = np.bincount(targets, wrong[scored], classes)
    with np.errstate(invalid="ignore"):
        return wrong_counts / counts


def _mean(values: Doubles, scored: Scores, axis: int | None = None) -> Any:
    """Over the scored steps, by their weights; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        total = np.where(scored, values * scored, 0).sum(axis)
        return total / scored.sum(axis, dtype=np.float64)


def _spread(values: Doubles, scored: Scores) -> float:
    """Two standard errors of the mean over rows; NaN of a single row."""
    of_rows = _mean(values, scored, axis=1)[scored.any(axis=1)]
    if len(of_rows) < 2:
        return math.nan
    return STANDARD_ERRORS * float(of_rows.std(ddof=1)) / math.sqrt(len(of_rows))
