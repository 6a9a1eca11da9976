"""How much each prediction of the newest window depends on each input, by its derivative."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.frozen import Tensor, Tensors, Weights
from echornn.probes.past import Past, size
from echornn.probes.prepared import Prepared
from echornn.readings import Connectivity
from echornn.tasks.task import Numbers


def connectivity(prepared: Prepared, row: int | None) -> Connectivity | None:
    """If the outputs are numbers, the derivative is that of their sum."""
    window = prepared.window
    if window is None:
        return None
    first_row, first_step, which = prepared.rows_read(row)
    x, y = window.x[which], window.y[which]
    steps, rows = x.shape[:2]

    form = prepared.config.the_task.outputs
    if isinstance(form, Numbers):
        d_logits = np.ones_like(y)
    else:
        d_logits = np.eye(form.count, dtype=np.float32)[y]
    run = prepared.on_window
    (by_lag,) = prepared.compute(_to_inputs, x, run.before[which], d_logits)

    strength = np.zeros((rows, steps, steps), np.float32)
    for lag in range(steps):
        targets = np.arange(lag, steps)
        strength[:, targets, targets - lag] = by_lag[lag, lag:].T
    predictions = run.outputs[which].swapaxes(0, 1).copy()
    return Connectivity(strength, predictions, first_row, first_step)


def _to_inputs(
    config: EchoConfig, weights: Weights, x: Tensor, before: Tensor, d_logits: Tensor
) -> Tensors:
    """The length of the gradient of a prediction to the input a lag before, [lags, targets, rows],
    if there is one."""
    steps, rows = d_logits.shape[:2]
    past = Past(config, weights, x, before, targets=steps)

    def keep(_: Tensor, d_x: Tensor) -> Tensors:
        return (size(d_x),)

    of_samples = tf.TensorSpec([steps * rows])
    (sizes,) = past.follow_back(d_logits, tf.constant(steps), keep, of_samples)
    return (tf.reshape(sizes, [steps, steps, rows]),)
