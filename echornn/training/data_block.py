"""The data of some epochs in one array on the device, so that short epochs do not need a call each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.tasks.series import EchoSeries
from echornn.training.bptt import MAX_WINDOWS_PER_CALL

MAX_BLOCK_BYTES = 1 << 24
"""The most bytes of input symbols in a block of more than one epoch."""


@dataclass(frozen=True, eq=False)
class DataBlock:
    """Some epochs of data.

    Attributes:
        first_epoch: the first epoch of the block.
        series: the data of each epoch.
        series: each epoch's.
        x, y: uint8 [epochs * row length, batch], on the device.
        windows: the number of windows in all epochs together.
    """

    generation: int
    first_epoch: int
    series: list[EchoSeries]
    x: tf.Tensor
    y: tf.Tensor
    windows: int

    def holds(self, generation: int, epoch: int) -> bool:
        """Whether the block has this epoch's data."""
        return self.generation == generation and 0 <= epoch - self.first_epoch < len(self.series)

    @classmethod
    def generate(cls, config: EchoConfig, generation: int, first_epoch: int, device: str) -> DataBlock:
        """Make the block that begins with this epoch, on the device with this name."""
        epochs = epochs_in_a_block(config)
        series = [EchoSeries.generate(config, generation, first_epoch + epoch) for epoch in range(epochs)]
        with tf.device(device):
            x = tf.constant(np.concatenate([one.x.T for one in series]))
            y = tf.constant(np.concatenate([one.y.T for one in series]))
        return cls(generation, first_epoch, series, x, y, epochs * config.windows_per_epoch)


def epochs_in_a_block(config: EchoConfig) -> int:
    """How many epochs are copied to the device together."""
    by_windows = MAX_WINDOWS_PER_CALL // config.windows_per_epoch
    by_size = MAX_BLOCK_BYTES // config.total_series_length
    return max(1, min(by_windows, by_size))


def epochs_in_a_population_block(config: EchoConfig, replicas: int) -> int:
    """How many epochs of all replicas are copied to the device together.

    Each number needs its own compiled program. The number that fits by size is rounded down to a power of two, so that
    few programs serve any number of replicas.
    """
    by_windows = MAX_WINDOWS_PER_CALL // config.windows_per_epoch
    by_size = MAX_BLOCK_BYTES // (config.total_series_length * replicas)
    return max(1, min(by_windows, 1 << by_size.bit_length() >> 1))
