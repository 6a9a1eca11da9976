"""The data of all replicas, some epochs end to end, made on a thread of its own while the epochs before are trained."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from echornn.tasks.series_side_by_side import series_side_by_side
from echornn.training.data_block import epochs_in_a_population_block
from echornn.training.shares import Share


class Block(NamedTuple):
    """Some epochs of data."""

    generation: int
    first_epoch: int
    epochs: int
    x: list[tf.Tensor]
    """For each share, uint8 [epochs * row length, batch, places], or without places where one is trained alone."""
    y: list[tf.Tensor]

    def holds(self, generation: int, epoch: int) -> bool:
        return self.generation == generation and 0 <= epoch - self.first_epoch < self.epochs


class PopulationData:
    """Blocks of data in the order of their epochs, the next one made ahead.

    Args:
        shares: whose data; their echo steps and row starts are looked at when a block is made.
    """

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = shares
        config = shares[0].configs[0]
        self._epochs = epochs_in_a_population_block(config, sum(len(share.configs) for share in shares))
        self._block: Block | None = None
        self._ahead: tuple[int, int, Future[Block]] | None = None
        self._thread = ThreadPoolExecutor(1, "population-data")
        weakref.finalize(self, self._thread.shutdown, wait=False, cancel_futures=True)

    def block(self, generation: int, epoch: int) -> Block:
        """The block that holds this epoch; the one after it, if there is one, is begun."""
        if self._block is None or not self._block.holds(generation, epoch):
            self._block = None  # before the next is made
            ahead, self._ahead = self._ahead, None
            if ahead is not None and ahead[0] == generation and 0 <= epoch - ahead[1] < self._epochs:
                self._block = ahead[2].result()
            else:
                self._block = _made(self._shares, generation, epoch, self._epochs)
            following = self._block.first_epoch + self._epochs
            if following < self._shares[0].configs[0].num_epochs:
                arguments = (self._shares, generation, following, self._epochs)
                self._ahead = (generation, following, self._thread.submit(_made, *arguments))
        return self._block

    def forget(self) -> None:
        """The shares have another task now."""
        self._block = self._ahead = None


def _made(shares: Sequence[Share], generation: int, first_epoch: int, epochs: int) -> Block:
    xs: list[tf.Tensor] = []
    ys: list[tf.Tensor] = []
    for share in shares:
        pairs = [series_side_by_side(share.configs, generation, first_epoch + epoch) for epoch in range(epochs)]
        for into, parts in zip((xs, ys), zip(*pairs, strict=True), strict=True):
            whole = parts[0] if epochs == 1 else np.concatenate(parts)
            vacant = share.places - len(share.configs)
            if vacant > 0:
                whole = np.concatenate([whole] + [whole[..., -1:]] * vacant, axis=-1)
            with tf.device(share.device):
                into.append(tf.constant(whole if share.places else whole[..., 0]))
    return Block(generation, first_epoch, epochs, xs, ys)
