"""Makes the data of the next epochs for all replicas, on a separate thread, while training runs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.data.series import EpochData, data_side_by_side
from echornn.progress import Bools
from echornn.training.seen import by_shard, seen_steps
from echornn.training.shards import Shards
from echornn.training.threads import epochs_in_a_block


class Block(NamedTuple):
    """The data of some epochs, for all replicas."""

    data_version: int
    first_epoch: int
    epochs: int
    x: list[tf.Tensor]
    """The inputs of each call, uint8 [room * epochs * row length, batch, places]; without places if replicas are
    trained one by one.
    """
    y: list[tf.Tensor]
    """The targets of each call, in the same form; numbers are float32 [..., batch, count, places]."""
    scored: list[tf.Tensor]
    """The steps that count, for each call, bool [room * epochs * row length, batch, places]; empty if all do."""
    shown_x: list[Any]
    """The inputs in the form of `echornn.training.seen.by_shard`, from which windows can be shown."""
    shown_y: list[Any]
    shown_scored: list[Any]

    def of_call(self, number: int) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        """The inputs and targets of a call, and in a list the steps that count, unless all do."""
        return self.x[number], self.y[number], self.scored[number : number + 1]

    def holds(self, data_version: int, epoch: int) -> bool:
        return self.data_version == data_version and 0 <= epoch - self.first_epoch < self.epochs


class PopulationData:
    """Blocks of data, in the order of epochs. The next block is made in advance, except for a single network: its
    series may be so long that two blocks do not fit into memory.

    Args:
        configs: the configuration of each replica.
        shards: the division of the replicas into shards.
        devices: TensorFlow's name of the device of each call.
    """

    def __init__(self, configs: Sequence[EchoConfig], shards: Shards, devices: Sequence[str]) -> None:
        self._configs, self._shards, self._devices = tuple(configs), shards, devices
        self._epochs = epochs_in_a_block(configs[0], len(configs))
        self._block: Block | None = None
        self._ahead: tuple[int, int, Future[Block]] | None = None
        self._thread = ThreadPoolExecutor(1, "population-data")
        weakref.finalize(self, self._thread.shutdown, wait=False, cancel_futures=True)

    def block(self, data_version: int, epoch: int) -> Block:
        """The block with this epoch; also begins to make the next block, if there is one."""
        if self._block is None or not self._block.holds(data_version, epoch):
            self._block = None  # release it first, so that two blocks do not take memory at the same time
            ahead, self._ahead = self._ahead, None
            make = (self._configs, self._shards, self._devices, self._epochs, data_version)
            if ahead is not None and ahead[0] == data_version and 0 <= epoch - ahead[1] < self._epochs:
                self._block = ahead[2].result()
            else:
                self._block = _made(*make, epoch)
            following = self._block.first_epoch + self._epochs
            if len(self._configs) > 1 and following < self._configs[0].num_epochs:
                self._ahead = (data_version, following, self._thread.submit(_made, *make, following))
        return self._block

    def window(self, of_calls: Sequence[Any], steps: slice) -> npt.NDArray[Any]:
        """Some time steps of a block's ``shown_x`` or ``shown_y`` for all replicas, [steps, batch, ..., replicas]."""
        window: npt.NDArray[Any] = self._shards.last([seen_steps(one, steps) for one in of_calls])
        return window

    def scored(self, block: Block, steps: slice) -> Bools:
        """Whether each of some time steps counts, for all replicas, bool [steps, batch, replicas]."""
        if block.shown_scored:
            return self.window(block.shown_scored, steps)
        shape = steps.stop - steps.start, self._configs[0].batch_size, len(self._configs)
        return np.broadcast_to(np.True_, shape)

    def edit(self, configs: Sequence[EchoConfig]) -> None:
        """Make the data of these configurations from now on; existing blocks stay if the data is the same."""
        if not all(before.same_data(after) for before, after in zip(self._configs, configs, strict=True)):
            self._block = self._ahead = None
        self._configs = tuple(configs)


def _made(
    configs: Sequence[EchoConfig],
    shards: Shards,
    devices: Sequence[str],
    epochs: int,
    data_version: int,
    first_epoch: int,
) -> Block:
    arrays: tuple[list[tf.Tensor], ...] = [], [], []
    vacant = (shards.room - shards.turns) * epochs
    for device, turns in zip(devices, shards.filled(configs), strict=True):
        drawn = [_of_epoch(places, data_version, first_epoch + epoch) for places in turns for epoch in range(epochs)]
        kinds = zip(*(one.arrays for one in drawn), strict=True)
        for into, parts in zip(arrays, kinds, strict=False):  # no scored steps if all count
            whole = np.concatenate([*parts, *parts[-1:] * vacant]) if len(parts) + vacant > 1 else parts[0]
            with tf.device(device):
                into.append(tf.constant(whole if shards.places else whole[..., 0]))
    shown = ([by_shard(one, shards.room) for one in of_calls] for of_calls in arrays)
    return Block(data_version, first_epoch, epochs, *arrays, *shown)


def _of_epoch(places: Sequence[EchoConfig], data_version: int, epoch: int) -> EpochData:
    """The data of a shard; unused places repeat the last replica's data."""
    vacant = sum(config is places[-1] for config in places) - 1
    data = data_side_by_side(places[: len(places) - vacant], data_version, epoch)
    if not vacant:
        return data
    x, y, *scored = (np.concatenate([one] + [one[..., -1:]] * vacant, axis=-1) for one in data.arrays)
    return EpochData(x, y, *scored)
