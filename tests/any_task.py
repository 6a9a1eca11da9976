"""Windows of any task with random outputs, in place of a network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from echornn.config import EchoConfig
from echornn.data import batch_of
from echornn.progress import Progress
from echornn.tasks.task import Batch


@lru_cache(maxsize=32)
def data_of(config: EchoConfig, epoch: int = 0, version: int = 0) -> Batch:
    """The data of an epoch, from 0; each time that the user regenerates the data, the version grows
    by one."""
    return batch_of(config, version, epoch)


def progress_of(
    config: EchoConfig, epoch: int = 0, window: int = 0, noise: float = 0.3
) -> Progress:
    """A window with its data, and outputs that are the targets with noise."""
    data = data_of(config, epoch)
    begin = window * config.window_stride
    steps = slice(begin, begin + config.window_steps)
    y, scored = data.y[:, steps], data.scored[:, steps]
    dice = np.random.default_rng(window)
    shape = (*y.shape[:2], config.output_size)
    error_rate = 0.0
    if config.has_classes:
        is_target = np.arange(config.output_size) == y[..., np.newaxis]
        odds = np.exp(dice.normal(size=shape) * noise * 10 + 3 * is_target)
        outputs = odds / odds.sum(axis=-1, keepdims=True)
        error_rate = (outputs.argmax(axis=-1) != y)[scored].mean()
    else:
        outputs = y + noise * dice.normal(size=shape)
    errors = np.rint([error_rate * config.predictions_per_window])
    return Progress(
        np.array([0.5], np.float32),
        errors.astype(np.int32),
        epoch,
        window,
        data.x[:, steps],
        y,
        outputs.astype(np.float32),
        states=np.zeros((*y.shape[:2], config.state_size), np.float32),
        init_state=np.zeros((config.batch_size, config.state_size), np.float32),
        scored=scored,
    )
