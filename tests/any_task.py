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
    data, begin = data_of(config, epoch), window * config.window_stride
    x, y, scored = (
        part[:, begin : begin + config.window_steps] for part in (data.x, data.y, data.scored)
    )
    rng = np.random.default_rng(window)
    shape = *y.shape[:2], config.output_size
    if config.has_classes:
        logits = rng.normal(size=shape) * noise * 10 + 3 * (
            np.arange(config.output_size) == y[..., np.newaxis]
        )
        said = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        share = (said.argmax(axis=-1) != y)[scored].mean()
    else:
        said, share = y + noise * rng.normal(size=shape), 0.0
    return Progress(
        np.array([0.5], np.float32),
        np.rint([share * config.predictions_per_window]).astype(np.int32),
        epoch,
        window,
        x,
        y,
        said.astype(np.float32),
        np.zeros((*y.shape[:2], config.state_size), np.float32),
        np.zeros((config.batch_size, config.state_size), np.float32),
        scored,
    )
