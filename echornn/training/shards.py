"""Divides the replicas of a population into calls of a compiled program, makes their data, and
trains them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import MAX_LAYERS, EchoConfig
from echornn.data import data_side_by_side
from echornn.network.shapes import is_trained_alone
from echornn.training.device import MAX_WINDOWS_PER_CALL, epochs_in_a_block
from echornn.training.loop import LARGEST, Call, Trained, Values
from echornn.training.programs import Program, Programs

LEAST, MOST = 8, 128
"""Replicas of a shard side by side: a window costs 10 us, and 1 us each; with more, cache misses
cancel the gain."""

# The replicas that a vector operation of the processor computes; a shard is filled up to a multiple
# of this
VECTOR = 8
TURNS = 8  # the most shards of a call: enough to make the fixed cost of a call, 0.4 ms, negligible
# The most that it returns: it allocates memory for all, however few windows it trains
LOSSES_PER_CALL = 1 << 16

Array = npt.NDArray[Any]


class Division(NamedTuple):
    """Calls at the same time, shards of each in turn, replicas side by side; unused places repeat
    the last."""

    replicas: int
    calls: int
    turns: int  # the shards that each call trains
    # The replicas side by side in a shard; 0 if each is trained alone, without an axis of replicas
    places: int

    @classmethod
    def of(cls, config: EchoConfig, replicas: int, at_once: int) -> Division:
        """The fastest division. Large networks gain nothing side by side, so each forms a shard."""
        each = -(-replicas // at_once)
        size = 1 if is_trained_alone(config) or each < LEAST else MOST
        shards = at_once * -(-each // size)
        calls = at_once * -(-shards // (at_once * TURNS))
        if size == 1:
            turns = -(-replicas // calls)
            return cls(replicas, -(-replicas // turns), turns, 0)
        turns = -(-shards // calls)
        places = -(-replicas // (calls * turns * VECTOR)) * VECTOR
        return cls(replicas, -(-replicas // (turns * places)), turns, places)

    @property
    def capacity(self) -> int:
        """The shards in the arrays of a call: a power of two, so that few programs are compiled for
        all sizes."""
        return 1 << (self.turns - 1).bit_length()

    @property
    def windows_per_call(self) -> int:
        return min(MAX_WINDOWS_PER_CALL, LOSSES_PER_CALL // (self.capacity * (self.places or 1)))

    @property
    def numbers(self) -> npt.NDArray[np.intp]:
        size = self.places or 1
        numbers = np.minimum(np.arange(self.calls * self.turns * size), self.replicas - 1)
        numbers = numbers.reshape(self.calls, self.turns, size)
        return numbers[:, np.minimum(np.arange(self.capacity), self.turns - 1)]

    def placed(self, values: Array) -> list[Array]:
        whole = values[self.numbers]
        return list(np.moveaxis(whole, 2, -1) if self.places else whole[:, :, 0])

    def last(self, of_calls: Sequence[Array]) -> Array:
        """The values of the calls, [capacity, ..., places], with replicas last: [..., replicas]."""
        whole = np.concatenate([one[: self.turns] for one in of_calls])
        if not self.places:
            return np.moveaxis(whole[: self.replicas], 0, -1)
        turns, *shape, places = whole.shape
        return np.moveaxis(whole, 0, -2).reshape(*shape, turns * places)[..., : self.replicas]


class Block(NamedTuple):
    data_version: int
    first_epoch: int
    epochs: int
    # For each the `EpochData` of its shards end to end: [shards * epochs * row length]
    calls: list[list[tf.Tensor]]

    def holds(self, data_version: int, epoch: int) -> bool:
        return self.data_version == data_version and 0 <= epoch - self.first_epoch < self.epochs


class Shards:
    """The replicas' values and data, and the threads that train them, one for each device of calls
    at the same time."""

    def __init__(
        self, configs: Sequence[EchoConfig], devices: Sequence[str], programs: Programs
    ) -> None:
        self.configs = tuple(configs)
        self.division = Division.of(configs[0], len(configs), len(devices))
        self.epochs = epochs_in_a_block(configs[0], len(configs))
        self._at_once = min(len(devices), self.division.calls)
        self._devices = [devices[call % self._at_once] for call in range(self.division.calls)]
        self.program: Program = programs.program(
            configs[0], self.division, self.epochs, "CPU" in devices[0]
        )
        self._values: list[Values] = []
        self._block: Block | None = None
        self._ahead: Future[Block] | None = None
        self._data_thread, self._threads = (
            ThreadPoolExecutor(1, "data"),
            ThreadPoolExecutor(self._at_once, "calls"),
        )

    def take_data(self, other: Shards) -> None:
        """Take the data of the same networks with other live fields, unless it changes."""
        if self.division == other.division and all(
            map(EchoConfig.same_data, other.configs, self.configs)
        ):
            self._block, self._ahead = other._block, other._ahead

    @property
    def values(self) -> Values:

        def first(*of_calls: tf.Tensor) -> Array:
            return np.ascontiguousarray(
                np.moveaxis(self.division.last([one.numpy() for one in of_calls]), -1, 0)
            )

        values: Values = tf.nest.map_structure(first, *self._values)
        return values

    @values.setter
    def values(self, values: Values) -> None:
        placed = [self.division.placed(one) for one in tf.nest.flatten(values)]
        self._values = []
        for device, of_call in zip(self._devices, zip(*placed, strict=True), strict=True):
            with tf.device(device):
                self._values.append(
                    tf.nest.pack_sequence_as(values, [tf.constant(one) for one in of_call])
                )

    def block(self, data_version: int, epoch: int) -> Block:
        """The data with this epoch.

        The next is made in advance, except for a lone network: its series may be long.
        """
        if self._block is None or not self._block.holds(data_version, epoch):
            # Release it first, so that two blocks do not take memory at the same time
            self._block = None
            ahead, self._ahead = self._ahead, None
            if ahead is not None and ahead.exception() is None:
                self._block = ahead.result()
            # Other data are wanted now; or an error, which is raised again if it is of these data
            if self._block is None or not self._block.holds(data_version, epoch):
                self._block = None
                self._block = self._made(data_version, epoch)
        following = self._block.first_epoch + self.epochs
        is_wanted = len(self.configs) > 1 and following < self.configs[0].num_epochs
        if self._ahead is None and is_wanted and self.program.compilations:
            self._ahead = self._data_thread.submit(self._made, data_version, following)
        return self._block

    def _made(self, data_version: int, first_epoch: int) -> Block:
        calls = []
        for device, shards in zip(self._devices, self.division.numbers, strict=True):
            drawn: list[list[Array]] = []
            for replicas in shards[: self.division.turns]:
                # Unused places repeat the last replica's data
                own, places = np.unique(replicas, return_inverse=True)
                configs = [self.configs[replica] for replica in own]
                for epoch in range(first_epoch, first_epoch + self.epochs):
                    data = [
                        one
                        for one in data_side_by_side(configs, data_version, epoch)
                        if one is not None
                    ]
                    drawn.append(
                        [one[..., places] if len(own) < len(replicas) else one for one in data]
                    )
            drawn += drawn[-1:] * ((self.division.capacity - self.division.turns) * self.epochs)
            whole = (
                np.concatenate(parts) if len(parts) > 1 else parts[0]
                for parts in zip(*drawn, strict=True)
            )
            with tf.device(device):
                calls.append(
                    [tf.constant(one if self.division.places else one[..., 0]) for one in whole]
                )
        return Block(data_version, first_epoch, self.epochs, calls)

    def window(self, block: Block, steps: slice) -> list[Array]:
        """Inputs, targets and which of them count, of some time steps, [steps, batch, ...,
        replicas]."""

        def steps_of(tensor: tf.Tensor) -> Array:
            shape = [self.division.capacity, -1, *tensor.shape[1:]]
            if "GPU" in tensor.device:  # only these steps are copied
                return _seen(tf.reshape(tensor, shape)[:, steps])
            return _seen(tensor).reshape(shape)[:, steps]

        of_calls = [map(steps_of, data) for data in block.calls]
        x, y, *scored = (self.division.last(one) for one in zip(*of_calls, strict=True))
        shape = steps.stop - steps.start, self.configs[0].batch_size, len(self.configs)
        return [x, y, *(scored or [np.broadcast_to(np.True_, shape)])]

    def train(self, block: Block, first: int, windows: int, init_index: int) -> Trained:
        """Train windows in every replica, from the ``first`` of the block on; arrays with replicas
        as the last axis."""
        config, division = self.configs[0], self.division
        before = block.first_epoch * config.windows_per_epoch
        shared = Call.packed(config, first, windows, before)
        # the random key of dropout and noise, to which the loop adds the number of the window
        is_random = config.dropout or config.the_cell.noise
        seeds = [one.seed * 1_000_003 + init_index if is_random else 0 for one in self.configs]
        placed = division.placed(
            np.array([seed * MAX_LAYERS & LARGEST for seed in seeds], np.int32)
        )
        done: list[Any] = [None] * division.calls

        def work(thread: int) -> None:
            for number in range(thread, division.calls, self._at_once):
                of_shards = placed[number].reshape(division.capacity, -1)
                numbers = np.concatenate(
                    [np.broadcast_to(shared, (division.capacity, len(shared))), of_shards], axis=1
                )
                numbers[division.turns :, 1] = 0  # unused shards train nothing
                self._values[number], trained = self.program(
                    self._devices[number], self._values[number], numbers, block.calls[number]
                )
                losses, errors, norms, *shown = map(_seen, trained)
                done[number] = [
                    losses[:, :windows],
                    errors[:, :windows],
                    norms[:, :windows],
                    *shown,
                ]

        list((self._threads.map if self._at_once > 1 else map)(work, range(self._at_once)))
        return Trained(*map(division.last, zip(*done, strict=True)))


def _seen(tensor: tf.Tensor) -> Array:
    """A read-only view of a tensor's numbers.

    On the CPU nothing is copied, and the view keeps the tensor alive.
    """
    return np.asarray(memoryview(tensor))
